/** Reads HTTP/1.1 requests from the bytes of one connection, one after another. */

export interface HttpRequest {
  readonly method: string
  /** Path and query, as they were sent. */
  readonly target: string
  /** By lower-case name; of a repeated header the last. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** The client wants the connection to stay open. */
  readonly keepsAlive: boolean
}

/** What a client did that is not HTTP, with the status to answer before the connection closes. */
export class BadRequest extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const maxHeadBytes = 64 * 1024
const maxBodyBytes = 128 * 1024 * 1024
const headEnd = '\r\n\r\n'
const none: readonly HttpRequest[] = []

type Head = Omit<HttpRequest, 'body'>

/** For well-behaved clients: lengths, chunks, keep-alive and pipelining, no upgrades. */
export class HttpRequestReader {
  /** Bytes that are not read yet; joined only when a whole head or body may be there. */
  #waiting: Buffer[] = []
  #waitingBytes = 0
  /** Not worth looking before so many bytes are there. */
  #neededBytes = 1
  #head: Head | undefined
  #bodyBytes = 0
  #isChunked = false
  readonly #onContinue: () => void

  /** `onContinue` is called when a client waits for `100 Continue`. */
  constructor(onContinue: () => void) {
    this.#onContinue = onContinue
  }

  /** The requests that `bytes` complete. Throws BadRequest. */
  push(bytes: Buffer): readonly HttpRequest[] {
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    if (this.#waitingBytes < this.#neededBytes) return none
    let buffer = this.#waiting.length === 1 ? bytes : Buffer.concat(this.#waiting)
    const requests: HttpRequest[] = []
    for (;;) {
      const taken = this.#head ? this.#readBody(buffer, this.#head, requests) : this.#readHead(buffer)
      if (taken === 0) break
      buffer = buffer.subarray(taken)
    }
    this.#waiting = buffer.length === 0 ? [] : [buffer]
    this.#waitingBytes = buffer.length
    return requests
  }

  /** Bytes of the head, when it is whole. */
  #readHead(buffer: Buffer): number {
    this.#neededBytes = 1
    const end = buffer.indexOf(headEnd)
    if (end < 0) {
      if (buffer.length > maxHeadBytes) throw new BadRequest(431, 'The head is too large.')
      return 0
    }
    const [line = '', ...lines] = buffer.toString('latin1', 0, end).split('\r\n')
    const [method = '', target = '', version = ''] = line.split(' ')
    if (!/^HTTP\/1\.[01]$/.test(version)) throw new BadRequest(400, 'This is no HTTP/1.1 request.')
    const headers: Record<string, string> = {}
    for (const each of lines) {
      const colon = each.indexOf(':')
      if (colon <= 0) throw new BadRequest(400, 'A header has no name.')
      headers[each.slice(0, colon).toLowerCase()] = each.slice(colon + 1).trim()
    }
    this.#isChunked = headers['transfer-encoding']?.toLowerCase() === 'chunked'
    this.#bodyBytes = Number(headers['content-length'] ?? 0)
    if (!Number.isSafeInteger(this.#bodyBytes) || this.#bodyBytes < 0) {
      throw new BadRequest(400, 'The content length is no number.')
    }
    if (this.#bodyBytes > maxBodyBytes) throw new BadRequest(413, 'The body is too large.')
    if (headers['expect']?.toLowerCase() === '100-continue') this.#onContinue()
    const keepsAlive = headers['connection']?.toLowerCase() !== 'close' && version === 'HTTP/1.1'
    this.#head = { method, target, headers, keepsAlive }
    return end + headEnd.length
  }

  #readBody(buffer: Buffer, head: Head, requests: HttpRequest[]): number {
    const found = this.#isChunked
      ? readChunks(buffer)
      : buffer.length >= this.#bodyBytes
        ? { body: buffer.subarray(0, this.#bodyBytes), taken: this.#bodyBytes }
        : undefined
    if (found === undefined) {
      this.#neededBytes = this.#isChunked ? buffer.length + 1 : this.#bodyBytes
      return 0
    }
    requests.push({ ...head, body: found.body })
    this.#head = undefined
    this.#neededBytes = 1
    // A request without a body takes no bytes: the next head is looked for all the same.
    return found.taken === 0 ? this.#readHead(buffer) : found.taken
  }
}

/** The chunks of a body up to its end, joined; undefined while the end is not there. */
function readChunks(buffer: Buffer): { body: Buffer; taken: number } | undefined {
  const parts: Buffer[] = []
  let at = 0
  let total = 0
  for (;;) {
    const lineEnd = buffer.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(buffer.toString('latin1', at, lineEnd), 16)
    if (Number.isNaN(size) || size < 0) throw new BadRequest(400, 'A chunk has no size.')
    total += size
    if (total > maxBodyBytes) throw new BadRequest(413, 'The body is too large.')
    if (size === 0) {
      const end = buffer.indexOf(headEnd, lineEnd) // the last chunk's line end and an empty trailer
      return end < 0 ? undefined : { body: Buffer.concat(parts), taken: end + headEnd.length }
    }
    const start = lineEnd + 2
    if (buffer.length < start + size + 2) return undefined
    parts.push(buffer.subarray(start, start + size))
    at = start + size + 2
  }
}
