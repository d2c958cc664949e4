/** Analyses a run in a thread of its own: resampling thousands of cases takes a second that requests cannot wait. */

import { parentPort } from 'node:worker_threads'
import { analyse } from './analysis.ts'
import type { Report, RunFacts } from './report.ts'
import type { CaseRow } from './row.ts'

/** Some rows at a time, then what they are of. */
export type AnalysisMessage = { readonly rows: readonly CaseRow[] } | { readonly facts: RunFacts }

export type Summary = Omit<Report, 'rows'>

const rows: CaseRow[] = []
parentPort?.on('message', (message: AnalysisMessage) => {
  if ('rows' in message) {
    rows.push(...message.rows)
    parentPort?.postMessage('more')
    return
  }
  const { rows: _rows, ...summary } = analyse(message.facts, rows)
  parentPort?.postMessage(summary satisfies Summary)
})
