/** The cases of a run with the outcome of every answer, in as few letters as a picture of thousands of them needs. Pure. */

import { withSelfConsistency } from './analysis.ts'
import { groupBy } from './figures.ts'
import { withoutDetails, withoutTexts } from './row-pages.ts'
import type { CaseRow } from './row.ts'

export interface CaseOutcomes {
  readonly id: string
  readonly tags: readonly string[]
  readonly isCritical: boolean
  /** Per arm a letter for each repeat: `p` passed, `f` failed, `e` lost to a fault, `-` not there. */
  readonly outcomes: readonly string[]
}

/** What `outcomesOf` needs of a row: answers only where all repeats of a case decide together. */
export function withoutAnswers(row: CaseRow): CaseRow {
  const kept = row.minAgreement === undefined ? withoutDetails(row) : withoutTexts(row)
  return { ...kept, tags: row.tags }
}

/** In the order in which the cases were asked. `arms` are labels, in the order of `outcomes`. */
export function outcomesOf(given: readonly CaseRow[], arms: readonly string[]): CaseOutcomes[] {
  const rows = withSelfConsistency(given)
  return [...groupBy(rows, ({ caseId }) => caseId)].map(([id, of]) => {
    const repeats = Math.max(...of.map(({ repeat }) => repeat)) + 1
    const lettersOf = (arm: string): string => {
      const letters = Array.from({ length: repeats }, () => '-')
      for (const row of of) if (row.arm === arm) letters[row.repeat] = letterOf(row)
      return letters.join('')
    }
    const { tags, isCritical } = of[0]!
    return { id, tags, isCritical, outcomes: arms.map(lettersOf) }
  })
}

function letterOf({ status, pass }: CaseRow): string {
  if (status === 'error') return 'e'
  return pass ? 'p' : 'f'
}
