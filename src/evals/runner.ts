/** Runs the attempts of a suite: so many at once, each stored as it finishes, until all are done or something stops it. */

import type { NanoUsd } from '../core/money.ts'
import type { Attempt } from './conversation.ts'
import type { RunFacts } from './report.ts'
import { type CaseRow, rowKey } from './row.ts'

export interface Progress {
  readonly done: number
  readonly total: number
  readonly errors: number
  readonly costNanoUsd: NanoUsd
}

export interface RunnerParts {
  /** Never rejects. */
  readonly run: (attempt: Attempt) => Promise<CaseRow>
  /** Stores a row; a row that cannot be stored ends the run. */
  readonly store: (row: CaseRow) => Promise<void>
  /** True where the evidence so far decides. */
  readonly decides: (row: CaseRow) => boolean
  readonly nowMs: () => number
  readonly signal: AbortSignal
}

export interface RunnerOptions {
  readonly concurrency: number
  readonly maxNanoUsd?: NanoUsd
  /** Monotonic. */
  readonly deadlineMs?: number
}

export class Runner {
  readonly #attempts: readonly Attempt[]
  readonly #parts: RunnerParts
  readonly #options: RunnerOptions
  #next = 0
  #open = 0
  #done = 0
  #errors = 0
  #costNanoUsd: NanoUsd = 0
  #stopped: RunFacts['stopped']

  /** `finished`: rows of an earlier process, which are not asked again but count. */
  constructor(
    attempts: readonly Attempt[],
    finished: readonly CaseRow[],
    parts: RunnerParts,
    options: RunnerOptions,
  ) {
    const known = new Set(finished.map(rowKey))
    this.#attempts = attempts.filter(
      ({ test, arm, repeat }) => !known.has(rowKey({ caseId: test.id, arm: arm.label, repeat })),
    )
    this.#parts = parts
    this.#options = options
    for (const row of finished) this.#count(row)
  }

  get progress(): Progress {
    return {
      done: this.#done,
      total: this.#done + (this.#attempts.length - this.#next) + this.#open,
      errors: this.#errors,
      costNanoUsd: this.#costNanoUsd,
    }
  }

  /** Why it ended early, if it did. Rejects where a row cannot be stored. */
  async run(): Promise<RunFacts['stopped']> {
    const workers = Array.from({ length: this.#options.concurrency }, () => this.#work())
    const results = await Promise.allSettled(workers)
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
    return this.#stopped
  }

  async #work(): Promise<void> {
    for (;;) {
      this.#stopped ??= this.#reasonToStop()
      const attempt = this.#stopped === undefined ? this.#attempts[this.#next] : undefined
      if (attempt === undefined) return
      this.#next += 1
      this.#open += 1
      try {
        const row = await this.#parts.run(attempt)
        // A call that was cut off by the stop is no result: it is asked again when the run is resumed.
        if (this.#parts.signal.aborted && row.status === 'error') {
          this.#stopped ??= 'cancelled'
          return
        }
        await this.#parts.store(row)
        this.#count(row)
        if (this.#parts.decides(row)) this.#stopped ??= 'early'
      } catch (error) {
        this.#stopped ??= 'cancelled'
        throw error
      } finally {
        this.#open -= 1
      }
    }
  }

  #count({ status, costNanoUsd = 0, gradingNanoUsd, isCached }: CaseRow): void {
    this.#done += 1
    if (status === 'error') this.#errors += 1
    this.#costNanoUsd += (isCached ? 0 : costNanoUsd) + gradingNanoUsd
  }

  #reasonToStop(): RunFacts['stopped'] {
    const { maxNanoUsd, deadlineMs } = this.#options
    if (this.#parts.signal.aborted) return 'cancelled'
    if (deadlineMs !== undefined && this.#parts.nowMs() >= deadlineMs) return 'time'
    if (maxNanoUsd === undefined) return undefined
    // What is under way is taken to cost what the others did, so that the limit is not passed by a whole row of calls.
    const mean = this.#done === 0 ? 0 : this.#costNanoUsd / this.#done
    return this.#costNanoUsd + mean * (this.#open + 1) > maxNanoUsd ? 'max-usd' : undefined
  }
}
