/** What a span of requests comes to: figures, and their course in buckets. Pure. */

import type { RequestRow } from '../api/live-feed.ts'
import type { LedgerLine } from './history.ts'

/** From a bucket's begin to a bucket's end. */
export interface Span {
  readonly fromMs: number
  readonly toMs: number
  readonly bucketMs: number
}

/** What one span holds. */
export interface SpanRows {
  readonly span: Span
  readonly rows: readonly RequestRow[]
  readonly lines: readonly LedgerLine[]
}

export interface Figures {
  readonly requests: number
  readonly errors: number
  readonly tokens: number
  readonly costUsd: number
  /** Lines that no price is known for: what they cost is not in the sum. */
  readonly unpriced: number
  readonly latencyMs: Percentiles | undefined
  readonly firstTokenMs: Percentiles | undefined
}

export interface Percentiles {
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

export function isError(row: Pick<RequestRow, 'status'>): boolean {
  return row.status >= 400
}

export function tokensOf({ usage }: Pick<RequestRow, 'usage'>): number {
  return usage ? usage.input_tokens + usage.output_tokens : 0
}

export function figuresOf(rows: readonly RequestRow[], lines: readonly LedgerLine[]): Figures {
  return {
    requests: rows.length,
    errors: rows.filter(isError).length,
    tokens: rows.reduce((sum, row) => sum + tokensOf(row), 0),
    costUsd: lines.reduce((sum, line) => sum + Number(line.charged_usd), 0),
    unpriced: lines.filter(({ flags }) => flags.includes('unpriced')).length,
    latencyMs: percentilesOf(rows.filter((row) => !isError(row)).map((row) => row.duration_ms)),
    firstTokenMs: percentilesOf(rows.flatMap((row) => row.first_token_ms ?? [])),
  }
}

/** By the nearest rank; undefined of nothing. */
export function percentilesOf(values: readonly number[]): Percentiles | undefined {
  if (values.length === 0) return undefined
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

export function within<Row>(rows: readonly Row[], span: Span, atOf: (row: Row) => number): Row[] {
  return rows.filter((row) => atOf(row) >= span.fromMs && atOf(row) < span.toMs)
}

export const requestAtMs = (row: RequestRow): number => Date.parse(row.created_at)
export const lineAtMs = (line: LedgerLine): number => Date.parse(line.started_at)

/** The rows of each bucket of the span, the oldest bucket first. */
export function inBuckets<Row>(rows: readonly Row[], span: Span, atOf: (row: Row) => number): Row[][] {
  const { fromMs, toMs, bucketMs } = span
  const buckets = Array.from({ length: Math.round((toMs - fromMs) / bucketMs) }, (): Row[] => [])
  for (const row of rows) buckets[Math.floor((atOf(row) - fromMs) / bucketMs)]?.push(row)
  return buckets
}

/** The greatest sums by name, the rest left out. */
export function greatest<Row>(
  rows: readonly Row[],
  nameOf: (row: Row) => string | undefined,
  amountOf: (row: Row) => number,
  limit: number,
): { name: string; amount: number }[] {
  const sums = new Map<string, number>()
  for (const row of rows) {
    const name = nameOf(row)
    if (name !== undefined) sums.set(name, (sums.get(name) ?? 0) + amountOf(row))
  }
  return [...sums]
    .map(([name, amount]) => ({ name, amount }))
    .toSorted((a, b) => b.amount - a.amount)
    .slice(0, limit)
}
