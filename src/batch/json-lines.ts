/** Cuts a stream of bytes into lines, with where each of them stands, without holding more than one. */

export interface InputLine {
  /** Counted from 1, blank ones included. */
  readonly line: number
  /** Of its first byte. */
  readonly offset: number
  /** Without its line end. Undefined: it is longer than allowed. */
  readonly text: Buffer | undefined
  readonly bytes: number
}

const newline = 0x0a
const carriageReturn = 0x0d
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

/** The lines of each chunk that it ends; blank lines are left out. */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  maxLineBytes: number,
): AsyncGenerator<readonly InputLine[]> {
  const cutter = new LineCutter(maxLineBytes)
  for await (const chunk of chunks)
    yield cutter.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length))
  yield cutter.end()
}

class LineCutter {
  readonly #maxLineBytes: number
  #line = 1
  #offset = 0
  /** Of a line that has not ended. */
  #pieces: Buffer[] = []
  #bytes = 0

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes
  }

  push(chunk: Buffer): InputLine[] {
    const lines: InputLine[] = []
    let from = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      this.#hold(chunk.subarray(from, end))
      this.#finish(lines, 1)
      from = end + 1
    }
    // A copy: the chunk's memory may be used again, and would be held whole for a few bytes.
    this.#hold(Buffer.from(chunk.subarray(from)))
    return lines
  }

  end(): InputLine[] {
    const lines: InputLine[] = []
    if (this.#bytes > 0) this.#finish(lines, 0)
    return lines
  }

  #hold(piece: Buffer): void {
    this.#bytes += piece.length
    if (this.#bytes <= this.#maxLineBytes) this.#pieces.push(piece)
    else this.#pieces = []
  }

  #finish(lines: InputLine[], endBytes: number): void {
    const whole = this.#bytes
    const text = whole > this.#maxLineBytes ? undefined : this.#joined()
    const skipped = text !== undefined && this.#line === 1 && startsWithMark(text) ? byteOrderMark.length : 0
    const plain = text && withoutReturn(text.subarray(skipped))
    const isBlank = plain !== undefined && plain.every((byte) => byte === 0x20 || byte === 0x09)
    if (!isBlank) {
      const bytes = plain?.length ?? whole
      lines.push({ line: this.#line, offset: this.#offset + skipped, text: plain, bytes })
    }
    this.#line++
    this.#offset += whole + endBytes
    this.#pieces = []
    this.#bytes = 0
  }

  #joined(): Buffer {
    const [only, ...more] = this.#pieces
    return more.length === 0 ? (only ?? Buffer.alloc(0)) : Buffer.concat(this.#pieces)
  }
}

function startsWithMark(text: Buffer): boolean {
  return text.subarray(0, byteOrderMark.length).equals(byteOrderMark)
}

function withoutReturn(text: Buffer): Buffer {
  return text.at(-1) === carriageReturn ? text.subarray(0, -1) : text
}
