/** Counts and times of the requests of any window of time, or of some requests: summed up beside the requests, once for all who ask. */

import { LRUCache } from 'lru-cache'
import { type FigureWindow, type SpanFigures, spanFigures } from './figures.ts'
import type { RecordFilters, RecordSums } from './port.ts'
import { createTally, durationClassWidth, type Tally } from './tally.ts'

export interface WindowQuery {
  /** Their times are those of the window. */
  readonly filters: Omit<RecordFilters, 'fromMs' | 'toMs'>
  readonly window: FigureWindow
  /** Whether the period before is summed up too. */
  readonly isCompared: boolean
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

const stepsMs = [
  minuteMs / 4,
  minuteMs,
  5 * minuteMs,
  15 * minuteMs,
  30 * minuteMs,
  hourMs,
  3 * hourMs,
  6 * hourMs,
  12 * hourMs,
  dayMs,
  7 * dayMs,
  30 * dayMs,
]
const maxSteps = 62
/** A sum holds so many times as long as it took, and at least so long. */
const holds = 20
const holdMs = 2_000
const maxKept = 100

/** A window and the one of the same length before it, in steps that a chart can show. */
export function windowBetween(fromMs: number, toMs: number): FigureWindow {
  const spanMs = toMs - fromMs
  const stepMs = stepsMs.find((step) => spanMs / step <= maxSteps) ?? stepsMs.at(-1)!
  return { fromMs, toMs, stepMs, beforeFromMs: fromMs - spanMs, beforeToMs: fromMs }
}

interface Reading {
  readonly figures: Promise<SpanFigures>
  /** Undefined while it is read. */
  untilMs: number | undefined
}

export class WindowFigures {
  readonly #sums: RecordSums
  readonly #nowMs: () => number
  readonly #readings = new LRUCache<string, Reading>({ max: maxKept })

  constructor(sums: RecordSums, nowMs: () => number) {
    this.#sums = sums
    this.#nowMs = nowMs
  }

  /** Those who ask for the same share one reading. */
  of(query: WindowQuery): Promise<SpanFigures> {
    const { keyIds } = query.filters
    // A set is written as nothing: whoever sees other keys must not get what these come to.
    const key = JSON.stringify([query, keyIds && [...keyIds].toSorted()])
    const startMs = this.#nowMs()
    const known = this.#readings.get(key)
    if (known && (known.untilMs === undefined || known.untilMs > startMs)) return known.figures
    const reading: Reading = { figures: this.#read(query), untilMs: undefined }
    this.#readings.set(key, reading)
    reading.figures.then(
      () => {
        const endMs = this.#nowMs()
        reading.untilMs = endMs + Math.max(holdMs, holds * (endMs - startMs))
      },
      () => this.#readings.delete(key),
    )
    return reading.figures
  }

  async #read({ filters, window, isCompared }: WindowQuery): Promise<SpanFigures> {
    const { fromMs, toMs, stepMs, beforeFromMs, beforeToMs } = window
    const summed = (from: number, to: number) => this.#talliesOf(filters, { from, to, stepMs })
    const [now, before] = await Promise.all([
      summed(fromMs, toMs),
      isCompared ? summed(beforeFromMs, beforeToMs) : new Map<number, Tally>(),
    ])
    return spanFigures(window, (startMs) => now.get(startMs) ?? before.get(startMs) ?? createTally())
  }

  /** By the beginning of each step. */
  async #talliesOf(
    filters: WindowQuery['filters'],
    { from, to, stepMs }: { readonly from: number; readonly to: number; readonly stepMs: number },
  ): Promise<ReadonlyMap<number, Tally>> {
    const tallies = new Map<number, Tally>()
    const sums = await this.#sums.of({
      ...filters,
      fromMs: from,
      toMs: to,
      startMs: from,
      stepMs,
      classWidth: durationClassWidth,
      isDetailed: true,
    })
    for (const sum of sums) {
      const startMs = from + sum.step * stepMs
      const tally = tallies.get(startMs) ?? createTally()
      tallies.set(startMs, tally)
      tally.addSum(sum)
    }
    return tallies
  }
}
