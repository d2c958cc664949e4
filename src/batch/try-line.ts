/** Makes the request of one line once, and judges what came of it: a result, another try, or a pause. */

import type { ErrorCode, GatewayError } from '../core/error.ts'
import type { NanoUsd } from '../core/money.ts'
import { type Batch, type BatchUsage, noUsage, suspectAfter } from './batch.ts'
import type { ReadyLine } from './batch-input.ts'
import type { TryOutcome } from './dispatcher.ts'
import type { Turn } from './lanes.ts'
import type { RequestLine } from './request-line.ts'
import type { ResultLog } from './result-log.ts'
import { type LineAnswer, type LostReason, resultLine, unansweredLine } from './result-line.ts'

/** A request on its way through the gateway, as any client's would go. */
export type MakeRequest = (batch: Batch, request: RequestLine, way: OnTheWay) => Promise<RequestOutcome>

export interface OnTheWay {
  /** Told of each call that is made for it. */
  readonly turn: Turn
  readonly signal: AbortSignal
}

export interface RequestOutcome {
  readonly answer: LineAnswer
  readonly costNanoUsd: NanoUsd
  readonly usage: BatchUsage
  /** Why the answer is one of failure. */
  readonly error?: GatewayError
  /** No target was tried: the limits of its caller, or the gateway's own, have no room for it. */
  readonly isUntried?: boolean
}

export interface TryLineParts {
  readonly makeRequest: MakeRequest
  readonly results: Pick<ResultLog, 'append'>
  /** Counts what a try has cost that gave no result. */
  spend(batchId: string, costNanoUsd: NanoUsd): Promise<Batch>
  /** The most that it can cost; undefined where its price is not known. */
  worstCase(request: RequestLine): Promise<NanoUsd | undefined>
  /** What the batch's lines at providers' own batches may cost. */
  reservedNatively(batchId: string): NanoUsd
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
/** How soon a line looks again whether others have cost less than they might have. */
const reserveWaitMs = 250
const nativeWaitMs = 2_000

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

export function createTryLine(parts: TryLineParts) {
  const { makeRequest, results, spend, random, maxTries } = parts
  const budget = new Reservations(parts)

  return async (batch: Batch, line: ReadyLine, turn: Turn, signal: AbortSignal): Promise<TryOutcome> => {
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
    const reserved = await budget.reserve(batch, request)
    if (typeof reserved !== 'function') return reserved
    try {
      const outcome = await makeRequest(batch, request, { turn, signal })
      const again = judge(outcome, line.tries, maxTries(), random)
      if (again) {
        const { costNanoUsd } = outcome
        return costNanoUsd > 0 ? { ...again, batch: await spend(batch.id, costNanoUsd) } : again
      }
      const { answer, costNanoUsd, usage } = outcome
      const text = resultLine(batch, line.line, request.customId, answer)
      return await settle(answer.status >= 300, text, costNanoUsd, usage)
    } finally {
      reserved()
    }
  }
}

/** Undefined: it is final. */
function judge(
  { error, isUntried }: RequestOutcome,
  tries: number,
  maxTries: number,
  random: () => number,
): Exclude<TryOutcome, { kind: 'done' | 'untold' | 'unaffordable' }> | undefined {
  if (!error) return undefined
  const { code, retryAfterMs, rule } = error
  // Ours: the batch was cancelled, or this process ends.
  if (code === 'client_gone' || code === 'server_shutdown') return { kind: 'left', waitMs: 0 }
  if (refusals.has(code)) return { kind: 'refused', by: isUntried ? 'caller' : 'target', retryAfterMs }
  if (rule.retry === 'never' || rule.blame === 'caller' || tries + 1 >= maxTries) return undefined
  const waitMs = Math.min(maxWaitMs, firstWaitMs * 2 ** tries) * (0.5 + random() / 2)
  return { kind: 'failed', waitMs: Math.max(waitMs, retryAfterMs ?? 0) }
}

/** Holds back what the lines that are under way may cost, so that a batch stops before its bound and not after. */
class Reservations {
  readonly #parts: Pick<TryLineParts, 'worstCase' | 'reservedNatively'>
  readonly #held = new Map<string, NanoUsd>()

  constructor(parts: Pick<TryLineParts, 'worstCase' | 'reservedNatively'>) {
    this.#parts = parts
  }

  /** Gives the function that gives it back. */
  async reserve(batch: Batch, request: RequestLine): Promise<(() => void) | TryOutcome> {
    const { id, maxNanoUsd, costNanoUsd } = batch
    if (maxNanoUsd === undefined) return () => undefined
    const worst = (await this.#parts.worstCase(request)) ?? 0
    const held = this.#held.get(id) ?? 0
    const elsewhere = this.#parts.reservedNatively(id)
    if (costNanoUsd + held + elsewhere + worst > maxNanoUsd) {
      if (held > 0) return { kind: 'left', waitMs: reserveWaitMs }
      return elsewhere > 0 ? { kind: 'left', waitMs: nativeWaitMs } : { kind: 'unaffordable' }
    }
    this.#held.set(id, held + worst)
    return () => {
      const rest = (this.#held.get(id) ?? 0) - worst
      if (rest > 0) this.#held.set(id, rest)
      else this.#held.delete(id)
    }
  }
}
