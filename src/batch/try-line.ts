/** Makes the request of one line once, and judges what came of it: a result, another try, or a pause. */

import { type ErrorCode, errorTable, GatewayError } from '../core/error.ts'
import type { NanoUsd } from '../core/money.ts'
import { type Batch, type BatchUsage, noUsage, suspectAfter } from './batch.ts'
import type { Hold } from './bound.ts'
import type { Turn } from './lanes.ts'
import type { RequestLine } from './request-line.ts'
import type { ResultLog } from './result-log.ts'
import { type LineAnswer, type LostReason, resultLine, unansweredLine } from './result-line.ts'
import type { TryLine, TryOutcome } from './try-outcome.ts'

/** A request on its way through the gateway, as any client's would go. */
export type MakeRequest = (batch: Batch, request: RequestLine, way: OnTheWay) => Promise<RequestOutcome>

export interface OnTheWay {
  /** Told of each call that is made for it. */
  readonly turn: Turn
  readonly signal: AbortSignal
  /**
   * Asked before each call is sent, with what all of them may cost by then; rejects where that is too much. Absent where
   * nothing bounds it.
   */
  afford?(nanoUsd: NanoUsd): Promise<void>
}

export interface RequestOutcome {
  readonly answer: LineAnswer
  readonly costNanoUsd: NanoUsd
  readonly usage: BatchUsage
  /** Why the answer is one of failure. */
  readonly error?: GatewayError
  /** What its targets failed with, in the order in which they were tried. */
  readonly failures?: readonly ErrorCode[]
  /** No target was tried: the limits of its caller, or the gateway's own, have no room for it. */
  readonly isUntried?: boolean
}

export interface TryLineParts {
  readonly makeRequest: MakeRequest
  readonly results: Pick<ResultLog, 'append'>
  /** The most that one call of it can cost the batch's key; undefined where its price is not known. */
  worstCase(batch: Batch, request: RequestLine): Promise<NanoUsd | undefined>
  readonly random: () => number
  /** Calls of one line that may fail. */
  readonly maxTries: () => number
}

/**
 * Processes that may end with a line under way before the line is held to be the reason: as many as make it a suspect,
 * one that it shared with other suspects, and two that it had without them.
 */
const maxCrashes = suspectAfter + 3
const firstWaitMs = 500
const maxWaitMs = 60_000

/** Not the line's fault, nor the target's alone: there is no room, now. */
const refusals: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'rate_limited',
  'upstream_rate_limit',
  'upstream_overloaded',
  'overloaded',
  'ledger_unavailable',
  'budget_unavailable',
  'store_unavailable',
])

export function createTryLine(parts: TryLineParts): TryLine {
  const { makeRequest, results, worstCase, maxTries } = parts

  return async (batch, line, { turn, signal, hold }) => {
    const { request } = line
    const settle = async (
      isError: boolean,
      text: string,
      costNanoUsd = 0,
      usage = noUsage,
    ): Promise<TryOutcome> => {
      const result = { line: line.line, isError, costNanoUsd, usage, text }
      const now = await results.append(batch.id, result)
      return now ? { kind: 'done', batch: now } : { kind: 'untold' }
    }
    const giveUp = (why: LostReason) =>
      settle(true, unansweredLine(batch, line.line, request?.customId ?? '', why))
    if (!request) return giveUp('unreadable')
    if (line.crashes >= maxCrashes) return giveUp('crashed')
    // Where the call itself fails, that is its result: here, there was none to judge.
    if (line.tries >= maxTries()) return giveUp('broken')
    const answerTo = await hold?.begin((await worstCase(batch, request)) ?? 0)
    if (answerTo !== undefined && answerTo !== 'held') return withoutHold[answerTo]
    const way = { turn, signal, ...(hold && { afford: affordBy(hold) }) }
    const outcome = await makeRequest(batch, request, way)
    const again = judge(outcome, line.tries, hold, parts)
    const { answer, costNanoUsd, usage } = outcome
    if (again) return { ...again, spentNanoUsd: costNanoUsd }
    const text = resultLine(batch, line.line, request.customId, answer)
    return settle(answer.status >= 300, text, costNanoUsd, usage)
  }
}

/** What becomes of a line that may not cost what it can. */
const withoutHold = {
  short: { kind: 'short' },
  never: { kind: 'unaffordable' },
  // Another instance is at it.
  lost: { kind: 'left', waitMs: 0 },
} as const

function affordBy(hold: Hold) {
  return async (nanoUsd: NanoUsd): Promise<void> => {
    if (await hold.coverTo(nanoUsd)) return
    throw new GatewayError(
      'budget_exceeded',
      'The batch may not cost what another call for this request may.',
    )
  }
}

/** Undefined: it is final. */
function judge(
  { error, failures, isUntried }: RequestOutcome,
  tries: number,
  hold: Hold | undefined,
  { maxTries, random }: Pick<TryLineParts, 'maxTries' | 'random'>,
): Extract<TryOutcome, { kind: 'refused' | 'failed' | 'left' }> | undefined {
  if (!error) return undefined
  const { code, retryAfterMs } = error
  // Ours: the batch was cancelled, or this process ends.
  if (code === 'client_gone' || code === 'server_shutdown') return { kind: 'left', waitMs: 0 }
  if (refusals.has(code)) return { kind: 'refused', by: isUntried ? 'caller' : 'target', retryAfterMs }
  // Where a call was not made for want of room, there may be some when it is tried again.
  const isFinal = isSettled(error, failures) && !hold?.isShort
  if (isFinal || tries + 1 >= maxTries()) return undefined
  const waitMs = Math.min(maxWaitMs, firstWaitMs * 2 ** tries) * (0.5 + random() / 2)
  return { kind: 'failed', waitMs: Math.max(waitMs, retryAfterMs ?? 0) }
}

/**
 * No waiting mends it. What a target cannot take, or may not for its price, is for another target: only where a provider of
 * such a one was in trouble, a later try may find it well.
 */
export function isSettled({ rule, code }: GatewayError, failures: readonly ErrorCode[] = []): boolean {
  if (rule.retry !== 'if-unsent') return rule.retry === 'never'
  return [code, ...failures].every((each) => errorTable[each].blame !== 'upstream')
}
