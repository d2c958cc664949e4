/** What a provider says that was used, by day and model. */

import type { NanoUsd } from '../core/money.ts'

/** Absent figures are not told by the export. */
export interface BillFigures {
  readonly requests?: number
  /** Reads from the provider's cache and writes to it included. */
  readonly inputTokens?: number
  readonly cacheReadTokens?: number
  readonly outputTokens?: number
  readonly costNanoUsd?: NanoUsd
}

/** One row of an export. */
export interface BillItem extends BillFigures {
  /** Unix milliseconds. */
  readonly atMs: number
  /** Absent: of all models together. */
  readonly model?: string
}

/** The sums of a UTC day and model. */
export interface BillRow extends BillFigures {
  readonly dayMs: number
  readonly model?: string
}

export const figureNames = [
  'requests',
  'inputTokens',
  'cacheReadTokens',
  'outputTokens',
  'costNanoUsd',
] as const satisfies readonly (keyof BillFigures)[]

/** A figure that neither tells is told by neither. */
export function sumOf(one: BillFigures, other: BillFigures): BillFigures {
  const sums: { -readonly [Name in keyof BillFigures]: number } = {}
  for (const name of figureNames) {
    if (one[name] !== undefined || other[name] !== undefined)
      sums[name] = (one[name] ?? 0) + (other[name] ?? 0)
  }
  return sums
}
