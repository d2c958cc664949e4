/** What some requests come to: how many there were, how they ended, and how long they took, to within four per cent. */

import type { CacheOutcome, RecordSum, RecordTiming } from './port.ts'

export interface Percentiles {
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

export interface Figures {
  readonly requests: number
  /** Answered with a status of 400 or more. */
  readonly errors: number
  /** Of what was answered without an error, in milliseconds. */
  readonly durationMs?: Percentiles
  /** Of streamed answers. */
  readonly firstTokenMs?: Percentiles
  /** Answers that the cache gave. */
  readonly hits: number
  /** Calls that the cache was asked about and had no answer to. */
  readonly misses: number
  /** What the answers had cost that the cache gave again. */
  readonly savedNanoUsd: number
}

/** Where each row of times begins: a quarter of a decade each, 10 ms to 100 s; the first and the last are open. */
export const durationRowsMs: readonly number[] = Array.from({ length: 16 }, (_, row) => 10 ** (1 + row / 4))

export interface Tally {
  add(timing: RecordTiming): void
  addAll(other: Tally): void
  /** What somebody else has summed up, in detail. */
  addSum(sum: RecordSum): void
  /** How many of what was answered without an error took so long, by row of `durationRowsMs`. */
  durationRows(): readonly number[]
  figures(): Figures
  readonly counts: Counts
}

interface Counts {
  requests: number
  errors: number
  hits: number
  misses: number
  savedNanoUsd: number
  /** How many took a time, by the number of its class. */
  readonly durations: Map<number, number>
  readonly firstTokens: Map<number, number>
}

export function createTally(): Tally {
  const counts: Counts = {
    requests: 0,
    errors: 0,
    hits: 0,
    misses: 0,
    savedNanoUsd: 0,
    durations: new Map(),
    firstTokens: new Map(),
  }
  return {
    counts,
    add({ status, durationMs, firstTokenMs, cache, savedNanoUsd }) {
      counts.requests++
      if (status >= 400) counts.errors++
      else raise(counts.durations, classOf(durationMs), 1)
      if (firstTokenMs !== undefined) raise(counts.firstTokens, classOf(firstTokenMs), 1)
      countCache(counts, cache, 1)
      counts.savedNanoUsd += savedNanoUsd ?? 0
    },
    addSum({ requests, isError, durationClass, firstTokenClass, cache, savedNanoUsd }) {
      counts.requests += requests
      if (isError) counts.errors += requests
      else raise(counts.durations, durationClass, requests)
      if (firstTokenClass !== undefined) raise(counts.firstTokens, firstTokenClass, requests)
      countCache(counts, cache, requests)
      counts.savedNanoUsd += savedNanoUsd ?? 0
    },
    addAll({ counts: other }) {
      counts.requests += other.requests
      counts.errors += other.errors
      counts.hits += other.hits
      counts.misses += other.misses
      counts.savedNanoUsd += other.savedNanoUsd
      for (const [of, count] of other.durations) raise(counts.durations, of, count)
      for (const [of, count] of other.firstTokens) raise(counts.firstTokens, of, count)
    },
    durationRows() {
      const rows = durationRowsMs.map(() => 0)
      for (const [of, count] of counts.durations) rows[rowOf(Math.exp(of * durationClassWidth))]! += count
      return rows
    },
    figures() {
      const { durations, firstTokens, ...rest } = counts
      const durationMs = percentilesOf(durations)
      const firstTokenMs = percentilesOf(firstTokens)
      return { ...rest, ...(durationMs && { durationMs }), ...(firstTokenMs && { firstTokenMs }) }
    },
  }
}

function countCache(counts: Counts, cache: CacheOutcome | undefined, by: number): void {
  if (cache === 'miss') counts.misses += by
  else if (cache !== undefined && cache !== 'off') counts.hits += by
}

/** Each class of times is this much longer than the one before, as a natural logarithm. */
export const durationClassWidth = Math.log(1.08)

function classOf(ms: number): number {
  return Math.round(Math.log(Math.max(ms, 0.01)) / durationClassWidth)
}

function rowOf(ms: number): number {
  const row = Math.floor(4 * (Math.log10(ms) - 1))
  return Math.min(durationRowsMs.length - 1, Math.max(0, row))
}

function raise(counts: Map<number, number>, of: number, by: number): void {
  counts.set(of, (counts.get(of) ?? 0) + by)
}

/** Of how many took a time, by the number of its class. By the nearest rank; undefined of nothing. */
export function percentilesOf(counts: ReadonlyMap<number, number>): Percentiles | undefined {
  const sorted = [...counts].toSorted(([a], [b]) => a - b)
  const total = sorted.reduce((sum, [, count]) => sum + count, 0)
  if (total === 0) return undefined
  const at = (share: number): number => {
    let rank = Math.max(1, Math.ceil(share * total))
    for (const [of, count] of sorted) {
      rank -= count
      if (rank <= 0) return Math.exp(of * durationClassWidth)
    }
    return 0
  }
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}
