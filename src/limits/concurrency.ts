/** Bounds the calls under way to each upstream: what has no place waits a little, the urgent first, in a bounded queue. */

import { GatewayError } from '../core/error.ts'
import type { Interrupt } from '../core/interrupt.ts'
import { priorities, type Priority } from '../core/priority.ts'
import { type Waiter, WaitingLine } from './waiting-line.ts'

export interface ConcurrencySettings {
  /** Calls under way at once. */
  readonly max: number
  /** Calls that wait. */
  readonly queue: number
  readonly maxWaitMs: number
}

export const defaultConcurrency: ConcurrencySettings = { max: 1024, queue: 256, maxWaitMs: 1000 }

export type Release = () => void

export interface ConcurrencyLimiter {
  /** At once where there is room; else waits. Throws or rejects with `overloaded`, or with the interrupt's reason. */
  acquire(upstream: string, priority: Priority, interrupt: Interrupt): Release | Promise<Release>
}

interface CallWaiter extends Waiter {
  admit(): void
}

/** `settingsOf` is asked at every call, so that a reload holds at once. */
export function createConcurrencyLimiter(
  settingsOf: (upstream: string) => ConcurrencySettings,
): ConcurrencyLimiter {
  const lanes = new Map<string, Lane>()
  return {
    acquire(upstream, priority, interrupt) {
      let lane = lanes.get(upstream)
      if (!lane) lanes.set(upstream, (lane = new Lane(upstream, () => settingsOf(upstream))))
      return lane.acquire(priority, interrupt)
    },
  }
}

/** The calls to one upstream: those under way, and those that wait. */
class Lane {
  readonly #upstream: string
  readonly #settings: () => ConcurrencySettings
  readonly #waiting = new WaitingLine<CallWaiter>()
  #running = 0

  constructor(upstream: string, settings: () => ConcurrencySettings) {
    this.#upstream = upstream
    this.#settings = settings
  }

  acquire(priority: Priority, interrupt: Interrupt): Release | Promise<Release> {
    const settings = this.#settings()
    this.#admitWaiting(settings)
    const isFree = this.#running < settings.max && this.#waiting.length === 0
    return isFree ? this.#enter() : this.#wait(settings, priorities.indexOf(priority), interrupt)
  }

  #enter(): Release {
    this.#running++
    return () => {
      this.#running--
      if (this.#waiting.length > 0) this.#admitWaiting(this.#settings())
    }
  }

  #admitWaiting({ max }: ConcurrencySettings): void {
    while (this.#running < max && this.#waiting.length > 0) this.#waiting.shift()!.admit()
  }

  #wait({ queue, maxWaitMs }: ConcurrencySettings, rank: number, interrupt: Interrupt): Promise<Release> {
    const { promise, resolve, reject } = Promise.withResolvers<Release>()
    const leave = (error: GatewayError) => {
      if (this.#waiting.leave(waiter)) waiter.refuse(error)
    }
    const waiter: CallWaiter = {
      rank,
      admit: () => {
        clearTimeout(timer)
        resolve(this.#enter())
      },
      refuse(error) {
        clearTimeout(timer)
        reject(error)
      },
    }
    this.#waiting.join(waiter, queue, overloaded(this.#upstream, maxWaitMs))
    const timer = setTimeout(() => leave(overloaded(this.#upstream, maxWaitMs)), maxWaitMs)
    interrupt.on(leave)
    return promise
  }
}

function overloaded(upstream: string, retryAfterMs: number): GatewayError {
  const message = `As many calls to provider ${upstream} are under way as the gateway allows.`
  return new GatewayError('overloaded', message, { retryAfterMs })
}
