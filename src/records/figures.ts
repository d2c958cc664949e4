/** Counts and times of requests in steps of time, for each of the spans that people look back on, kept up by reading each record once. */

import { setImmediate } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { RecordStore, RecordTiming } from './port.ts'
import { createTally, type Figures, type Tally } from './tally.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** How far back each span looks, the longest month for the month so far, and in what steps. */
export const figureSpans = {
  '15m': { spanMs: 15 * minuteMs, stepMs: minuteMs / 4 },
  '1h': { spanMs: hourMs, stepMs: minuteMs },
  '24h': { spanMs: dayMs, stepMs: hourMs / 2 },
  '7d': { spanMs: 7 * dayMs, stepMs: 3 * hourMs },
  '30d': { spanMs: 30 * dayMs, stepMs: 12 * hourMs },
  mtd: { spanMs: 31 * dayMs, stepMs: 12 * hourMs },
} as const

export type FigureSpan = keyof typeof figureSpans

export interface StepFigures extends Figures {
  /** Those answered without an error by how long they took, by row of `durationRowsMs`. */
  readonly durationRows: readonly number[]
}

export interface SpanFigures {
  /** Of the first step, in Unix milliseconds. */
  readonly fromMs: number
  readonly stepMs: number
  /** The oldest first. */
  readonly steps: readonly StepFigures[]
  /** Of all steps. */
  readonly now: Figures
  /** Of the period before: as long, and of the month so far as much of the month before. */
  readonly before: Figures
  /** Its steps: the first is held against the first. */
  readonly beforeSteps: readonly Figures[]
}

/** Where a span and the period before it begin and end, in Unix milliseconds and whole steps. */
export interface FigureWindow {
  readonly fromMs: number
  readonly toMs: number
  readonly stepMs: number
  readonly beforeFromMs: number
  readonly beforeToMs: number
}

export function figureWindow(span: FigureSpan, nowMs: number): FigureWindow {
  const { spanMs, stepMs } = figureSpans[span]
  const toMs = Math.ceil((nowMs + 1) / stepMs) * stepMs
  if (span !== 'mtd') {
    const fromMs = toMs - spanMs
    return { fromMs, toMs, stepMs, beforeFromMs: fromMs - spanMs, beforeToMs: fromMs }
  }
  const fromMs = monthStartMs(nowMs)
  const beforeFromMs = monthStartMs(fromMs - 1)
  return { fromMs, toMs, stepMs, beforeFromMs, beforeToMs: Math.min(fromMs, beforeFromMs + toMs - fromMs) }
}

/** In UTC, as the ledger counts months. */
function monthStartMs(atMs: number): number {
  const at = new Date(atMs)
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1)
}

export interface RequestFigures {
  /** `keys`: only of the requests of keys with these ids. */
  of(org: string, span: FigureSpan, keys?: ReadonlySet<string>): Promise<SpanFigures>
}

/** So many sets of keys are counted for at once; whoever asks for one more makes the records be read again. */
const maxKeySets = 32

/** How many records one step reads: some milliseconds of the event loop. */
const readStep = 2_000
/** Records are stored when a request ends: one that came this much earlier may be stored later. */
const longestRequestMs = hourMs

type Source = Pick<RecordStore, 'timings'>

export function createRequestFigures(store: Source, nowMs: () => number): RequestFigures {
  const books = new Map<string, Book>()
  const ofKeys = new LRUCache<string, Book>({ max: maxKeySets })
  return {
    async of(org, span, keys) {
      const kept = keys ? ofKeys : books
      // Another set of keys is another book: what was counted for the old one is not taken back.
      const name = JSON.stringify(keys ? [org, ...[...keys].toSorted()] : org)
      const book = kept.get(name) ?? new Book(store, org, keys)
      kept.set(name, book)
      return book.read(span, nowMs())
    },
  }
}

class Book {
  readonly #store: Source
  readonly #org: string
  readonly #keys: ReadonlySet<string> | undefined
  readonly #tallies = new Map<FigureSpan, Map<number, Tally>>()
  /** The records from `#low` to `#high`, by their order of arrival, are in the tallies. */
  #low = Number.MAX_SAFE_INTEGER
  #high = 0
  #reachesBackToMs = Infinity
  #reading: Promise<void> = Promise.resolve()

