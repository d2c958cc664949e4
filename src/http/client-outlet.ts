/** A client's HTTP response as the outlet that the pump writes to, cut off where the client does not read it. */

import type { ServerResponse } from 'node:http'
import { GatewayError } from '../core/error.ts'
import type { Interrupt } from '../core/interrupt.ts'
import type { Outlet } from '../upstream/outlet.ts'

/** What a client that reads takes at least, of an answer that is complete. */
const slowestBytesPerMs = 100

export class ClientOutlet implements Outlet {
  /** Of the request. */
  readonly interrupt: Interrupt
  readonly #response: ServerResponse
  readonly #stalledReaderMs: number
  #stallTimer: NodeJS.Timeout | undefined

  /**
   * The interrupt is raised when the client leaves before its answer is complete. A client that does not read what
   * waits for it within `stalledReaderMs` is gone in all but name.
   */
  constructor(response: ServerResponse, interrupt: Interrupt, stalledReaderMs: number) {
    this.interrupt = interrupt
    this.#response = response
    this.#stalledReaderMs = stalledReaderMs
    response.on('close', () => {
      clearTimeout(this.#stallTimer)
      if (response.writableFinished) return
      interrupt.raise(
        new GatewayError('client_gone', 'The client closed the connection before the answer ended.'),
      )
    })
  }

  get isGone(): boolean {
    return this.#response.destroyed
  }

  begin(status: number, headers: Readonly<Record<string, string>>): void {
    this.#response.writeHead(status, { 'cache-control': 'no-cache', 'x-accel-buffering': 'no', ...headers })
  }

  write(chunk: string | Buffer): boolean {
    const isTaken = this.#response.write(chunk)
    if (!isTaken && this.#stallTimer === undefined) this.#waitForReader()
    return isTaken
  }

  /** What was written and the client has not taken yet. */
  get pendingBytes(): number {
    return this.#response.writableLength
  }

  onClose(listener: () => void): void {
    this.#response.once('close', listener)
  }

  end(): void {
    this.#response.end()
    this.#waitForEnd()
  }

  send(status: number, headers: Readonly<Record<string, string>>, body: string | Buffer): void {
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
    this.#response.writeHead(status, { ...headers, 'content-length': String(length) })
    this.#response.end(body)
    this.#waitForEnd()
  }

  destroy(): void {
    // A connection whose answer has gone out whole may be serving the next request.
    if (!this.#response.writableFinished) this.#response.destroy()
  }

  onDrain(listener: () => void): void {
    this.#response.on('drain', listener)
  }

  #waitForReader(): void {
    this.#response.once('drain', () => {
      clearTimeout(this.#stallTimer)
      this.#stallTimer = undefined
    })
    this.#cutAfter(this.#stalledReaderMs)
  }

  /** What waits now is all that is to come. */
  #waitForEnd(): void {
    const waitingBytes = this.#response.writableLength
    if (waitingBytes === 0 || this.#response.writableFinished) return
    clearTimeout(this.#stallTimer)
    this.#cutAfter(this.#stalledReaderMs + waitingBytes / slowestBytesPerMs)
  }

  #cutAfter(delayMs: number): void {
    this.#stallTimer = setTimeout(() => this.destroy(), delayMs).unref()
  }
}
