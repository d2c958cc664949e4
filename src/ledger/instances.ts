/** Which instances share the ledger and its counters, and what becomes of one that will not come back. */

import { GatewayError } from '../core/error.ts'
import type { ForgottenBudget, InstanceBeat, JournalState, SharedLedger } from './port.ts'

export interface InstancesParts {
  /** What this one is called. */
  readonly self: string
  readonly shared: Pick<SharedLedger<never>, 'instances' | 'forget'> | undefined
  readonly counters:
    | {
        instances(): Promise<readonly InstanceBeat[]>
        forget(instance: string): Promise<readonly ForgottenBudget[] | undefined>
      }
    | undefined
  nowMs(): number
}

export interface InstanceState {
  readonly name: string
  readonly isSelf: boolean
  readonly isAlive: boolean
  readonly seenAtMs: number
  /** Of its journal; absent where there is no shared ledger. */
  readonly journal?: JournalState
}

export interface Forgotten {
  readonly name: string
  /** Where budgets are counted together. */
  readonly budgets: readonly ForgottenBudget[]
}

/** The database is told of each instance every ten seconds, Redis every two. */
const deadAfterMs = 30_000

export class Instances {
  readonly #parts: InstancesParts

  constructor(parts: InstancesParts) {
    this.#parts = parts
  }

  /** This one first, then those that were heard of last. Rejects with `store_unavailable`. */
  async list(): Promise<readonly InstanceState[]> {
    const { self, shared, counters, nowMs } = this.#parts
    const [journals, beats] = await Promise.all([shared?.instances() ?? [], counters?.instances() ?? []])
    const found = new Map<string, { seenAtMs: number; journal?: JournalState }>()
    for (const journal of journals) found.set(journal.instance, { seenAtMs: journal.seenAtMs, journal })
    for (const { instance, ageMs } of beats) {
      const before = found.get(instance)
      const seenAtMs = Math.max(before?.seenAtMs ?? 0, nowMs() - ageMs)
      found.set(instance, { ...before, seenAtMs })
    }
    if (!found.has(self)) found.set(self, { seenAtMs: nowMs() })
    const states = [...found].map(([name, state]): InstanceState => {
      const isSelf = name === self
      return { ...state, name, isSelf, isAlive: isSelf || state.seenAtMs > nowMs() - deadAfterMs }
    })
    return states.toSorted(
      (one, other) => Number(other.isSelf) - Number(one.isSelf) || other.seenAtMs - one.seenAtMs,
    )
  }

  /**
   * Frees what it kept of budgets; what its open calls held counts as spent, for providers may have billed them. Twice is as
   * good as once. Rejects with `not_found`, with `conflict` where it lives, and with `store_unavailable`.
   */
  async forget(name: string): Promise<Forgotten> {
    const { shared, counters } = this.#parts
    const known = (await this.list()).find((instance) => instance.name === name)
    if (known === undefined) throw new GatewayError('not_found', 'There is no such instance.')
    if (known.isSelf) throw new GatewayError('conflict', 'This is the instance that was asked: it lives.')
    if (known.isAlive) throw alive(known.seenAtMs)
    const budgets = await counters?.forget(name)
    if (counters && budgets === undefined) throw alive(this.#parts.nowMs())
    await shared?.forget(name)
    return { name, budgets: budgets ?? [] }
  }
}

function alive(seenAtMs: number): GatewayError {
  const at = new Date(seenAtMs).toISOString()
  return new GatewayError(
    'conflict',
    `It was heard of at ${at}: it lives, or has ended just now. Stop it, and wait for half a minute.`,
  )
}
