/** Which providers are switched off: in memory, kept in step with the store, by our own changes at once and by others' soon. */

import type { Clock } from '../core/clock.ts'
import type { SwitchedOff, SwitchStore } from './port.ts'

/** Others' changes are seen within this time and one small query. */
const pollMs = 1_000

export interface SwitchesOptions {
  readonly org: string
  readonly store: SwitchStore
  readonly clock: Pick<Clock, 'nowMs'>
  /** The store could not be read: what is known holds on. */
  onTrouble(cause: unknown): void
}

export class Switches {
  readonly #options: SwitchesOptions
  #off: ReadonlyMap<string, SwitchedOff> = new Map()
  #listener: (() => void) | undefined
  #reading: Promise<void> = Promise.resolve()
  #isTroubled = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: SwitchesOptions) {
    this.#options = options
  }

  /** Reads, then follows the store until it is closed. Rejects where the store cannot be read. */
  async open(): Promise<void> {
    await this.#sync()
    this.#timer = setInterval(() => void this.#poll(), pollMs).unref()
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#reading.catch(() => undefined)
  }

  /** Calls the listener when other providers are off. */
  onChange(listener: () => void): void {
    this.#listener = listener
  }

  /** Undefined: it is on. */
  of(provider: string): SwitchedOff | undefined {
    return this.#off.get(provider)
  }

  /** Resolves when no new request goes there any more. */
  async turnOff(provider: string, actor: string): Promise<void> {
    const { org, store, clock } = this.#options
    await store.turnOff(org, { provider, actor, atMs: clock.nowMs() })
    await this.#sync()
  }

  async turnOn(provider: string): Promise<void> {
    const { org, store } = this.#options
    await store.turnOn(org, provider)
    await this.#sync()
  }

  /** One read after the other: an earlier one may not have seen what was just changed. */
  #sync(): Promise<void> {
    this.#reading = this.#reading.catch(() => undefined).then(() => this.#read())
    return this.#reading
  }

  async #read(): Promise<void> {
    const { org, store } = this.#options
    const off = new Map((await store.list(org)).map((one) => [one.provider, one]))
    const isSame = off.size === this.#off.size && [...off.keys()].every((name) => this.#off.has(name))
    this.#off = off
    if (!isSame) this.#listener?.()
  }

  async #poll(): Promise<void> {
    try {
      await this.#sync()
      this.#isTroubled = false
    } catch (cause) {
      if (!this.#isTroubled) this.#options.onTrouble(cause)
      this.#isTroubled = true
    }
  }
}
