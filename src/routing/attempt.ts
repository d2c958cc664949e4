/** Tries a plan's targets until one answers, and tells what became of each attempt. */

import { GatewayError } from '../core/error.ts'
import type { Target } from '../providers/provider.ts'
import type { AttemptContext, AttemptResult, Call } from '../upstream/operation.ts'
import type { Plan } from './plan.ts'

export interface Attempt extends AttemptResult {
  readonly target: Target
  /** On the monotonic clock. */
  readonly startedMs: number
  readonly endedMs: number
}

const maxAttemptsPerTarget = 2

/**
 * The attempts in order; the last one decides. Another target is tried while the client has seen no byte and the
 * failure's rule allows it; the same target once more only where nothing can have reached it.
 */
export async function attemptPlan(
  plan: Plan,
  call: Call,
  context: AttemptContext,
  onAttempt: (attempt: Attempt) => void,
): Promise<Attempt> {
  let last: Attempt | undefined
  let made = 0
  for (const target of plan.targets) {
    for (let onTarget = 0; onTarget < maxAttemptsPerTarget && made < plan.maxAttempts; onTarget++) {
      made++
      last = await attemptOnce(target, call, context)
      onAttempt(last)
      if (!mayTryAnother(last, context)) return last
      // What the caller asked for is not there a moment later either.
      if (last.phase !== 'unsent' || last.error?.rule.blame === 'caller') break
    }
  }
  return last!
}

async function attemptOnce(target: Target, call: Call, context: AttemptContext): Promise<Attempt> {
  const startedMs = context.clock.monotonicMs()
  let result: AttemptResult
  try {
    result = await call.attempt(target, context)
  } catch (cause) {
    const error =
      cause instanceof GatewayError
        ? cause
        : new GatewayError('internal', 'The attempt failed in the gateway.', { cause })
    result = { error, phase: 'unsent', isCommitted: false, dropped: [] }
  }
  return { ...result, target, startedMs, endedMs: context.clock.monotonicMs() }
}

function mayTryAnother({ error, isCommitted }: Attempt, { interrupt }: AttemptContext): boolean {
  return error !== undefined && !isCommitted && error.rule.retry !== 'never' && interrupt.reason === undefined
}
