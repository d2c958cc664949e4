/** Server-sent events: bytes to frames by the WHATWG rules, and a frame to text. */

import { GatewayError } from '../core/error.ts'
import type { Frame, FrameParser } from './frame.ts'
import { LineBuffer, maxLineBytes } from './line-buffer.ts'

const none: readonly Frame[] = []
const colon = 0x3a
const space = 0x20

/**
 * An incremental parser of one stream (WHATWG HTML, section 9.2.6, "Interpreting an event stream").
 * `id` and `retry` are read over: a gateway does not reconnect.
 */
export class SseParser implements FrameParser {
  readonly #lines: LineBuffer
  readonly #maxBytes: number
  #isStart = true
  #sawField = false
  #event = ''
  /** The data of the event that is being read; undefined before its first data line. */
  #data: string | undefined

  /** A line or an event with more than `maxBytes` is refused. */
  constructor(maxBytes: number = maxLineBytes) {
    this.#maxBytes = maxBytes
    this.#lines = new LineBuffer(maxBytes, true)
  }

  get hasPartial(): boolean {
    return this.#data !== undefined || this.#event !== '' || this.#lines.restBytes > 0
  }

  /** True while nothing but comments and blank lines has arrived: no answer has begun. */
  get isOnlyComments(): boolean {
    const first = this.#lines.restFirstByte
    return !this.#sawField && (first === undefined || first === colon)
  }

  /** The events that `chunk` completes. Throws GatewayError `upstream_protocol` on a line above the limit. */
  push(chunk: Uint8Array): readonly Frame[] {
    const text = this.#lines.push(chunk)
    if (text === '') return none
    let at = 0
    if (this.#isStart) {
      this.#isStart = false
      if (text.charCodeAt(0) === 0xfeff) at = 1
    }
    let frames: Frame[] | undefined
    while (at < text.length) {
      const end = text.indexOf('\n', at)
      if (end > at) this.#field(text, at, end)
      else if (this.#data !== undefined || this.#event !== '') {
        const frame = this.#dispatch()
        if (frame) (frames ??= []).push(frame)
      }
      at = end + 1
    }
    return frames ?? none
  }

  /** Ends the input. An event without its blank line is discarded, as the standard says; see `hasPartial`. */
  end(): readonly Frame[] {
    return none
  }

  /** Reads the line of `text` from `start` to `end`, which is not empty. */
  #field(text: string, start: number, end: number): void {
    if (text.startsWith('data:', start)) {
      this.#append(text.slice(valueStart(text, start + 5), end))
    } else if (text.startsWith('event:', start)) {
      this.#event = text.slice(valueStart(text, start + 6), end)
    } else if (text.charCodeAt(start) === colon) {
      return // a comment
    } else if (end - start === 4 && text.startsWith('data', start)) {
      this.#append('') // a line without a colon is a field with an empty value
    } else if (end - start === 5 && text.startsWith('event', start)) {
      this.#event = ''
    }
    this.#sawField = true
  }

  #append(line: string): void {
    this.#data = this.#data === undefined ? line : `${this.#data}\n${line}`
    if (this.#data.length > this.#maxBytes) {
      throw new GatewayError(
        'upstream_protocol',
        `The provider sent an event of over ${this.#maxBytes} bytes.`,
      )
    }
  }

  #dispatch(): Frame | undefined {
    const data = this.#data
    const event = this.#event
    this.#data = undefined
    this.#event = ''
    if (data === undefined) return undefined // an event without data is none
    return event === '' ? { data } : { event, data }
  }
}

/** One space after the colon is part of the syntax, a second one of the value. */
function valueStart(text: string, at: number): number {
  return text.charCodeAt(at) === space ? at + 1 : at
}

const lineEnd = /\r\n|\r|\n/g

/** The frame as text with its blank line. Line ends within the data become several data lines. */
export function encodeSse(frame: Frame): string {
  const { event, data } = frame
  const lines = data.includes('\n') || data.includes('\r') ? data.replaceAll(lineEnd, '\ndata: ') : data
  return event === undefined ? `data: ${lines}\n\n` : `event: ${event}\ndata: ${lines}\n\n`
}
