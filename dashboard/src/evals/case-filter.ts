/** Which cases of a run are shown, as the address names it. */

export const caseFilters = ['flips', 'worse', 'better', 'failed', 'faults'] as const

export type CaseFilter = (typeof caseFilters)[number]

export function readCaseFilter(text: unknown): CaseFilter | undefined {
  return caseFilters.find((known) => known === text)
}
