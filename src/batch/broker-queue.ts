/** The queue whose next lines come from a broker: it carries their numbers, and the rows decide who has them. */

import type { Clock } from '../core/clock.ts'
import type { Claim, Lease, LineBroker, LineQueue, BatchStore } from './port.ts'

export interface BrokerQueueParts {
  readonly broker: LineBroker
  readonly store: Pick<BatchStore, 'claim' | 'due'>
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** Told when the broker falls silent, with the reason, and when it answers again. */
  onState(cause?: unknown): void
}

/** Lines that share a message: few enough that instances share a small batch, many enough that a broker has little to do. */
const linesPerMessage = 32
/** Lines that are published again at once, where the broker has none left of a batch. */
const linesPerSweep = 1024
/** A broker that failed at a batch is not asked for it again before: each time, its lines wait for the answer. */
const avoidMs = 2000

/**
 * A message counts as done once its lines are leased in the store, so that none is held while a call is made. What the
 * broker loses, or holds twice, changes nothing: when it has no more lines of a batch, those that are due in the store
 * and that nobody has are published again. While it is away, lines are taken from the store.
 */
export function createBrokerQueue(parts: BrokerQueueParts): LineQueue {
  const { broker, store } = parts
  const reach = new Reach(parts)
  const offer = async (batchId: string, lines: readonly number[]) => {
    if (lines.length > 0) await reach.ask(batchId, () => broker.offer(batchId, toMessages(lines)))
  }
  const claimDelivered = async (batchId: string, limit: number, lease: Lease): Promise<Claimed> => {
    const maxMessages = Math.max(1, Math.floor(limit / linesPerMessage))
    const taken = await reach.ask(batchId, () => broker.take(batchId, maxMessages))
    if (!taken) return { kind: 'away' }
    const lines = taken.messages.flatMap(toLines)
    if (taken.messages.length === 0) return { kind: taken.isEmpty ? 'empty' : 'later' }
    try {
      const claims = await store.claim(batchId, lines.length, lease, lines)
      await reach.ask(batchId, taken.accept)
      return { kind: 'claims', claims }
    } catch (cause) {
      await reach.ask(batchId, taken.giveBack)
      throw cause
    }
  }
  return {
    offer,
    async take(batchId, limit, lease) {
      for (let hasSwept = false; ;) {
        const claimed = await claimDelivered(batchId, limit, lease)
        switch (claimed.kind) {
          case 'away':
            return store.claim(batchId, limit, lease)
          case 'later':
            return []
          case 'claims':
            if (claimed.claims.length > 0) return claimed.claims
            break // all of it was had before: there may be more
          case 'empty':
            if (hasSwept) return []
            hasSwept = true
            await offer(batchId, await store.due(batchId, lease.nowMs, linesPerSweep))
        }
      }
    },
    async drop(batchId) {
      await reach.ask(batchId, () => broker.drop(batchId))
      reach.forget(batchId)
    },
    close: () => broker.close(),
  }
}

/** Whether the broker answers. */
class Reach {
  readonly #parts: Pick<BrokerQueueParts, 'clock' | 'onState'>
  readonly #avoidedUntilMs = new Map<string, number>()
  #isAway = false

  constructor(parts: Pick<BrokerQueueParts, 'clock' | 'onState'>) {
    this.#parts = parts
  }

  /** Undefined where it does not, or did not a moment ago. */
  async ask<T>(batchId: string, work: () => Promise<T>): Promise<T | undefined> {
    const { clock, onState } = this.#parts
    if (clock.monotonicMs() < (this.#avoidedUntilMs.get(batchId) ?? -Infinity)) return undefined
    try {
      const answer = await work()
      if (this.#isAway) onState()
      this.#isAway = false
      this.#avoidedUntilMs.delete(batchId)
      return answer
    } catch (cause) {
      if (!this.#isAway) onState(cause)
      this.#isAway = true
      this.#avoidedUntilMs.set(batchId, clock.monotonicMs() + avoidMs)
      return undefined
    }
  }

  forget(batchId: string): void {
    this.#avoidedUntilMs.delete(batchId)
  }
}

type Claimed =
  | { readonly kind: 'claims'; readonly claims: readonly Claim[] }
  /** `empty`: the broker has no lines of it. `later`: they are on their way. */
  | { readonly kind: 'away' | 'later' | 'empty' }

/** `1-32`, `33-40,44`. */
function toMessages(lines: readonly number[]): string[] {
  const messages: string[] = []
  for (let from = 0; from < lines.length; from += linesPerMessage) {
    const runs: { first: number; last: number }[] = []
    for (const line of lines.slice(from, from + linesPerMessage)) {
      const run = runs.at(-1)
      if (run?.last === line - 1) run.last = line
      else runs.push({ first: line, last: line })
    }
    messages.push(runs.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(','))
  }
  return messages
}

/** Nothing, where it is not one of ours. */
function toLines(message: string): number[] {
  if (!/^\d{1,9}(-\d{1,9})?(,\d{1,9}(-\d{1,9})?)*$/.test(message)) return []
  return message.split(',').flatMap((run) => {
    const [first = 0, last = first] = run.split('-').map(Number)
    return Array.from(
      { length: Math.min(linesPerMessage, Math.max(0, last - first + 1)) },
      (_, n) => first + n,
    )
  })
}
