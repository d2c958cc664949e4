/** The client's end of an answer that others wait for too: it may leave, and the answer goes on. */

import type { Flight } from '../cache/flight.ts'
import type { Outlet } from '../upstream/outlet.ts'

export class SharedOutlet implements Outlet {
  isDetached = false
  readonly #outlet: Outlet
  readonly #flight: Flight
  readonly #drained: (() => void)[] = []
  #isBegun = false

  constructor(outlet: Outlet, flight: Flight) {
    this.#outlet = outlet
    this.#flight = flight
  }

  /** The client is told nothing more. */
  detach(): void {
    this.isDetached = true
    // What has begun cannot be ended in order by anybody but the pump, which now works for others.
    if (this.#isBegun && !this.#outlet.isGone) this.#outlet.destroy()
    this.resume()
  }

  /** Whoever waits for this client to read on waits no longer. */
  resume(): void {
    for (const listener of this.#drained) listener()
  }

  get isGone(): boolean {
    return !this.#flight.isFollowed && (this.isDetached || this.#outlet.isGone)
  }

  begin(status: number, headers: Readonly<Record<string, string>>): void {
    if (this.#isDeaf) return
    this.#isBegun = true
    this.#outlet.begin(status, headers)
  }

  write(chunk: string | Buffer): boolean {
    if (this.#isDeaf) return true
    // A slow client holds up nobody but itself.
    return this.#outlet.write(chunk) || this.#flight.isFollowed
  }

  end(): void {
    if (!this.#isDeaf) this.#outlet.end()
  }

  send(status: number, headers: Readonly<Record<string, string>>, body: string | Buffer): void {
    if (!this.#isDeaf) this.#outlet.send(status, headers, body)
  }

  destroy(): void {
    this.#outlet.destroy()
  }

  onDrain(listener: () => void): void {
    this.#drained.push(listener)
    this.#outlet.onDrain(listener)
  }

  get #isDeaf(): boolean {
    return this.isDetached || this.#outlet.isGone
  }
}
