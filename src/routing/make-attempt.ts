/** One attempt: its place in the limits, its account, the call itself, and what it shows of its target. */

import { GatewayError } from '../core/error.ts'
import type { Priority } from '../core/priority.ts'
import type { Target } from '../providers/provider.ts'
import {
  type Account,
  type AttemptContext,
  type AttemptResult,
  type Call,
  noAccount,
  type SuspendedStream,
} from '../upstream/operation.ts'
import { withoutCredential } from '../upstream/without-credential.ts'
import type { FigureBook, Sample } from './figures.ts'
import type { Health } from './health.ts'
import type { HedgeBudget } from './hedge.ts'
import type { Plan } from './plan.ts'
import type { JudgeAnswer, Limiter, OpenAttempt, Release } from './port.ts'
import type { RetryBudget } from './retry-budget.ts'
import type { Leg } from './route.ts'

export interface Attempt extends AttemptResult {
  /** Counts the attempts of the request in the order in which they began, from 1. */
  readonly n: number
  readonly target: Target
  /** On the monotonic clock. */
  readonly startedMs: number
  readonly endedMs: number
}

/** What all requests share. */
export interface AttemptParts {
  readonly health: Health
  readonly figures: FigureBook
  readonly budget: RetryBudget
  readonly hedges: HedgeBudget
  readonly limiter: Limiter
  /** In [0, 1). */
  readonly random: () => number
}

/** One request's attempts. */
export interface Run {
  readonly plan: Plan
  readonly call: Call
  readonly context: AttemptContext
  readonly priority: Priority
  /** Prompt and answer together, as far as it can be told beforehand. */
  expectedTokens(): number
  /** Monotonic; absent where the client set none. */
  readonly deadlineMs?: number
  /** Opens the account of each attempt. */
  readonly openAttempt: OpenAttempt
  /** Absent: every answer will do. */
  readonly judgeAnswer?: JudgeAnswer
  /** Called when an attempt begins. */
  onStart(): void
  /** Called when it has ended; that of the answer comes last. */
  onEnd(attempt: Attempt): void
}

/** What is tried. */
export interface Trial {
  readonly leg: Leg
  readonly n: number
  readonly context: AttemptContext
  /** The attempt that broke within its answer: this one goes on with it. */
  readonly broken: SuspendedStream | undefined
}

/** Never rejects. */
export async function makeAttempt(
  { leg, n, context, broken }: Trial,
  run: Run,
  parts: AttemptParts,
): Promise<Attempt> {
  const { call, plan, priority, expectedTokens } = run
  const { health, limiter } = parts
  const { clock } = context
  const startedMs = clock.monotonicMs()
  let result: AttemptResult | undefined
  let release: Release | undefined
  let account: Account = noAccount
  let isBegun = false
  try {
    const { provider, model } = leg.target
    const { interrupt } = context
    const place = limiter.acquire({ provider: provider.name, model, priority, interrupt, expectedTokens })
    release = typeof place === 'function' ? place : await place
    if (!call.isFree) account = await run.openAttempt({ n, target: leg.target })
    if (context.interrupt.reason) throw context.interrupt.reason
    health.begin(leg)
    isBegun = true
    const accounted = { ...context, account }
    result = broken ? await broken.goOn!(leg.target, accounted) : await call.attempt(leg.target, accounted)
  } catch (cause) {
    result = { error: toGatewayError(cause), phase: 'unsent', isCommitted: false, dropped: [] }
  } finally {
    release?.(result && tokensOf(result))
  }
  if (result.error) result = { ...result, error: withoutCredential(result.error, leg.target) }
  await account.settle(result)
  // The client has the beginning of the answer, whatever became of this attempt at its rest.
  if (broken && result.error && !result.isCommitted)
    result = { ...result, isCommitted: true, isContinuation: true, suspended: broken }
  const attempt = { ...result, n, target: leg.target, startedMs, endedMs: clock.monotonicMs() }
  if (!isBegun) return attempt
  if (result.isEstimate) health.abandon(leg)
  // What a model says is its own fault, and no sign of its provider's health.
  else health.record(leg, result.contract?.breach ? undefined : result.error, plan.policy.breaker, result)
  measure(plan, leg, attempt, parts.figures)
  return attempt
}

function measure({ choices }: Plan, { target }: Leg, attempt: Attempt, figures: FigureBook): void {
  if (attempt.error) return
  const choice = choices.find(({ candidate }) => candidate.legs.some((leg) => leg.target === target))
  const key = choice!.candidate.figureKey
  const sample = sampleOf(attempt, figures.of(key)?.firstTokenMs)
  if (sample) figures.add(key, sample)
}

/** What the provider counted; 0 where it has answered nothing, undefined where that is not known. */
export function tokensOf({ usage, phase, error, status = 0 }: AttemptResult): number | undefined {
  if (usage) return usage.inputTokens + usage.outputTokens
  return phase === 'unsent' || (error && status >= 400) ? 0 : undefined
}

function toGatewayError(cause: unknown): GatewayError {
  if (cause instanceof GatewayError) return cause
  return new GatewayError('internal', 'The attempt failed in the gateway.', { cause })
}

/** What a success shows of its target. An answer that was not streamed shows its speed once the wait is known. */
function sampleOf(attempt: Attempt, knownFirstTokenMs: number | undefined): Sample | undefined {
  const { usage, firstTokenMs, startedMs, endedMs } = attempt
  if (usage === undefined && firstTokenMs === undefined) return undefined
  const waitedMs = firstTokenMs === undefined ? (knownFirstTokenMs ?? 0) : firstTokenMs - startedMs
  const wroteMs = Math.max(endedMs - startedMs - waitedMs, 1)
  const { outputTokens = 0, inputTokens = 0, cacheReadTokens = 0 } = usage ?? {}
  return {
    ...(firstTokenMs !== undefined && { firstTokenMs: waitedMs }),
    ...(outputTokens > 1 && { tokensPerSecond: (outputTokens / wroteMs) * 1000 }),
    ...(usage && { outputTokens }),
    ...(inputTokens > 0 && { cachedShare: Math.min(1, cacheReadTokens / inputTokens) }),
  }
}
