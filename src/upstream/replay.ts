/** Tells a client an answer that is there already, or that comes from another client's call. */

import type { GatewayError } from '../core/error.ts'
import type { GenEvent } from '../core/event.ts'
import type { GenRequest } from '../core/request.ts'
import type { Dialect, EncodeContext, Machine } from '../dialects/dialect.ts'
import type { Frame } from '../framing/frame.ts'
import type { FrameWriter, StreamFraming } from '../framing/stream-framing.ts'
import type { AnswerWriter, ReplayContext } from './operation.ts'

/** The client's side of a generation. */
export interface Listener {
  readonly client: Dialect
  readonly request: GenRequest
  readonly framing: StreamFraming
}

export function openReplay(listener: Listener, context: ReplayContext): AnswerWriter {
  return listener.request.stream ? new StreamReplay(listener, context) : new WholeReplay(listener, context)
}

function encodeContext({ request }: Listener, context: ReplayContext): EncodeContext {
  return {
    id: context.requestId,
    model: context.model,
    nowMs: context.clock.nowMs(),
    includeUsage: request.includeUsage ?? false,
  }
}

class StreamReplay implements AnswerWriter {
  isBegun = false
  readonly #listener: Listener
  readonly #context: ReplayContext
  readonly #writer: FrameWriter
  #encoder: Machine<GenEvent, Frame> | undefined

  constructor(listener: Listener, context: ReplayContext) {
    this.#listener = listener
    this.#context = context
    this.#writer = listener.framing.writer()
  }

  push(events: readonly GenEvent[]): void {
    const encoder = this.#begin()
    let text = ''
    for (const event of events) text += this.#text(encoder.push(event))
    this.#write(text)
  }

  end(): void {
    const { outlet } = this.#context
    this.#write(this.#text(this.#begin().end()) + this.#writer.close())
    if (!outlet.isGone) outlet.end()
  }

  fail(error: GatewayError): void {
    const { outlet } = this.#context
    this.#write(this.#text(this.#begin().push({ type: 'fail', error })) + this.#writer.close())
    if (!outlet.isGone) outlet.end()
  }

  /** The headers are asked for when it is known whose answer it is. */
  #begin(): Machine<GenEvent, Frame> {
    if (this.#encoder) return this.#encoder
    const { outlet, headers } = this.#context
    const { client, framing } = this.#listener
    this.#encoder = client.stream.encoder(encodeContext(this.#listener, this.#context))
    this.isBegun = true
    if (!outlet.isGone) outlet.begin(200, { 'content-type': framing.contentType, ...headers() })
    return this.#encoder
  }

  #text(frames: readonly Frame[]): string {
    let text = ''
    for (const frame of frames) text += this.#writer.text(frame)
    return text
  }

  #write(text: string): void {
    const { outlet } = this.#context
    // No pause where the client is slow: the answer is in memory already, and its size is bounded.
    if (text !== '' && !outlet.isGone) outlet.write(text)
  }
}

class WholeReplay implements AnswerWriter {
  readonly isBegun = false
  readonly #listener: Listener
  readonly #context: ReplayContext
  readonly #events: GenEvent[] = []

  constructor(listener: Listener, context: ReplayContext) {
    this.#listener = listener
    this.#context = context
  }

  push(events: readonly GenEvent[]): void {
    for (const event of events) this.#events.push(event)
  }

  end(): void {
    const { outlet, headers } = this.#context
    const body = this.#listener.client.response.encode(
      this.#events,
      encodeContext(this.#listener, this.#context),
    )
    if (outlet.isGone) return
    outlet.send(
      200,
      { 'content-type': 'application/json; charset=utf-8', ...headers() },
      JSON.stringify(body),
    )
  }

  fail(): void {
    // Nothing has been sent: the failure becomes an ordinary answer.
  }
}
