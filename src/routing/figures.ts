/** What is measured of each target, decayed: time to first token, speed, length of answers, share of cached input. */

import type { Clock } from '../core/clock.ts'

/** Of one answer; what it did not show is absent. */
export interface Sample {
  /** From sending to the first content of a streamed answer. */
  readonly firstTokenMs?: number
  /** After the first one where the answer was streamed, else over the whole time. */
  readonly tokensPerSecond?: number
  readonly outputTokens?: number
  /** Of the input tokens, those read from the provider's prompt cache: 0 to 1. */
  readonly cachedShare?: number
}

export interface Figures {
  readonly firstTokenMs: number | undefined
  readonly tokensPerSecond: number | undefined
  readonly outputTokens: number | undefined
  readonly cachedShare: number | undefined
  readonly samples: number
  /** On the monotonic clock. */
  readonly sampledAtMs: number
}

export interface FigureBook {
  add(target: string, sample: Sample): void
  of(target: string): Figures | undefined
  /** The 95th percentile of the last times to first token; undefined while there are too few. */
  firstTokenP95Ms(target: string): number | undefined
}

/** A figure loses half of its weight in this time. */
const halfLifeMs = 10_000
/** Of samples that come thick and fast each counts this much, and after a silence one counts at most a half. */
const minWeight = 0.05
const maxWeight = 0.5
const maxTargets = 10_000
const recentSamples = 64
const minForPercentile = 20

export function createFigureBook(clock: Clock): FigureBook {
  const entries = new Map<string, Entry>()
  return {
    add(target, sample) {
      let entry = entries.get(target)
      if (!entry) {
        // Names of models come from callers: the oldest entry makes room.
        if (entries.size >= maxTargets) entries.delete(entries.keys().next().value!)
        entries.set(target, (entry = new Entry()))
      }
      entry.add(sample, clock.monotonicMs())
    },
    of: (target) => entries.get(target),
    firstTokenP95Ms: (target) => entries.get(target)?.firstTokenP95Ms(),
  }
}

class Entry implements Figures {
  firstTokenMs: number | undefined
  tokensPerSecond: number | undefined
  outputTokens: number | undefined
  cachedShare: number | undefined
  samples = 0
  sampledAtMs = Number.NEGATIVE_INFINITY
  /** The last times to first token, as a ring. */
  readonly #recent: number[] = []
  #next = 0

  add(sample: Sample, nowMs: number): void {
    const decayed = 1 - 0.5 ** ((nowMs - this.sampledAtMs) / halfLifeMs)
    this.samples++
    // The first few are averaged: none of them is to stand for the target by itself.
    const weight = Math.max(minWeight, Math.min(maxWeight, decayed), 1 / this.samples)
    this.firstTokenMs = blend(this.firstTokenMs, sample.firstTokenMs, weight)
    this.tokensPerSecond = blend(this.tokensPerSecond, sample.tokensPerSecond, weight)
    this.outputTokens = blend(this.outputTokens, sample.outputTokens, weight)
    this.cachedShare = blend(this.cachedShare, sample.cachedShare, weight)
    this.sampledAtMs = nowMs
    if (sample.firstTokenMs === undefined) return
    this.#recent[this.#next] = sample.firstTokenMs
    this.#next = (this.#next + 1) % recentSamples
  }

  firstTokenP95Ms(): number | undefined {
    if (this.#recent.length < minForPercentile) return undefined
    return this.#recent.toSorted((a, b) => a - b)[Math.ceil(this.#recent.length * 0.95) - 1]
  }
}

function blend(old: number | undefined, sample: number | undefined, weight: number): number | undefined {
  if (sample === undefined || !Number.isFinite(sample) || sample < 0) return old
  return old === undefined ? sample : old + (sample - old) * weight
}
