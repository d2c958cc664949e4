/** The outlet of a listener that hides the sizes of what it streams: each write is filled up by a comment. */

import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Interrupt } from '../core/interrupt.ts'
import { ClientOutlet } from './client-outlet.ts'

/** The ends of an event: a blank line behind its last one. */
const eventEnds = ['\n\n', '\r\n\r\n', '\r\r'].map((end) => Buffer.from(end))
/** `:`, and the end of its line and a blank one. */
const shortestComment = 3

/** Fills text up with comments between server-sent events, in the form of heartbeats, which every reader leaves out. */
export class StreamPadding {
  readonly #blockBytes: number
  /** Random, so that nothing on the way that compresses makes it short again. */
  readonly #filling: string

  constructor(blockBytes: number) {
    this.#blockBytes = blockBytes
    this.#filling = randomBytes(2 * blockBytes).toString('base64url')
  }

  /**
   * The chunk with a comment behind it, so that it is a multiple of the block. The comment is a piece of its own between
   * blank lines, as some SDKs cut a stream at these and leave out the pieces that do not begin with `data:`. A chunk that
   * ends within an event stays as it is.
   */
  fill(chunk: string | Buffer): Buffer {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    if (!eventEnds.some((end) => bytes.subarray(-end.length).equals(end))) return bytes
    let missing = this.#blockBytes - (bytes.length % this.#blockBytes)
    if (missing === this.#blockBytes) return bytes
    if (missing < shortestComment) missing += this.#blockBytes
    const from = Math.floor(Math.random() * this.#blockBytes)
    const text = this.#filling.slice(from, from + missing - shortestComment)
    return Buffer.concat([bytes, Buffer.from(`:${text}\n\n`)])
  }
}

export class PaddedOutlet extends ClientOutlet {
  readonly #padding: StreamPadding
  #isEventStream = false

  constructor(
    response: ServerResponse,
    interrupt: Interrupt,
    options: { readonly stalledReaderMs: number; readonly padding: StreamPadding },
  ) {
    super(response, interrupt, options.stalledReaderMs)
    this.#padding = options.padding
  }

  override begin(status: number, headers: Readonly<Record<string, string>>): void {
    this.#isEventStream = headers['content-type']?.startsWith('text/event-stream') === true
    if (!this.#isEventStream) return super.begin(status, headers)
    const { 'content-length': _, ...others } = headers
    super.begin(status, others)
  }

  override write(chunk: string | Buffer): boolean {
    return super.write(this.#isEventStream ? this.#padding.fill(chunk) : chunk)
  }
}
