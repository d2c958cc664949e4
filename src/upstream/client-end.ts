/** The client's end of a stream: what waits to be sent, when it begins, and how it slows the call where it is not read. */

import type { Outlet } from './outlet.ts'
import type { UpstreamCall } from './upstream-call.ts'

export interface ClientEndOptions {
  readonly outlet: Outlet
  /** Begins the answer; what it gives is the first that is said. */
  begin(): string
}

/** The end of an answer is kept back at most this long for a provider that says no more and yet does not close. */
const keptBackMs = 1_000

export class ClientEnd {
  /** The client has seen the beginning. */
  isCommitted = false
  /** It has left, and the answer is read on for its bill alone. */
  isDraining = false
  readonly #options: ClientEndOptions
  #call: Pick<UpstreamCall, 'pause' | 'resume'> | undefined
  /** What waits: for the first content before anything is sent, and for the settlement before the end is. */
  #pending: (string | Buffer)[] = []
  #keptBackTimer: NodeJS.Timeout | undefined

  constructor(options: ClientEndOptions) {
    this.#options = options
  }

  /** From here on the call is read as fast as the client reads. */
  follow(call: Pick<UpstreamCall, 'pause' | 'resume'>): void {
    this.#call = call
    this.#options.outlet.onDrain(() => this.#call?.resume())
  }

  /** It has seen the beginning, and can be told the rest. */
  get isListening(): boolean {
    return this.isCommitted && !this.isDraining && !this.#options.outlet.isGone
  }

  hold(output: string | Buffer): void {
    if (output.length > 0) this.#pending.push(output)
  }

  /** Sends what is held. */
  flush(): void {
    const pending = this.#pending
    this.#pending = []
    if (this.isDraining || this.#options.outlet.isGone) return
    if (!this.isCommitted) {
      this.isCommitted = true
      const first = this.#options.begin()
      if (first !== '') this.#write(first)
    }
    for (const output of pending) this.#write(output)
  }

  /** Sends what is held in a moment, unless `settle` comes first. */
  flushSoon(): void {
    this.#keptBackTimer ??= setTimeout(() => this.flush(), keptBackMs).unref()
  }

  /** What is held waits for the settlement from here on. */
  settle(): void {
    clearTimeout(this.#keptBackTimer)
  }

  /** Says the last words and ends the answer. */
  end(last: string): void {
    const { outlet } = this.#options
    if (last !== '') outlet.write(last)
    outlet.end()
  }

  #write(output: string | Buffer): void {
    if (this.#options.outlet.write(output)) return
    this.#call?.pause()
  }
}
