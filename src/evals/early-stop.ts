/** Watches a run for evidence that decides it before all cases are asked, in the seeded order of the cases. */

import { createEarlyStop, firstCheck, stopAt } from '../judgement/statistics/e-process.ts'
import type { Verdict } from '../judgement/statistics/non-inferiority.ts'
import type { Attempt } from './conversation.ts'
import type { CaseRow } from './row.ts'

export interface EarlyVerdict {
  readonly verdict: Verdict
  readonly cases: number
  readonly evidence: number
}

export class EarlyStopWatch {
  readonly #process: ReturnType<typeof createEarlyStop>
  readonly #order: readonly string[]
  readonly #expected = new Map<string, number>()
  readonly #rows = new Map<string, CaseRow[]>()
  readonly #candidate: string
  #next = 0

  constructor(attempts: readonly Attempt[], candidate: string, margin: number) {
    this.#process = createEarlyStop(margin)
    this.#candidate = candidate
    for (const { test } of attempts) this.#expected.set(test.id, (this.#expected.get(test.id) ?? 0) + 1)
    this.#order = [...this.#expected.keys()]
  }

  /** Takes a row; cases count in their order, so one that is late holds back those after it. */
  push(row: CaseRow): EarlyVerdict | undefined {
    const own = this.#rows.get(row.caseId)
    if (own) own.push(row)
    else this.#rows.set(row.caseId, [row])
    for (;;) {
      const id = this.#order[this.#next]
      const rows = id === undefined ? undefined : this.#rows.get(id)
      if (id === undefined || rows === undefined || rows.length < this.#expected.get(id)!) return undefined
      this.#next += 1
      this.#rows.delete(id)
      const difference = this.#differenceOf(rows)
      if (difference === undefined) continue
      const { evidenceFor, evidenceAgainst, cases } = this.#process.push(difference)
      if (cases < firstCheck) continue
      if (evidenceFor >= stopAt) return { verdict: 'pass', cases, evidence: evidenceFor }
      if (evidenceAgainst >= stopAt) return { verdict: 'fail', cases, evidence: evidenceAgainst }
    }
  }

  /** Over the repeats that both arms answered; undefined where there are none. */
  #differenceOf(rows: readonly CaseRow[]): number | undefined {
    const isCandidate = ({ arm }: CaseRow): boolean => arm === this.#candidate
    let total = 0
    let pairs = 0
    for (const row of rows.filter(isCandidate)) {
      const other = rows.find((candidate) => !isCandidate(candidate) && candidate.repeat === row.repeat)
      if (row.status !== 'graded' || other?.status !== 'graded') continue
      total += Number(row.pass) - Number(other.pass)
      pairs += 1
    }
    return pairs === 0 ? undefined : total / pairs
  }
}
