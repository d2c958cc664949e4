/** The rows of the spend's table: each name with what it cost, and what no name was given for. They come to the total. Pure. */

import { costOf, type Dimension, nameOf, type Usage } from '../api/usage.ts'

export interface SpendRow {
  readonly id: string
  readonly name: string
  /** What sums and requests are narrowed to it by; undefined where they cannot be. */
  readonly value: string | undefined
  readonly costUsd: number
  readonly providerUsd: number
  /** In the period before; undefined where that is not known. */
  readonly beforeUsd: number | undefined
  readonly requests: number
  readonly tokens: number
  readonly estimated: number
}

interface RowParts {
  readonly dimension: Dimension
  /** Of all together; undefined where nothing was used. */
  readonly total: Usage | undefined
  readonly parts: readonly Usage[]
  /** Of the period before; undefined where it is not looked at. */
  readonly before: readonly Usage[] | undefined
}

/** The dearest first. */
export function spendRows({ dimension, total, parts, before }: RowParts): SpendRow[] {
  const earlier = before && new Map(before.map((usage) => [idOf(usage, dimension), costOf(usage)]))
  const rows = parts.map((usage) => {
    const id = idOf(usage, dimension)
    return { ...toRow(usage, dimension), beforeUsd: earlier && (earlier.get(id) ?? 0) }
  })
  const rest = total && restOf(toRow(total, dimension), rows, dimension)
  return rest ? [...rows, rest].toSorted((one, other) => other.costUsd - one.costUsd) : rows
}

/** What sums are narrowed to this one by. */
export function valueOf(usage: Usage, dimension: Dimension): string | undefined {
  return dimension === 'key' ? usage.key_id : usage[dimension]
}

function idOf(usage: Usage, dimension: Dimension): string {
  return valueOf(usage, dimension) ?? ''
}

function toRow(usage: Usage, dimension: Dimension): SpendRow {
  return {
    id: `${dimension} ${idOf(usage, dimension)}`,
    name: nameOf(usage, dimension),
    value: valueOf(usage, dimension),
    costUsd: costOf(usage),
    providerUsd: Number(usage.provider_cost_usd),
    beforeUsd: undefined,
    requests: usage.requests,
    tokens: usage.input_tokens + usage.output_tokens,
    estimated: usage.estimated,
  }
}

/** Below this it is the rounding of sums. */
const leastUsd = 1e-9

/** Sums by user, session or tag have only what names one. A request with several tags counts under each: then nothing is left. */
function restOf(total: SpendRow, rows: readonly SpendRow[], dimension: Dimension): SpendRow | undefined {
  const left = (of: (row: SpendRow) => number) => of(total) - rows.reduce((sum, row) => sum + of(row), 0)
  const costUsd = left((row) => row.costUsd)
  const requests = left((row) => row.requests)
  if (costUsd < leastUsd && requests <= 0) return undefined
  if (costUsd < -leastUsd) return undefined
  return {
    ...total,
    id: 'rest',
    name: rows.some(({ value }) => value === undefined) ? 'all others' : `no ${dimension}`,
    value: undefined,
    costUsd: Math.max(0, costUsd),
    providerUsd: Math.max(
      0,
      left((row) => row.providerUsd),
    ),
    requests: Math.max(0, requests),
    tokens: Math.max(
      0,
      left((row) => row.tokens),
    ),
    estimated: Math.max(
      0,
      left((row) => row.estimated),
    ),
  }
}
