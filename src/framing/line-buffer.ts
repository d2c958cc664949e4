/** Gathers bytes into whole lines of text, however the bytes were cut. */

import { GatewayError } from '../core/error.ts'

/** Longer lines are refused: nothing that a model says in one event is this large, and memory is bounded. */
export const maxLineBytes = 4 * 1024 * 1024

const lf = 0x0a
const cr = 0x0d

/**
 * Bytes in, whole lines out. Only whole lines are decoded, so a UTF-8 character is never cut in two, and any
 * chunking of the same bytes gives the same text.
 */
export class LineBuffer {
  readonly #maxBytes: number
  readonly #endsAtCr: boolean
  /** The line that has not ended yet: the first `#length` bytes. Grows by doubling. */
  #rest: Buffer = Buffer.alloc(0)
  #length = 0
  /** The last line ended in CR: an LF that comes next belongs to it. */
  #skipLf = false

  /** With `endsAtCr` a line ends at LF, CR or CRLF, else at LF alone. */
  constructor(maxBytes: number, endsAtCr: boolean) {
    this.#maxBytes = maxBytes
    this.#endsAtCr = endsAtCr
  }

  /** Bytes of a line without its end. */
  get restBytes(): number {
    return this.#length
  }

  /** The first byte of the line without an end; undefined when there is none. */
  get restFirstByte(): number | undefined {
    return this.#length === 0 ? undefined : this.#rest[0]
  }

  /**
   * The lines that `chunk` completes, each ended by one LF; empty when it completes none.
   * Throws GatewayError `upstream_protocol` when a line is longer than the limit.
   */
  push(chunk: Uint8Array): string {
    let bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    if (bytes.length === 0) return ''
    if (this.#skipLf) {
      this.#skipLf = false
      if (bytes[0] === lf) bytes = bytes.subarray(1)
    }
    let last = bytes.lastIndexOf(lf)
    if (this.#endsAtCr) last = Math.max(last, bytes.lastIndexOf(cr))
    if (last < 0) {
      this.#keep(bytes)
      return ''
    }
    const end = last + 1
    if (this.#endsAtCr) this.#skipLf = end === bytes.length && bytes[last] === cr
    const text = this.#complete(bytes, end)
    if (end < bytes.length) this.#keep(bytes.subarray(end))
    return text
  }

  /** The line that the input left without an end. Nothing may be pushed afterwards. */
  takeRest(): string {
    const text = this.#rest.toString('utf8', 0, this.#length)
    this.#length = 0
    return text
  }

  #complete(bytes: Buffer, end: number): string {
    let text: string
    if (this.#length === 0) {
      text = bytes.toString('utf8', 0, end)
    } else {
      this.#keep(bytes.subarray(0, end))
      text = this.takeRest()
    }
    if (this.#endsAtCr && text.includes('\r')) text = text.replaceAll(/\r\n?/g, '\n')
    if (text.length > this.#maxBytes || end > this.#maxBytes) this.#checkEach(text)
    return text
  }

  #checkEach(text: string): void {
    for (const line of text.split('\n')) {
      if (Buffer.byteLength(line) > this.#maxBytes) throw this.#tooLong()
    }
  }

  #keep(bytes: Buffer): void {
    const length = this.#length + bytes.length
    // The ends of the lines in `bytes` are no part of any line's length.
    if (length > this.#maxBytes && !this.#fits(bytes)) throw this.#tooLong()
    if (length > this.#rest.length) {
      const grown = Buffer.allocUnsafe(Math.max(length, 2 * this.#rest.length, 1024))
      this.#rest.copy(grown, 0, 0, this.#length)
      this.#rest = grown
    }
    bytes.copy(this.#rest, this.#length)
    this.#length = length
  }

  /** Does the line that is being gathered still fit, given what `bytes` adds to it? */
  #fits(bytes: Buffer): boolean {
    const ends = [bytes.indexOf(lf), this.#endsAtCr ? bytes.indexOf(cr) : -1].filter((at) => at >= 0)
    return this.#length + Math.min(bytes.length, ...ends) <= this.#maxBytes
  }

  #tooLong(): GatewayError {
    return new GatewayError('upstream_protocol', `The provider sent a line of over ${this.#maxBytes} bytes.`)
  }
}
