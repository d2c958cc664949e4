/** What a range cost, in all, step by step, and by name: from the ledger's sums, or from its lines where an hour is too coarse. */

import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { ask, type Item } from '../api/client.ts'
import { type RangeName, ranges, usageStepOf } from '../ranges.ts'
import { costOf, reportAge, type Usage } from '../api/usage.ts'
import { readLines } from './ledger-lines.ts'

export const dimensions = ['model', 'key', 'user'] as const
export type Dimension = (typeof dimensions)[number]

export interface Sums {
  readonly costUsd: number
  readonly tokens: number
}

export interface Named {
  readonly name: string
  readonly requests: number
  readonly costUsd: number
}

export interface Spending {
  readonly now: Sums
  readonly before: Sums | undefined
  readonly steps: readonly Sums[]
  /** In no order. */
  readonly named: Readonly<Record<Dimension, readonly Named[]>>
  /** False where there are more lines than were read. */
  readonly isWhole: boolean
}

export const spendingQuery = (range: RangeName) =>
  queryOptions({
    queryKey: ['spending', range],
    queryFn: ({ signal }) => (isByHour(range) ? fromSums(range, signal) : fromLines(range, signal)),
    refetchInterval: 15_000,
    placeholderData: keepPreviousData,
  })

/** The sums are by the hour: shorter ranges are made of lines. */
function isByHour(range: RangeName): boolean {
  return ranges[range].spanMs > 3_600_000
}

async function fromSums(range: RangeName, signal: AbortSignal): Promise<Spending> {
  const { by, stepMs } = usageStepOf(range)
  const { spanMs } = ranges[range]
  const toMs = Math.ceil(Date.now() / stepMs) * stepMs
  const fromMs = toMs - spanMs
  const sums = async (names: string, from: number, to: number) =>
    (
      await ask('GET /usage', {
        query: { by: names, from: String(from), to: String(to), limit: 200, max_age: reportAge },
        signal,
      })
    ).data
  const [steps, before, ...named] = await Promise.all([
    sums(by, fromMs, toMs),
    sums('', fromMs - spanMs, fromMs),
    ...dimensions.map((dimension) => sums(dimension, fromMs, toMs)),
  ])
  const course = Array.from({ length: spanMs / stepMs }, (): Sums => ({ costUsd: 0, tokens: 0 }))
  for (const usage of steps) course[(Date.parse(usage[by] ?? '') - fromMs) / stepMs] = sumsOf([usage])
  return {
    now: sumsOf(steps),
    before: before.length > 0 ? sumsOf(before) : undefined,
    steps: course,
    named: byDimension((dimension, index) =>
      (named[index] ?? []).flatMap((usage) => toNamed(usage, dimension)),
    ),
    isWhole: true,
  }
}

function toNamed(usage: Usage, dimension: Dimension): Named[] {
  const name = dimension === 'key' ? usage.key_name : usage[dimension]
  return name === undefined ? [] : [{ name, requests: usage.requests, costUsd: costOf(usage) }]
}

function sumsOf(all: readonly Usage[]): Sums {
  return {
    costUsd: all.reduce((sum, usage) => sum + costOf(usage), 0),
    tokens: all.reduce((sum, usage) => sum + usage.input_tokens + usage.output_tokens, 0),
  }
}

type Line = Item<'GET /ledger'>

async function fromLines(range: RangeName, signal: AbortSignal): Promise<Spending> {
  const { spanMs, bucketMs } = ranges[range]
  const toMs = Math.ceil(Date.now() / bucketMs) * bucketMs
  const fromMs = toMs - spanMs
  const { lines, isWhole } = await readLines(fromMs - spanMs, signal)
  const atMs = (line: Line) => Date.parse(line.started_at)
  const now = lines.filter((line) => atMs(line) >= fromMs)
  const earlier = lines.filter((line) => atMs(line) < fromMs)
  const steps = Map.groupBy(now, (line) => Math.floor((atMs(line) - fromMs) / bucketMs))
  return {
    now: totalOf(now),
    before: isWhole && earlier.length > 0 ? totalOf(earlier) : undefined,
    steps: Array.from({ length: spanMs / bucketMs }, (_, index) => totalOf(steps.get(index) ?? [])),
    named: byDimension((dimension) => {
      const groups = Map.groupBy(now, (line) => (dimension === 'key' ? line.key_name : line[dimension]))
      return [...groups].flatMap(([name, of]) =>
        name === undefined
          ? []
          : [
              {
                name,
                requests: new Set(of.map((line) => line.request_id)).size,
                costUsd: totalOf(of).costUsd,
              },
            ],
      )
    }),
    isWhole,
  }
}

function totalOf(lines: readonly Line[]): Sums {
  return {
    costUsd: lines.reduce((sum, line) => sum + Number(line.charged_usd), 0),
    tokens: lines.reduce((sum, line) => sum + line.input_tokens + line.output_tokens, 0),
  }
}

function byDimension(of: (dimension: Dimension, index: number) => readonly Named[]): Spending['named'] {
  return Object.fromEntries(
    dimensions.map((dimension, index) => [dimension, of(dimension, index)]),
  ) as unknown as Spending['named']
}
