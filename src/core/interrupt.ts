/** Tells everything that works for one request to stop, once, with the reason. */

import type { GatewayError } from './error.ts'

export class Interrupt {
  #reason: GatewayError | undefined
  readonly #listeners: ((reason: GatewayError) => void)[] = []

  get reason(): GatewayError | undefined {
    return this.#reason
  }

  /** Calls the listener when the interrupt is raised; at once where it has been. */
  on(listener: (reason: GatewayError) => void): void {
    if (this.#reason) listener(this.#reason)
    else this.#listeners.push(listener)
  }

  /** The first reason stands; later ones are ignored. */
  raise(reason: GatewayError): void {
    if (this.#reason) return
    this.#reason = reason
    for (const listener of this.#listeners) listener(reason)
  }
}

/** The value, unless the interrupt is raised before it is there. What brings the value is not stopped by it. */
export function unlessInterrupted<Value>(value: Promise<Value>, interrupt: Interrupt): Promise<Value> {
  return new Promise((resolve, reject) => {
    interrupt.on(reject)
    value.then(resolve, reject)
  })
}
