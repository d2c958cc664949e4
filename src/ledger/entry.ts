/** The lines of the ledger: what an intent says before a call, and what a settlement adds after it. */

import type { NanoUsd } from '../core/money.ts'
import type { Usage } from '../core/usage.ts'

/** Who spends, and on what: the same for all attempts of a request. */
export interface Spender {
  readonly requestId: string
  readonly org: string
  readonly keyId: string
  readonly keyName: string
  /** The team's id. */
  readonly team?: string
  readonly user?: string
  readonly session?: string
  readonly tags: readonly string[]
  readonly route?: string
  /** The client's. */
  readonly dialect: string
  readonly operation: string
  readonly stream: boolean
  /** What the team is charged above the provider's price, in hundredths of a percent. */
  readonly markupBasisPoints?: number
  /** What the team has paid in advance, in total. */
  readonly creditNanoUsd?: NanoUsd
  /** What the prompt consists of; only of requests of a session. */
  readonly promptBytes?: PromptBytes
}

/** The parts of a prompt, in bytes of UTF-8. */
export interface PromptBytes {
  readonly system: number
  /** Earlier turns. */
  readonly history: number
  /** The definitions of tools. */
  readonly tools: number
  /** Results of tools, documents, and texts that are marked as context. */
  readonly retrieved: number
  /** The last turn of the user. */
  readonly newTurn: number
}

/** What is in the journal before the first byte goes to the provider. */
export interface Intent extends Spender {
  /** Names the attempt while it is open; used again once it is settled and the process has ended. */
  readonly id: number
  /** Counts the attempts of the request, from 1. */
  readonly attempt: number
  /** In Unix milliseconds. The attempt belongs to the periods of this time, whenever it ends. */
  readonly atMs: number
  readonly provider: string
  readonly model: string
  /** The name of the provider's key, never the key. */
  readonly credential: string
  readonly inputBound: number
  /** Over all choices. */
  readonly outputBound: number
  /** The most that it may cost; 0 where the price is not known. */
  readonly reservedNanoUsd: NanoUsd
  readonly priceVersion: string
}

/**
 * Where the counts of a line come from, the most certain first. `provider`: of the whole answer. `partial`: what
 * the provider had said before the answer broke off. `drained`: of an answer that was read on after the client had
 * left. `tokenizer`: counted from the text that came. `watermark`: the last mark of progress. `bound`: the most
 * that it can have been. `none`: nothing was billed.
 */
export const usageSources = [
  'provider',
  'partial',
  'drained',
  'tokenizer',
  'watermark',
  'bound',
  'none',
] as const

export type UsageSource = (typeof usageSources)[number]

/** Bits of a line's `flags`, by their names in reports. The bits are stored: they never change. */
export const flagBits = {
  /** The counts are the gateway's own estimate. */
  estimate: 1,
  /** The provider's counts cannot be true; they were replaced. */
  usage_suspect: 2,
  /** A part of what was used has no known price, and is not in the cost. */
  unpriced: 4,
  /** Settled at the start after a crash. */
  recovered: 8,
  client_cancelled: 16,
  /** It cost more than was reserved. */
  over_reserve: 32,
  /** Of the cache: the answer to a question of the same meaning. */
  semantic_hit: 64,
  /** Of the cache: another request's call, made at the same time. */
  shared_call: 128,
} as const

export type Flag = keyof typeof flagBits

export function flagNames(flags: number): Flag[] {
  return (Object.keys(flagBits) as Flag[]).filter((name) => (flags & flagBits[name]) !== 0)
}

/**
 * `void`: of an attempt that was never sent. `adjust`: a later correction, by the difference. `cached`: an answer that
 * no attempt was made for; the attempt's number is 0.
 */
export const entryKinds = ['settle', 'void', 'adjust', 'cached'] as const

export type EntryKind = (typeof entryKinds)[number]

/** How an attempt ended. */
export interface Settlement {
  readonly id: number
  readonly kind: 'settle' | 'void'
  readonly atMs: number
  readonly usage: Usage
  readonly usageSource: UsageSource
  readonly flags: number
  readonly providerCostNanoUsd: NanoUsd
  /** What budgets count. */
  readonly chargedNanoUsd: NanoUsd
  readonly reportedModel?: string
  /** The tier that the provider says it served, or that was asked for. */
  readonly tier?: string
  /** The provider's, where it answered. */
  readonly status?: number
  readonly code?: string
  readonly providerRequestId?: string
}

/** A line of the ledger: one per attempt, and one per correction. It never changes. */
export interface LedgerEntry
  extends
    Omit<Intent, 'id' | 'inputBound' | 'outputBound' | 'creditNanoUsd'>,
    Omit<Settlement, 'id' | 'atMs' | 'kind'> {
  /** In the order of settlement. */
  readonly seq: number
  readonly kind: EntryKind
  readonly settledAtMs: number
  /** What an answer of the cache would have cost. */
  readonly savedNanoUsd?: NanoUsd
}

/** A line that no intent precedes: an answer of the cache, or a correction. */
export type DirectEntry = Omit<LedgerEntry, 'seq' | 'kind'> & { readonly kind: 'adjust' | 'cached' }
