/** An answer of the cache as a line of the ledger: it cost nothing, and says what was saved. */

import type { NanoUsd } from '../core/money.ts'
import { type DirectEntry, flagBits, type Spender } from './entry.ts'
import { noPrice } from './prices.ts'

export interface Saving {
  readonly spender: Spender
  /** Of the target that gave the answer once. */
  readonly provider: string
  readonly model: string
  readonly outcome: 'hit' | 'semantic-hit' | 'shared'
  /** What the call cost that brought the answer; undefined where the price is not known. */
  readonly costNanoUsd: NanoUsd | undefined
}

export function savingLine(saving: Saving, atMs: number): DirectEntry {
  const { spender, provider, model, outcome, costNanoUsd } = saving
  const { creditNanoUsd: _, ...who } = spender
  return {
    ...who,
    kind: 'cached',
    attempt: 0,
    atMs,
    settledAtMs: atMs,
    provider,
    model,
    credential: 'cache',
    usage: { inputTokens: 0, outputTokens: 0 },
    usageSource: 'none',
    flags: flagsOf[outcome],
    reservedNanoUsd: 0,
    priceVersion: noPrice,
    providerCostNanoUsd: 0,
    chargedNanoUsd: 0,
    ...(costNanoUsd !== undefined && { savedNanoUsd: costNanoUsd }),
  }
}

const flagsOf = { hit: 0, 'semantic-hit': flagBits.semantic_hit, shared: flagBits.shared_call } as const
