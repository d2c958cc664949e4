/** Bounds the connections of one address on which nobody has shown a valid key: those that wait longest make room. */

import type { Socket } from 'node:net'
import type { Clock } from '../core/clock.ts'

export interface StrangersOptions {
  /** So many of one address stay. */
  readonly max: number
  /** Whose an address is, as far as it is counted; undefined for a peer that speaks for others. */
  readonly groupOf: (address: string) => string | undefined
  readonly clock: Clock
}

/** Whoever has a key has shown it by then. */
const graceMs = 1_000

export class Strangers {
  readonly #options: StrangersOptions
  /** Those that wait, and since when on the monotonic clock; the first first. */
  readonly #waiting = new Map<string, Map<Socket, number>>()
  /** The group of each connection on which no key has been valid yet. */
  readonly #groups = new Map<Socket, string>()

  constructor(options: StrangersOptions) {
    this.#options = options
  }

  /** A connection is new. */
  open(socket: Socket): void {
    const { remoteAddress } = socket
    const group = remoteAddress === undefined ? undefined : this.#options.groupOf(remoteAddress)
    if (group === undefined) return
    this.#groups.set(socket, group)
    this.#wait(socket, group)
    socket.once('close', () => {
      this.#leave(socket, group)
      this.#groups.delete(socket)
    })
  }

  /** A request on it is being answered that is not without a key, or soon refused. */
  serve(socket: Socket): void {
    const group = this.#groups.get(socket)
    if (group !== undefined) this.#leave(socket, group)
  }

  /** A request has been answered: what was served well came with a key, and the connection is no stranger's any more. */
  served(socket: Socket, status: number): void {
    const group = this.#groups.get(socket)
    if (group === undefined || socket.destroyed || this.#waiting.get(group)?.has(socket)) return
    if (status < 400) this.#groups.delete(socket)
    else this.#wait(socket, group)
  }

  #wait(socket: Socket, group: string): void {
    const { max, clock } = this.#options
    const nowMs = clock.monotonicMs()
    const waiting = this.#waiting.get(group) ?? new Map<Socket, number>()
    this.#waiting.set(group, waiting.set(socket, nowMs))
    for (const [first, sinceMs] of waiting) {
      if (waiting.size <= max || nowMs - sinceMs < graceMs) return
      this.#leave(first, group)
      first.destroy()
    }
  }

  #leave(socket: Socket, group: string): void {
    const waiting = this.#waiting.get(group)
    waiting?.delete(socket)
    if (waiting?.size === 0) this.#waiting.delete(group)
  }
}
