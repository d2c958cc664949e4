/** A client's HTTP response as the outlet that the pump writes to. */

import type { ServerResponse } from 'node:http'
import { GatewayError } from '../core/error.ts'
import type { Interrupt } from '../core/interrupt.ts'
import type { Outlet } from '../upstream/outlet.ts'

export class ClientOutlet implements Outlet {
  readonly #response: ServerResponse

  /** The interrupt is raised when the client leaves before its answer is complete. */
  constructor(response: ServerResponse, interrupt: Interrupt) {
    this.#response = response
    response.on('close', () => {
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
    return this.#response.write(chunk)
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
  }

  send(status: number, headers: Readonly<Record<string, string>>, body: string | Buffer): void {
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
    this.#response.writeHead(status, { ...headers, 'content-length': String(length) })
    this.#response.end(body)
  }

  destroy(): void {
    // A connection whose answer has gone out whole may be serving the next request.
    if (!this.#response.writableFinished) this.#response.destroy()
  }

  onDrain(listener: () => void): void {
    this.#response.on('drain', listener)
  }
}
