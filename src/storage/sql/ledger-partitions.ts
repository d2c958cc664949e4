/** The months of the shared ledger: a partition for each, made before it is needed, under the lock of those who add lines. */

import { sql, type Transaction } from 'kysely'
import type { Clock } from '../../core/clock.ts'
import type { EntryRow } from '../sqlite/ledger-migrations.ts'
import type { Database } from './database.ts'
import { lockLedger, readRetention } from './ledger-retention.ts'

/** Made before they are needed. */
const monthsAhead = 2

export class Partitions {
  readonly #database: Database
  readonly #clock: Pick<Clock, 'nowMs'>
  readonly #known = new Set<string>()

  constructor(database: Database, clock: Pick<Clock, 'nowMs'>) {
    this.#database = database
    this.#clock = clock
  }

  /** Those of the lines, and of the time to come; a month that was dropped is not made again. */
  async ensure(lines: readonly Pick<EntryRow, 'at_ms'>[]): Promise<void> {
    const nowMs = this.#clock.nowMs()
    const months = new Set(lines.map(({ at_ms: atMs }) => monthOf(atMs, 0)))
    for (let ahead = 0; ahead <= monthsAhead; ahead++) months.add(monthOf(nowMs, ahead))
    const missing = [...months].filter((month) => !this.#known.has(month))
    if (missing.length === 0) return
    await this.#database.transaction(async (transaction) => {
      await lockLedger(transaction)
      const { droppedBeforeMs } = await readRetention(transaction)
      for (const month of missing) {
        if (firstMsOf(month) >= droppedBeforeMs) await createPartition(transaction, month)
      }
    })
    for (const month of missing) this.#known.add(month)
  }

  /** What was there may be gone. */
  lookAgain(): void {
    this.#known.clear()
  }
}

/** `2026-11`: of the time in UTC, so many months later. */
function monthOf(atMs: number, later: number): string {
  const at = new Date(atMs)
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + later)).toISOString().slice(0, 7)
}

function firstMsOf(month: string): number {
  return Date.parse(`${month}-01T00:00:00Z`)
}

async function createPartition(db: Transaction<unknown>, month: string): Promise<void> {
  const fromMs = firstMsOf(month)
  const toMs = Date.parse(`${monthOf(fromMs, 1)}-01T00:00:00Z`)
  const name = sql.table(`ledger_${month.replace('-', '_')}`)
  await sql`create table if not exists ${name} partition of ledger
    for values from (${sql.lit(fromMs)}) to (${sql.lit(toMs)})`.execute(db)
}
