/** A client for tests that sees the bytes of an answer as they are, and how its connection ended. */

import { connect } from 'node:net'

export interface RawAnswer {
  /** 0 where no head came. */
  readonly status: number
  /** Informational responses before the answer. */
  readonly informational: readonly number[]
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** After the head, as it came. */
  readonly rawBody: Buffer
  /** Without chunked coding, as far as that could be read. */
  readonly body: string
  /** The chunked coding was broken or did not end. */
  readonly isTruncated: boolean
  readonly ended: 'fin' | 'reset' | 'left'
}

export interface RawCall {
  readonly path: string
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Leaves as soon as this is true of what came so far. */
  readonly leaveWhen?: (received: string) => boolean
}

/** POSTs to `url` on a connection of its own. Resolves when the connection has ended. */
export function rawPost(url: string, call: RawCall): Promise<RawAnswer> {
  const { port, hostname } = new URL(url)
  const body = typeof call.body === 'string' ? call.body : JSON.stringify(call.body)
  const headers = { host: 'simulator', connection: 'close', ...call.headers }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const { promise, resolve } = Promise.withResolvers<RawAnswer>()
  const chunks: Buffer[] = []
  const socket = connect(Number(port), hostname)
  let ended: RawAnswer['ended'] = 'fin'
  socket.write(
    `POST ${call.path} HTTP/1.1\r\n${lines.join('')}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    if (!call.leaveWhen?.(Buffer.concat(chunks).toString())) return
    ended = 'left'
    socket.destroy()
  })
  socket.on('error', () => (ended = 'reset'))
  socket.on('close', () => resolve(parse(Buffer.concat(chunks), ended)))
  return promise
}

function parse(bytes: Buffer, ended: RawAnswer['ended']): RawAnswer {
  const informational: number[] = []
  let rest = bytes
  for (;;) {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0)
      return { status: 0, informational, headers: [], rawBody: rest, body: '', isTruncated: true, ended }
    const [first = '', ...lines] = rest.toString('latin1', 0, end).split('\r\n')
    const status = Number(first.split(' ')[1])
    rest = rest.subarray(end + 4)
    if (status < 200) {
      informational.push(status)
      continue
    }
    const headers = lines.map((line): [string, string] => [
      line.slice(0, line.indexOf(':')),
      line.slice(line.indexOf(':') + 2),
    ])
    const isChunked = headers.some(([name]) => name === 'transfer-encoding')
    const { body, isTruncated } = isChunked ? dechunk(rest) : { body: rest.toString(), isTruncated: false }
    return { status, informational, headers, rawBody: rest, body, isTruncated, ended }
  }
}

function dechunk(bytes: Buffer): { body: string; isTruncated: boolean } {
  const parts: Buffer[] = []
  let at = 0
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    const size = lineEnd < 0 ? Number.NaN : Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    if (size === 0 || Number.isNaN(size))
      return { body: Buffer.concat(parts).toString(), isTruncated: size !== 0 }
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 2 + size + 2
  }
}