  constructor(store: Source, org: string, keys: ReadonlySet<string> | undefined) {
    this.#store = store
    this.#org = org
    this.#keys = keys
  }

  async read(span: FigureSpan, nowMs: number): Promise<SpanFigures> {
    const window = figureWindow(span, nowMs)
    // One reader at a time: each record is counted once.
    const turn = this.#reading.then(() => this.#catchUp(window.beforeFromMs, nowMs))
    this.#reading = turn.catch(() => undefined)
    await turn
    const tallies = this.#tallies.get(span)
    return spanFigures(window, (startMs) => tallies?.get(startMs) ?? createTally())
  }

  async #catchUp(fromMs: number, nowMs: number): Promise<void> {
    this.#forget(nowMs)
    if (this.#high === 0) {
      const [newest] = this.#store.timings(this.#org, { beforeSeq: Number.MAX_SAFE_INTEGER, limit: 1 })
      if (!newest) return
      this.#low = newest.seq + 1
      this.#high = newest.seq
    }
    for (;;) {
      const page = this.#store.timings(this.#org, { afterSeq: this.#high, limit: readStep })
      for (const timing of page) this.#count(timing, nowMs)
      this.#high = page.at(-1)?.seq ?? this.#high
      if (page.length < readStep) break
      await setImmediate()
    }
    while (this.#reachesBackToMs > fromMs - longestRequestMs) {
      const page = this.#store.timings(this.#org, { beforeSeq: this.#low, limit: readStep })
      for (const timing of page) this.#count(timing, nowMs)
      this.#low = page.at(-1)?.seq ?? this.#low
      this.#reachesBackToMs = page.length < readStep ? -Infinity : Math.max(...page.map(({ atMs }) => atMs))
      await setImmediate()
    }
  }

  #count(timing: RecordTiming, nowMs: number): void {
    if (this.#keys?.has(timing.keyId) === false) return
    for (const [span, { spanMs, stepMs }] of spans) {
      const startMs = Math.floor(timing.atMs / stepMs) * stepMs
      if (startMs < nowMs - 2 * spanMs - stepMs) continue
      const steps = this.#tallies.get(span) ?? new Map<number, Tally>()
      this.#tallies.set(span, steps)
      let tally = steps.get(startMs)
      if (!tally) steps.set(startMs, (tally = createTally()))
      tally.add(timing)
    }
  }

  #forget(nowMs: number): void {
    for (const [span, { spanMs, stepMs }] of spans) {
      const steps = this.#tallies.get(span)
      for (const startMs of steps?.keys() ?? []) {
        if (startMs < nowMs - 2 * spanMs - stepMs) steps?.delete(startMs)
      }
    }
  }
}

const spans = Object.entries(figureSpans) as [FigureSpan, (typeof figureSpans)[FigureSpan]][]

/** `tallyAt` gives what the step has that begins then. */
export function spanFigures(window: FigureWindow, tallyAt: (startMs: number) => Tally): SpanFigures {
  const { fromMs, toMs, stepMs, beforeFromMs, beforeToMs } = window
  const steps = startsOf(fromMs, toMs, stepMs).map(tallyAt)
  const before = startsOf(beforeFromMs, beforeToMs, stepMs).map(tallyAt)
  return {
    fromMs,
    stepMs,
    steps: steps.map((step) => ({ ...step.figures(), durationRows: step.durationRows() })),
    now: sumOf(steps).figures(),
    before: sumOf(before).figures(),
    beforeSteps: before.map((step) => step.figures()),
  }
}

function startsOf(fromMs: number, toMs: number, stepMs: number): number[] {
  return Array.from({ length: Math.ceil((toMs - fromMs) / stepMs) }, (_, index) => fromMs + index * stepMs)
}

function sumOf(tallies: readonly Tally[]): Tally {
  const sum = createTally()
  for (const tally of tallies) sum.addAll(tally)
  return sum
}
