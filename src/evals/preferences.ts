/** After a run: judges say of each pair of answers which is better, in both orders, as a metric of the candidate's row. */

import type { NanoUsd } from '../core/money.ts'
import type { GradeParts } from '../judgement/assertions/assertion.ts'
import type { AssertionResult } from '../judgement/assertions/grade.ts'
import { compareAnswers } from '../judgement/pairwise.ts'
import type { Case, PairwiseSettings } from '../judgement/suite/suite.ts'
import type { RowPage } from './port.ts'
import type { CaseRow } from './row.ts'

export interface PreferenceParts {
  readonly cases: readonly Case[]
  readonly pairwise: PairwiseSettings
  /** The label of the arm that the others are held against. */
  readonly baseline: string
  readonly pages: (cursor: string | undefined) => Promise<RowPage>
  readonly put: (rows: readonly CaseRow[]) => Promise<void>
  gradersFor(bill: (costNanoUsd: NanoUsd) => void): GradeParts
  /** False where the run was stopped, or has cost what it may. */
  readonly mayGoOn: (spentNanoUsd: NanoUsd) => boolean
}

const type = 'pairwise'
/** Pairs at once. */
const concurrency = 8

/** Rows that have a preference keep it: a run that is resumed pays for none twice. */
export async function addPreferences(parts: PreferenceParts): Promise<void> {
  const judge = new PairJudge(parts)
  /** Of pairs whose other half has not come yet. */
  const waiting = new Map<string, { baseline?: CaseRow; readonly candidates: CaseRow[] }>()
  let cursor: string | undefined
  do {
    const page = await parts.pages(cursor)
    const found: Pair[] = []
    for (const row of page.data) {
      if (row.status !== 'graded') continue
      const key = `${row.caseId}\n${row.repeat}`
      const pair = waiting.get(key) ?? { candidates: [] }
      if (row.arm === parts.baseline) pair.baseline = row
      else if (!row.asserts.some((result) => result.type === type)) pair.candidates.push(row)
      waiting.set(key, pair)
      const { baseline } = pair
      if (!baseline) continue
      found.push(...pair.candidates.splice(0).map((candidate) => ({ baseline, candidate })))
    }
    if (!(await judge.all(found))) return
    cursor = page.nextCursor
  } while (cursor !== undefined)
}

interface Pair {
  readonly baseline: CaseRow
  readonly candidate: CaseRow
}

class PairJudge {
  readonly #parts: PreferenceParts
  readonly #questions: ReadonlyMap<string, string>
  #spentNanoUsd: NanoUsd = 0

  constructor(parts: PreferenceParts) {
    this.#parts = parts
    this.#questions = new Map(parts.cases.map((test) => [test.id, questionOf(test)]))
  }

  /** False where it has to stop. */
  async all(pairs: readonly Pair[]): Promise<boolean> {
    for (let from = 0; from < pairs.length; from += concurrency) {
      if (!this.#parts.mayGoOn(this.#spentNanoUsd)) return false
      const group = pairs.slice(from, from + concurrency)
      await this.#parts.put(await Promise.all(group.map((pair) => this.#judge(pair))))
    }
    return this.#parts.mayGoOn(this.#spentNanoUsd)
  }

  async #judge({ baseline, candidate }: Pair): Promise<CaseRow> {
    const { gradersFor, pairwise } = this.#parts
    let cost: NanoUsd = 0
    const { judge } = gradersFor((nanoUsd) => (cost += nanoUsd))
    const { rubric, metric } = pairwise
    const answers = { baseline: outputOf(baseline), candidate: outputOf(candidate) }
    const question = this.#questions.get(candidate.caseId) ?? ''
    const found = await compareAnswers(judge!, {
      question,
      ...answers,
      ...(rubric !== undefined && { rubric }),
    })
    this.#spentNanoUsd += cost
    const result: AssertionResult =
      'error' in found
        ? { type, metric, weight: 0, pass: false, score: 0, reason: found.error, error: found.error }
        : { type, metric, weight: 0, pass: found.score >= 0.5, score: found.score, reason: found.reason }
    return {
      ...candidate,
      asserts: [...candidate.asserts, result],
      gradingNanoUsd: candidate.gradingNanoUsd + cost,
    }
  }
}

/** What the model was told, its own replies left out. */
function questionOf({ steps }: Case): string {
  return steps.flatMap((step) => (step.role === 'call' ? [] : [`${step.role}: ${step.text}`])).join('\n\n')
}

function outputOf({ replies }: CaseRow): string {
  return replies.map(({ output }) => output).join('\n\n')
}
