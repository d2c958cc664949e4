/** Shows how far a batch is: a bar with its rate, cost and time left on a terminal, a line now and then elsewhere. */

import { Presets, SingleBar } from 'cli-progress'
import { asNumber, asString, type JsonObject } from '../core/json.ts'
import type { Output } from './output.ts'

export interface BatchView {
  show(batch: JsonObject): void
  end(): void
}

/** The rate is that of the last while: a batch may have waited before. */
const rateOverMs = 15_000
const quietIntervalMs = 10_000

export function createBatchView(output: Output, stderr: NodeJS.WriteStream, nowMs: () => number): BatchView {
  const rate = new Rate(nowMs)
  const bar = stderr.isTTY ? createBar(stderr) : undefined
  let isStarted = false
  let quietUntilMs = nowMs() + quietIntervalMs
  return {
    show(batch) {
      const total = asNumber(batch['total']) ?? 0
      const done = (asNumber(batch['completed']) ?? 0) + (asNumber(batch['failed']) ?? 0)
      rate.note(done)
      const seconds = rate.perSecond > 0 ? Math.ceil((total - done) / rate.perSecond) : undefined
      const shown = {
        status: asString(batch['status']) ?? '',
        rate: rate.perSecond.toFixed(rate.perSecond < 10 ? 1 : 0),
        failed: asNumber(batch['failed']) ?? 0,
        costUsd: asString(batch['cost_usd']) ?? '0',
        left: seconds === undefined ? '?' : formatSeconds(seconds),
      }
      if (bar) {
        if (!isStarted) bar.start(total, done, shown)
        isStarted = true
        bar.setTotal(total)
        bar.update(done, shown)
      } else if (nowMs() >= quietUntilMs) {
        quietUntilMs = nowMs() + quietIntervalMs
        const { status, failed, costUsd, left } = shown
        output.note(
          `${status}: ${done} of ${total}, ${failed} failed, ${shown.rate}/s, ${costUsd} USD, ${left} left`,
        )
      }
    },
    end: () => bar?.stop(),
  }
}

function createBar(stderr: NodeJS.WriteStream): SingleBar {
  const format =
    '{status} {bar} {percentage} % | {value} of {total} | {failed} failed | {rate}/s | ${costUsd} | {left} left'
  return new SingleBar({ format, stream: stderr, hideCursor: true }, Presets.shades_classic)
}

class Rate {
  readonly #nowMs: () => number
  readonly #seen: { readonly atMs: number; readonly done: number }[] = []

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  note(done: number): void {
    const atMs = this.#nowMs()
    this.#seen.push({ atMs, done })
    while (this.#seen.length > 2 && this.#seen[1]!.atMs < atMs - rateOverMs) this.#seen.shift()
  }

  get perSecond(): number {
    const [first, last] = [this.#seen[0], this.#seen.at(-1)]
    if (!first || !last || last.atMs === first.atMs) return 0
    return ((last.done - first.done) / (last.atMs - first.atMs)) * 1000
  }
}

/** `45 s`, `12 min`, `3 h 5 min`. */
function formatSeconds(seconds: number): string {
  if (seconds < 100) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 100 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
