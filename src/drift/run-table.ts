/** A run as the tests see it: metrics summed by prompt, texts as vectors, and what the provider said of itself. */

import type { MetricName } from './metric.ts'
import type { RunVectors } from './omnibus.ts'
import type { MetricSummary } from './summary.ts'

export interface RunTable {
  readonly runId: string
  readonly startedAtMs: number
  /** Prompts times samples. */
  readonly expectedRows: number
  /** Rows with a finished answer; those that failed are no drift. */
  readonly validRows: number
  /** Why rows failed, by error code. */
  readonly failures: Readonly<Record<string, number>>
  /** Answers without any text or tool call. They count as refusals. */
  readonly blankRows: number
  readonly metrics: Readonly<Partial<Record<MetricName, MetricSummary>>>
  readonly vectors: RunVectors
  /** The models and builds which the provider reported, each once. */
  readonly models: readonly string[]
  readonly fingerprints: readonly string[]
}

/** Below this share of valid rows a run says nothing. */
const minValidShare = 0.8

export const hasData = ({ validRows, expectedRows }: RunTable): boolean =>
  expectedRows > 0 && validRows >= minValidShare * expectedRows
