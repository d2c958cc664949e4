/** A client connection of which a test writes and reads every byte. */

import { connect, type Socket } from 'node:net'
import { until } from './until.ts'

export interface RawResponse {
  readonly status: number
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

export class RawSocket {
  readonly socket: Socket
  readonly #chunks: Buffer[] = []
  #ended: 'fin' | 'reset' | undefined

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => this.#chunks.push(chunk))
    socket.on('error', () => (this.#ended = 'reset'))
    socket.on('close', () => (this.#ended ??= 'fin'))
  }

  /** To the host and port of `url`, with its first bytes. */
  static open(url: string, bytes: string | Buffer = ''): RawSocket {
    const { hostname, port } = new URL(url)
    const raw = new RawSocket(connect({ host: hostname, port: Number(port), allowHalfOpen: true }))
    raw.socket.write(bytes)
    return raw
  }

  get received(): string {
    return Buffer.concat(this.#chunks).toString('latin1')
  }

  /** Resolves when the server has closed the connection. */
  closed(withinMs?: number): Promise<'fin' | 'reset'> {
    return until('the end of the connection', () => this.#ended ?? this.#endOfInput(), withinMs)
  }

  /** Resolves when what came contains `text`. */
  async saw(text: string, withinMs?: number): Promise<void> {
    await until(`"${text}"`, () => (this.received.includes(text) ? true : undefined), withinMs)
  }

  /** The responses with a content length that have come whole; resolves when there are `count`. */
  responses(count: number, withinMs?: number): Promise<RawResponse[]> {
    return until(
      `${count} responses`,
      () => {
        const found = parseResponses(Buffer.concat(this.#chunks))
        return found.length >= count ? found : undefined
      },
      withinMs,
    )
  }

  destroy(): void {
    this.socket.destroy()
  }

  #endOfInput(): 'fin' | undefined {
    return this.socket.readableEnded ? 'fin' : undefined
  }
}

/** Those of the bytes that are whole; chunked ones are read over. */
export function parseResponses(bytes: Buffer): RawResponse[] {
  const found: RawResponse[] = []
  let rest = bytes
  for (;;) {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) return found
    const [first = '', ...lines] = rest.toString('latin1', 0, end).split('\r\n')
    const headers = new Map(
      lines.map((line) => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 1).trim(),
      ]),
    )
    const length = Number(headers.get('content-length') ?? 0)
    if (rest.length < end + 4 + length) return found
    const status = Number(first.split(' ')[1])
    if (status >= 200) found.push({ status, headers, body: rest.toString('utf8', end + 4, end + 4 + length) })
    rest = rest.subarray(end + 4 + length)
  }
}

/** The bytes of a POST, with a key; `headers` replace or, where empty, remove. */
export function postBytes(
  path: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Buffer {
  const all: Record<string, string> = {
    host: 'weir',
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  }
  const lines = Object.entries(all)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`), Buffer.from(body)])
}
