/** Takes feedback in, finds the request that it is about, and tells what it is worth to those who count it. */

import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { RequestRecord } from '../records/record.ts'
import type { Counted, Feedback, FeedbackStore, FeedbackSubject } from './port.ts'

/** What a score adds: to a request that had one before, the difference alone. */
export interface ScoreChange {
  readonly n: 0 | 1
  readonly total: number
}

export interface FeedbackDeskParts {
  readonly store: FeedbackStore
  readonly clock: Clock
  /** The record of a request that this instance answered, once it is written. */
  readonly find: (org: string, requestId: string) => RequestRecord | undefined
  readonly onScore: (record: RequestRecord, change: ScoreChange) => void
  readonly retentionDays: () => number
  readonly onError: (cause: unknown) => void
}

const tickMs = 1_000
const pruneEveryMs = 3_600_000
const dayMs = 86_400_000
/** After which nobody will find the request any more. */
const waitMs = dayMs
const perTick = 200

export class FeedbackDesk {
  readonly #parts: FeedbackDeskParts
  #timer: NodeJS.Timeout | undefined
  #prunedAtMs = 0
  #ticking: Promise<void> | undefined

  constructor(parts: FeedbackDeskParts) {
    this.#parts = parts
  }

  start(): void {
    this.#timer = setInterval(() => void this.tick(), tickMs).unref()
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#ticking
  }

  /**
   * Stores it. False where its request has not been found yet: the record may still be on its way, or on another
   * instance. Throws `not_found` where the request is another key's.
   */
  async take(feedback: Feedback): Promise<boolean> {
    const { store, find } = this.#parts
    const record = find(feedback.org, feedback.requestId)
    if (record && record.keyId !== feedback.keyId) {
      throw new GatewayError('not_found', 'This key has made no such request.', { param: 'request_id' })
    }
    const counted = await store.put(feedback, record && subjectOf(record))
    if (record) this.#count(record, feedback, counted)
    return record !== undefined
  }

  /** Finds what is found meanwhile. Never rejects. */
  async tick(): Promise<void> {
    this.#ticking ??= this.#tick()
      .catch(this.#parts.onError)
      .finally(() => (this.#ticking = undefined))
    await this.#ticking
  }

  async #tick(): Promise<void> {
    const { store, clock, find, retentionDays } = this.#parts
    const nowMs = clock.nowMs()
    for (const feedback of await store.waiting(nowMs - waitMs, perTick)) {
      const record = find(feedback.org, feedback.requestId)
      if (!record) continue
      if (record.keyId !== feedback.keyId) await store.discard(feedback)
      else {
        const counted = await store.match(feedback, subjectOf(record))
        if (counted) this.#count(record, feedback, counted)
      }
    }
    if (nowMs - this.#prunedAtMs < pruneEveryMs) return
    this.#prunedAtMs = nowMs
    await store.prune({ olderThanMs: nowMs - retentionDays() * dayMs, waitingSinceMs: nowMs - waitMs })
  }

  #count(record: RequestRecord, { score }: Feedback, { before }: Counted): void {
    if (score === undefined) return
    this.#parts.onScore(record, { n: before === undefined ? 1 : 0, total: score - (before ?? 0) })
  }
}

function subjectOf({ route, revision, provider, model, experiment }: RequestRecord): FeedbackSubject {
  return {
    ...(route !== undefined && { route }),
    ...(revision !== undefined && { revision }),
    ...(provider !== undefined && { provider }),
    ...(model !== undefined && { model }),
    ...(experiment && { experiment }),
  }
}
