/** Sheds load when the process itself has too much to do: first what can wait, at the very end everything. */

import { totalmem } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { GatewayError } from '../core/error.ts'
import type { Priority } from '../core/priority.ts'

export interface SheddingSettings {
  /** Delay of the event loop, as the 99th percentile of a second, that is too much when it lasts. */
  readonly loopLagMs: number
  /** Shares of the memory limit. */
  readonly shedAtMemory: number
  readonly refuseAtMemory: number
}

/** How things stood in the last second. */
export interface Reading {
  readonly loopLagMs: number
  /** Of the memory limit, 0 to 1. */
  readonly memoryShare: number
}

/** `can-wait`: batches and probes are refused. `all`: every new request is. */
export type Shedding = 'none' | 'can-wait' | 'all'

/** A short stall is no overload. */
const lagReadings = 5
const retryAfterMs = 5_000

/** Decides by readings, one a second. Pure but for what it remembers. */
export class Pressure {
  readonly #settings: SheddingSettings
  #lateInARow = 0
  shedding: Shedding = 'none'

  constructor(settings: SheddingSettings) {
    this.#settings = settings
  }

  note({ loopLagMs, memoryShare }: Reading): void {
    const settings = this.#settings
    this.#lateInARow = loopLagMs > settings.loopLagMs ? this.#lateInARow + 1 : 0
    if (memoryShare > settings.refuseAtMemory) this.shedding = 'all'
    else if (memoryShare > settings.shedAtMemory || this.#lateInARow >= lagReadings)
      this.shedding = 'can-wait'
    else this.shedding = 'none'
  }

  /** Throws `overloaded` where a request of this priority is not to be served now. */
  admit(priority: Priority): void {
    if (this.shedding === 'none') return
    const canWait = priority === 'batch' || priority === 'probe'
    if (this.shedding === 'can-wait' && !canWait) return
    throw new GatewayError('overloaded', 'The gateway has more to do than it can.', { retryAfterMs })
  }
}

/** Feeds a `Pressure` from this process until it is stopped. */
export function watchProcess(pressure: Pressure): { stop(): void } {
  const constrained = process.constrainedMemory()
  const limitBytes = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  const timer = setInterval(() => {
    pressure.note({
      loopLagMs: delay.percentile(99) / 1e6,
      memoryShare: process.memoryUsage.rss() / limitBytes,
    })
    delay.reset()
  }, 1000).unref()
  return {
    stop() {
      clearInterval(timer)
      delay.disable()
    },
  }
}
