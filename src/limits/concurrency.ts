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

interface Lane {
  running: number
  readonly waiting: WaitingLine<CallWaiter>
}

/** `settingsOf` is asked at every call, so that a reload holds at once. */
export function createConcurrencyLimiter(
  settingsOf: (upstream: string) => ConcurrencySettings,
): ConcurrencyLimiter {
  const lanes = new Map<string, Lane>()
  const laneOf = (upstream: string): Lane => {
    let lane = lanes.get(upstream)
    if (!lane) lanes.set(upstream, (lane = { running: 0, waiting: new WaitingLine() }))
    return lane
  }
  return {
    acquire(upstream, priority, interrupt) {
      const lane = laneOf(upstream)
      const settings = settingsOf(upstream)
      if (lane.running < settings.max && lane.waiting.length === 0) {
        lane.running++
        return () => release(lane)
      }
      return wait(lane, upstream, settings, priorities.indexOf(priority), interrupt)
    },
  }
}

function release(lane: Lane): void {
  lane.running--
  lane.waiting.shift()?.admit()
}

function wait(
  lane: Lane,
  upstream: string,
  { queue, maxWaitMs }: ConcurrencySettings,
  rank: number,
  interrupt: Interrupt,
): Promise<Release> {
  const { promise, resolve, reject } = Promise.withResolvers<Release>()
  const leave = (error: GatewayError) => {
    if (lane.waiting.leave(waiter)) waiter.refuse(error)
  }
  const waiter: CallWaiter = {
    rank,
    admit() {
      clearTimeout(timer)
      lane.running++
      resolve(() => release(lane))
    },
    refuse(error) {
      clearTimeout(timer)
      reject(error)
    },
  }
  lane.waiting.join(waiter, queue, overloaded(upstream, maxWaitMs))
  const timer = setTimeout(() => leave(overloaded(upstream, maxWaitMs)), maxWaitMs)
  interrupt.on(leave)
  return promise
}

function overloaded(upstream: string, retryAfterMs: number): GatewayError {
  const message = `As many calls to provider ${upstream} are under way as the gateway allows.`
  return new GatewayError('overloaded', message, { retryAfterMs })
}
