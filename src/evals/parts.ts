/** What evaluation is made of: what the composition root hands in. */

import type { Clock } from '../core/clock.ts'
import type { GradeParts } from '../judgement/assertions/assertion.ts'
import type { Estimate } from './plan.ts'
import type { EvalStore } from './port.ts'

export interface EvalParts {
  readonly estimate: Estimate
  /** The context window of a target in tokens; undefined where it is not known. */
  readonly windowOf: (target: string) => Promise<number | undefined>
  readonly store: EvalStore
  readonly post?: GradeParts['post']
  readonly clock: Clock
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly newRunId: () => string
  /** Among those that share the store; the only one always has the same name. */
  readonly instance: string
  readonly retentionDays: () => number
  readonly gatewayVersion: string
  /** A run failed for a reason of the gateway's own. */
  readonly onError: (cause: unknown, runId: string) => void
}
