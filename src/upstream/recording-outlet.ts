/** Passes an answer on to the client and keeps it beside, so that it can be given again. */

import type { Outlet } from './outlet.ts'

export interface RecordedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export class RecordingOutlet implements Outlet {
  readonly #outlet: Outlet
  readonly #maxBytes: number
  #status = 0
  #headers: Readonly<Record<string, string>> = {}
  #chunks: Buffer[] = []
  #bytes = 0
  #hasEnded = false

  /** An answer of more bytes passes as well, and is not kept. */
  constructor(outlet: Outlet, maxBytes: number) {
    this.#outlet = outlet
    this.#maxBytes = maxBytes
  }

  /** Undefined where the answer was cut or is too large. A stream that told a failure has ended all the same. */
  get answer(): RecordedAnswer | undefined {
    if (!this.#hasEnded || this.#bytes > this.#maxBytes) return undefined
    return { status: this.#status, headers: this.#headers, body: Buffer.concat(this.#chunks) }
  }

  get isGone(): boolean {
    return this.#outlet.isGone
  }

  begin(status: number, headers: Readonly<Record<string, string>>): void {
    this.#status = status
    this.#headers = headers
    this.#outlet.begin(status, headers)
  }

  write(chunk: string | Buffer): boolean {
    this.#keep(chunk)
    return this.#outlet.write(chunk)
  }

  end(): void {
    this.#hasEnded = true
    this.#outlet.end()
  }

  send(status: number, headers: Readonly<Record<string, string>>, body: string | Buffer): void {
    this.#status = status
    this.#headers = headers
    this.#keep(body)
    this.#hasEnded = true
    this.#outlet.send(status, headers, body)
  }

  destroy(): void {
    this.#outlet.destroy()
  }

  onDrain(listener: () => void): void {
    this.#outlet.onDrain(listener)
  }

  #keep(chunk: string | Buffer): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    this.#bytes += bytes.length
    if (this.#bytes <= this.#maxBytes) this.#chunks.push(bytes)
    else this.#chunks = []
  }
}
