/** Lines that GitHub shows beside the suite's file. */

import { groupBy } from '../figures.ts'
import type { Report } from '../report.ts'
import { rowReason, worstRows } from './format.ts'

/** GitHub shows ten of a kind for each step. */
const maxShown = 10

export interface SourcePlace {
  readonly file: string
  readonly line?: number
}

/** `placeOf` gives the file and line in which a case is written. */
export function githubAnnotations(
  report: Report,
  placeOf: (caseId: string) => SourcePlace | undefined,
): string[] {
  const byCase = groupBy(worstRows(report, Infinity), ({ caseId }) => caseId)
  return [...byCase].slice(0, maxShown).map(([caseId, rows]) => {
    const place = placeOf(caseId)
    const where = [
      ...(place === undefined ? [] : [`file=${property(place.file)}`]),
      ...(place?.line === undefined ? [] : [`line=${place.line}`]),
      `title=${property(caseId)}`,
    ].join(',')
    const kind = rows[0]!.status === 'error' ? 'warning' : 'error'
    return `::${kind} ${where}::${message(rowReason(rows[0]!))}`
  })
}

function message(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return message(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
