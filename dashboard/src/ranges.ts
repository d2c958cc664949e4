/** What pages look back on, as the address says it: so long up to now, the month so far, or from one moment to another. Pure. */

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

export const ranges = {
  '15m': { label: 'Last 15 min', told: 'in the last 15 min', spanMs: 15 * minuteMs },
  '1h': { label: 'Last hour', told: 'in the last hour', spanMs: hourMs },
  '24h': { label: 'Last 24 h', told: 'in the last 24 h', spanMs: dayMs },
  '7d': { label: 'Last 7 days', told: 'in the last 7 days', spanMs: 7 * dayMs },
  '30d': { label: 'Last 30 days', told: 'in the last 30 days', spanMs: 30 * dayMs },
  mtd: { label: 'Month to date', told: 'this month' },
} as const

export type RangeName = keyof typeof ranges

export const defaultRange: RangeName = '24h'

/** Up to now, or between two moments: ISO 8601 in UTC, the second exclusive. */
export type Span = { readonly range: RangeName } | { readonly from: string; readonly to: string }

/** Unix milliseconds, `toMs` exclusive. */
export interface Bounds {
  readonly fromMs: number
  readonly toMs: number
}

export function boundsOf(span: Span, nowMs: number): Bounds {
  if ('from' in span) return { fromMs: Date.parse(span.from), toMs: Date.parse(span.to) }
  const fromMs = span.range === 'mtd' ? monthStartMs(nowMs) : nowMs - ranges[span.range].spanMs
  return { fromMs, toMs: nowMs }
}

/** As long, and before; of the month so far, as much of the month before. */
export function boundsBefore(span: Span, nowMs: number): Bounds {
  const { fromMs, toMs } = boundsOf(span, nowMs)
  if (!('range' in span) || span.range !== 'mtd') return { fromMs: 2 * fromMs - toMs, toMs: fromMs }
  const startMs = monthStartMs(fromMs - 1)
  return { fromMs: startMs, toMs: Math.min(fromMs, startMs + toMs - fromMs) }
}

/** Whether what happens now belongs to it. */
export function isLive(span: Span): boolean {
  return 'range' in span
}

/** The first moment of the month, UTC, as the ledger counts months. */
export function monthStartMs(nowMs: number): number {
  const now = new Date(nowMs)
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1)
}

/** The first moment of the next one. */
export function monthEndMs(nowMs: number): number {
  const now = new Date(nowMs)
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)
}

/** The hour for spans of some days, the day for longer ones: the steps that the ledger sums by. */
export function usageStepOf({ fromMs, toMs }: Bounds): {
  readonly by: 'hour' | 'day'
  readonly stepMs: number
} {
  return toMs - fromMs <= 2 * dayMs ? { by: 'hour', stepMs: hourMs } : { by: 'day', stepMs: dayMs }
}

/** As the admin API takes it: a range that it knows, or two moments in Unix milliseconds. */
export function spanQuery(span: Span): { range: RangeName } | { from: string; to: string } {
  if ('range' in span) return { range: span.range }
  const { fromMs, toMs } = boundsOf(span, 0)
  return { from: String(fromMs), to: String(toMs) }
}

// -- the address

export interface SpanSearch {
  readonly range?: RangeName | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** Whether the period before is looked at too; absent: it is. */
  readonly cmp?: 'prev' | 'off' | undefined
}

/** What cannot be read is undefined: the router keeps what it is not told of. Two moments stand before a range. */
export function readSpanSearch(search: Readonly<Record<string, unknown>>): SpanSearch {
  const [fromMs, toMs] = [readTime(search['from']), readTime(search['to'])]
  const isWindow = fromMs !== undefined && toMs !== undefined && fromMs < toMs
  const { range, cmp } = search
  return {
    from: isWindow ? timeText(fromMs) : undefined,
    to: isWindow ? timeText(toMs) : undefined,
    range:
      !isWindow && typeof range === 'string' && Object.hasOwn(ranges, range)
        ? (range as RangeName)
        : undefined,
    cmp: cmp === 'prev' || cmp === 'off' ? cmp : undefined,
  }
}

export function spanOf({ range, from, to }: SpanSearch, fallback: RangeName): Span {
  return from !== undefined && to !== undefined ? { from, to } : { range: range ?? fallback }
}

/** The search parameters of a span, which take the place of those of any other. */
export function spanSearch(span: Span): Pick<SpanSearch, 'range' | 'from' | 'to'> {
  return { range: undefined, from: undefined, to: undefined, ...span }
}

/** The same moments, whenever the address is opened. */
export function fixedSpan(span: Span, nowMs: number): Span {
  const { fromMs, toMs } = boundsOf(span, nowMs)
  return { from: timeText(fromMs), to: timeText(toMs) }
}

/** ISO 8601 with an offset, a day alone (UTC), or Unix milliseconds. */
function readTime(value: unknown): number | undefined {
  const isTold =
    typeof value === 'number' ||
    (typeof value === 'string' &&
      /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(value))
  const atMs = isTold ? new Date(value).getTime() : NaN
  return atMs >= 0 && atMs < 4e12 ? atMs : undefined
}

/** Without seconds where there are none. */
function timeText(atMs: number): string {
  return new Date(atMs).toISOString().replace(/(:00)?\.000Z$/, 'Z')
}
