/** What reports of usage are asked for, and what they tell. */

import type { TextFilter } from '../records/filter.ts'

/** What usage can be told apart by. Of the last three, one at a time. */
export const usageDimensions = [
  'hour',
  'day',
  'provider',
  'model',
  'route',
  'key',
  'team',
  'user',
  'session',
  'tag',
] as const

export type UsageDimension = (typeof usageDimensions)[number]

export type UsageFilter = Partial<Record<Exclude<UsageDimension, 'hour' | 'day'>, TextFilter>>

export interface UsageQuery {
  readonly org: string
  readonly by: readonly UsageDimension[]
  /** In Unix milliseconds; whole hours: part of an hour counts as all of it. */
  readonly fromMs: number
  /** Exclusive. */
  readonly toMs: number
  readonly where: UsageFilter
  readonly limit: number
  readonly offset: number
}

/** Sums of lines: whole numbers, 64 bits where money. */
export interface UsageSums {
  readonly requests: number
  readonly attempts: number
  /** Requests that the cache answered. */
  readonly cached: number
  readonly errors: number
  /** Attempts whose counts are the gateway's own estimate. */
  readonly estimated: number
  /** Attempts of which a part has no known price, and is not in the cost. */
  readonly unpriced: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadTokens: number
  readonly cacheWriteTokens: number
  readonly reasoningTokens: number
  readonly providerCostNanoUsd: bigint
  readonly chargedNanoUsd: bigint
  /** What the answers of the cache would have cost. */
  readonly savedNanoUsd: bigint
}

export interface UsageRow extends UsageSums {
  /**
   * The beginning of the hour of its last line; where that is from before the last day, UTC, it may be that of its day. Absent where time
   * is asked for.
   */
  readonly lastMs?: number
  readonly hourMs?: number
  readonly dayMs?: number
  readonly provider?: string
  readonly model?: string
  readonly route?: string
  readonly key?: string
  readonly keyName?: string
  readonly team?: string
  readonly user?: string
  readonly session?: string
  readonly tag?: string
}

export interface UsagePage {
  /** The dearest first; by time where time is asked for. */
  readonly data: readonly UsageRow[]
  readonly hasMore: boolean
}

/** A row of the rollups: the sums of the lines of one hour or day under one set of names. */
export interface RollupRow {
  readonly kind: string
  readonly span: 'hour' | 'day'
  readonly atMs: number
  readonly org: string
  readonly value: string
  readonly provider: string
  readonly model: string
  readonly keyId: string
  readonly team: string
  readonly route: string
  readonly attempts: number
  readonly cached: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly providerCostNanoUsd: bigint
  readonly chargedNanoUsd: bigint
  readonly savedNanoUsd: bigint
}
