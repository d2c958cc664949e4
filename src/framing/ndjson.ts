/** Newline-delimited JSON: one frame a line. */

import type { Frame, FrameParser } from './frame.ts'
import { LineBuffer, maxLineBytes } from './line-buffer.ts'

const none: readonly Frame[] = []

/** An incremental parser of one stream. Lines are not parsed here; blank ones are left out. */
export class NdjsonParser implements FrameParser {
  readonly #lines: LineBuffer

  /** A line with more than `maxBytes` is refused. */
  constructor(maxBytes: number = maxLineBytes) {
    this.#lines = new LineBuffer(maxBytes, false)
  }

  get hasPartial(): boolean {
    return this.#lines.restBytes > 0
  }

  /** The lines that `chunk` completes. Throws GatewayError `upstream_protocol` on a line above the limit. */
  push(chunk: Uint8Array): readonly Frame[] {
    const text = this.#lines.push(chunk)
    return text === '' ? none : framesOf(text)
  }

  /** The last line needs no line end; whether it is whole, its JSON tells. */
  end(): readonly Frame[] {
    return framesOf(this.#lines.takeRest())
  }
}

function framesOf(text: string): readonly Frame[] {
  const frames: Frame[] = []
  for (const line of text.split('\n')) {
    const data = line.trim()
    if (data !== '') frames.push({ data })
  }
  return frames
}

/** The frame as one line. The data must be JSON without raw line ends, as `JSON.stringify` writes it. */
export function encodeNdjson(frame: Frame): string {
  return `${frame.data}\n`
}
