/** What a span cost, in all, step by step, and by name: from the ledger's sums, or from its lines where an hour is too coarse. */

import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { ask, type Item } from '../api/client.ts'
import { costOf, reportAge, type Usage, type UsageFilter } from '../api/usage.ts'
import { type Bounds, boundsBefore, boundsOf, isLive, type Span, usageStepOf } from '../ranges.ts'
import { readLines } from './ledger-lines.ts'

export const dimensions = ['model', 'key', 'user'] as const
export type Dimension = (typeof dimensions)[number]

export interface Sums {
  readonly costUsd: number
  readonly tokens: number
}

export interface Named extends Sums {
  readonly name: string
  readonly requests: number
}

export interface Spending {
  readonly now: Sums
  /** Undefined where there was nothing, or it was not asked for. */
  readonly before: Sums | undefined
  readonly steps: readonly Sums[]
  /** In no order. Undefined where the filter does not let them be told apart. */
  readonly named: Readonly<Partial<Record<Dimension, readonly Named[]>>>
  /** False where there are more lines than were read. */
  readonly isWhole: boolean
}

const hourMs = 3_600_000
/** Of lines: a chart's worth within the hour. */
const linesPerSpan = 60

interface Wanted {
  readonly where: UsageFilter
  readonly now: Bounds
  /** Undefined where nothing is compared. */
  readonly before: Bounds | undefined
  readonly signal: AbortSignal
}

export const spendingQuery = (span: Span, where: UsageFilter, isCompared: boolean) =>
  queryOptions({
    queryKey: ['spending', span, where, isCompared],
    queryFn: ({ signal }) => {
      const nowMs = Date.now()
      const now = boundsOf(span, nowMs)
      const before = isCompared ? boundsBefore(span, nowMs) : undefined
      // The sums are by the hour: what is shorter is made of lines.
      const read = now.toMs - now.fromMs > hourMs ? fromSums : fromLines
      return read({ where, now, before, signal })
    },
    refetchInterval: isLive(span) && 15_000,
    placeholderData: keepPreviousData,
  })

async function fromSums({ where, now, before, signal }: Wanted): Promise<Spending> {
  const { by, stepMs } = usageStepOf(now)
  const sums = async (names: string, { fromMs, toMs }: Bounds) =>
    (
      await ask('GET /usage', {
        query: {
          ...where,
          by: names,
          from: String(fromMs),
          to: String(toMs),
          limit: 200,
          max_age: reportAge,
        },
        signal,
      })
    ).data
  const [steps, earlier, ...named] = await Promise.all([
    sums(by, now),
    before ? sums('', apartFrom(before, now)) : [],
    ...dimensions.map((dimension) => (isTold(dimension, where) ? sums(dimension, now) : undefined)),
  ])
  const firstMs = Math.floor(now.fromMs / stepMs) * stepMs
  const course = Array.from({ length: Math.ceil((now.toMs - firstMs) / stepMs) }, (): Sums => ({
    costUsd: 0,
    tokens: 0,
  }))
  for (const usage of steps) course[(Date.parse(usage[by] ?? '') - firstMs) / stepMs] = sumsOf([usage])
  return {
    now: sumsOf(steps),
    before: earlier.length > 0 ? sumsOf(earlier) : undefined,
    steps: course,
    named: byDimension((dimension, index) => named[index]?.flatMap((usage) => toNamed(usage, dimension))),
    isWhole: true,
  }
}

/** Part of an hour counts as all of it: the hour in which both meet is the later one's. */
function apartFrom({ fromMs, toMs }: Bounds, later: Bounds): Bounds {
  const borderMs = Math.floor(later.fromMs / hourMs) * hourMs
  return toMs > borderMs ? { fromMs: fromMs - (toMs - borderMs), toMs: borderMs } : { fromMs, toMs }
}

/** Users, sessions and tags are summed apart from each other. */
function isTold(dimension: Dimension, { session, tag }: UsageFilter): boolean {
  return dimension !== 'user' || (session === undefined && tag === undefined)
}

function toNamed(usage: Usage, dimension: Dimension): Named[] {
  const name = dimension === 'key' ? usage.key_name : usage[dimension]
  return name === undefined ? [] : [{ name, requests: usage.requests, ...sumsOf([usage]) }]
}

function sumsOf(all: readonly Usage[]): Sums {
  return {
    costUsd: all.reduce((sum, usage) => sum + costOf(usage), 0),
    tokens: all.reduce((sum, usage) => sum + usage.input_tokens + usage.output_tokens, 0),
  }
}

type Line = Item<'GET /ledger'>

async function fromLines({ where, now, before, signal }: Wanted): Promise<Spending> {
  const { fromMs, toMs } = now
  const stepMs = (toMs - fromMs) / linesPerSpan
  const { lines, isWhole } = await readLines({ fromMs: before?.fromMs ?? fromMs, toMs }, where, signal)
  const atMs = (line: Line) => Date.parse(line.started_at)
  const own = lines.filter((line) => atMs(line) >= fromMs)
  const earlier = lines.filter((line) => atMs(line) < fromMs)
  const steps = Map.groupBy(own, (line) => Math.floor((atMs(line) - fromMs) / stepMs))
  return {
    now: totalOf(own),
    before: isWhole && earlier.length > 0 ? totalOf(earlier) : undefined,
    steps: Array.from({ length: linesPerSpan }, (_, index) => totalOf(steps.get(index) ?? [])),
    named: byDimension((dimension) => {
      const groups = Map.groupBy(own, (line) => (dimension === 'key' ? line.key_name : line[dimension]))
      return [...groups].flatMap(([name, of]) =>
        name === undefined ? [] : [{ name, requests: requestsOf(of), ...totalOf(of) }],
      )
    }),
    isWhole,
  }
}

function requestsOf(lines: readonly Line[]): number {
  return new Set(lines.map((line) => line.request_id)).size
}

function totalOf(lines: readonly Line[]): Sums {
  return {
    costUsd: lines.reduce((sum, line) => sum + Number(line.charged_usd), 0),
    tokens: lines.reduce((sum, line) => sum + line.input_tokens + line.output_tokens, 0),
  }
}

function byDimension(
  of: (dimension: Dimension, index: number) => readonly Named[] | undefined,
): Spending['named'] {
  return Object.fromEntries(
    dimensions.flatMap((dimension, index) => {
      const named = of(dimension, index)
      return named ? [[dimension, named]] : []
    }),
  )
}
