/** Counts tries by name within windows of time, in bounded memory: no count is forgotten before its window has ended. */

import { createHmac, randomBytes } from 'node:crypto'
import type { Clock } from '../core/clock.ts'

export interface TryWindow {
  /** Monotonic. */
  readonly endsMs: number
  count: number
}

export interface TryCounterOptions {
  readonly clock: Clock
  readonly windowMs: number
  /** So many names have a count of their own. Past them, new ones share counts by chance until windows have ended. */
  readonly maxNames: number
}

/** So many counts are shared. */
const sharedCounts = 65_536

/**
 * To forget one name for another would let whoever sends many names begin anew with one of them. Names that share a count
 * may be told to wait for others' tries instead, and only while somebody sends very many.
 */
export class TryCounter {
  readonly #options: TryCounterOptions
  /** The one that ends first is the first: all last as long. */
  readonly #own = new Map<string, TryWindow>()
  readonly #shared = new Map<number, TryWindow>()
  /** Nobody can choose names that share a count. */
  readonly #salt = randomBytes(16)

  constructor(options: TryCounterOptions) {
    this.#options = options
  }

  /** Counts one more. */
  count(name: string): TryWindow {
    const nowMs = this.#options.clock.monotonicMs()
    dropEnded(this.#own, nowMs)
    dropEnded(this.#shared, nowMs)
    const window = this.#find(name) ?? this.#open(name, nowMs + this.#options.windowMs)
    window.count++
    return window
  }

  /** Its own count begins anew; one that it shares goes on, as it is others' too. */
  forget(name: string): void {
    this.#own.delete(name)
  }

  #find(name: string): TryWindow | undefined {
    const own = this.#own.get(name)
    return own === undefined && this.#shared.size > 0 ? this.#shared.get(this.#placeOf(name)) : own
  }

  #open(name: string, endsMs: number): TryWindow {
    const window = { endsMs, count: 0 }
    if (this.#own.size < this.#options.maxNames) this.#own.set(name, window)
    else this.#shared.set(this.#placeOf(name), window)
    return window
  }

  #placeOf(name: string): number {
    return createHmac('sha256', this.#salt).update(name).digest().readUInt32BE() % sharedCounts
  }
}

function dropEnded<Name>(windows: Map<Name, TryWindow>, nowMs: number): void {
  for (const [name, { endsMs }] of windows) {
    if (endsMs > nowMs) return
    windows.delete(name)
  }
}
