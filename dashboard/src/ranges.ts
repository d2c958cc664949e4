/** The spans of time that pages look back on, as the address names them, and the steps in which they are drawn. */

const minuteMs = 60_000
const hourMs = 60 * minuteMs

export const ranges = {
  '15m': { label: '15 min', spanMs: 15 * minuteMs, bucketMs: minuteMs / 4 },
  '1h': { label: '1 h', spanMs: 60 * minuteMs, bucketMs: minuteMs },
  '24h': { label: '24 h', spanMs: 24 * hourMs, bucketMs: hourMs / 2 },
  '7d': { label: '7 days', spanMs: 7 * 24 * hourMs, bucketMs: 3 * hourMs },
  '30d': { label: '30 days', spanMs: 30 * 24 * hourMs, bucketMs: 12 * hourMs },
} as const

export type RangeName = keyof typeof ranges

export const defaultRange: RangeName = '24h'

export function readRange(value: unknown): RangeName | undefined {
  return typeof value === 'string' && value in ranges ? (value as RangeName) : undefined
}

/** The hour for spans of a day, the day for longer ones: the steps that the ledger sums by. */
export function usageStepOf(range: RangeName): { readonly by: 'hour' | 'day'; readonly stepMs: number } {
  return ranges[range].spanMs <= 24 * hourMs
    ? { by: 'hour', stepMs: hourMs }
    : { by: 'day', stepMs: 24 * hourMs }
}
