/** Analyses a run in a thread of its own: resampling thousands of cases takes a second that requests cannot wait. */

import { parentPort, workerData } from 'node:worker_threads'
import { analyse } from './analysis.ts'
import type { Report, RunFacts } from './report.ts'
import type { CaseRow } from './row.ts'

export interface AnalysisJob {
  readonly facts: RunFacts
  readonly rows: readonly CaseRow[]
}

export type Summary = Omit<Report, 'rows'>

const { facts, rows } = workerData as AnalysisJob
const { rows: _rows, ...summary } = analyse(facts, rows)
parentPort?.postMessage(summary satisfies Summary)
