/** Writes rows as they finish, many at once where many finish at once. */

import type { CaseRow } from './row.ts'

export class RowWriter {
  readonly #put: (rows: readonly CaseRow[]) => Promise<void>
  #waiting: CaseRow[] = []
  #writing: Promise<void> | undefined

  constructor(put: (rows: readonly CaseRow[]) => Promise<void>) {
    this.#put = put
  }

  /** Resolves once the row is stored. Rejects where it cannot be. */
  write(row: CaseRow): Promise<void> {
    this.#waiting.push(row)
    this.#writing ??= this.#flush()
    return this.#writing
  }

  async #flush(): Promise<void> {
    // Rows that finish in the same turn, and during the write before, go together.
    await Promise.resolve()
    try {
      while (this.#waiting.length > 0) {
        const rows = this.#waiting
        this.#waiting = []
        await this.#put(rows)
      }
    } finally {
      this.#writing = undefined
    }
  }
}
