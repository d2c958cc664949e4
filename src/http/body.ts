/** Reads a request's JSON body within its limits. */

import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../core/error.ts'
import type { Json } from '../core/json.ts'

export interface BodyLimits {
  /** Counted as received: a Content-Length proves nothing. */
  readonly maxBytes: number
  readonly maxDepth: number
}

/** Throws `unsupported_media_type`, `request_too_large`, `invalid_request` or `client_gone`. */
export async function readJson(request: IncomingMessage, limits: BodyLimits): Promise<Json> {
  const { 'content-type': type, 'content-encoding': encoding } = request.headers
  if (type !== undefined && !isJsonType(type)) {
    throw new GatewayError(
      'unsupported_media_type',
      `The body must be \`application/json\`, not \`${printable(type)}\`.`,
    )
  }
  if (encoding !== undefined && encoding !== 'identity') {
    throw new GatewayError('unsupported_media_type', 'A compressed body is not accepted.')
  }
  return parseBody(await readBytes(request, limits.maxBytes), limits.maxDepth)
}

function isJsonType(type: string): boolean {
  const semicolon = type.indexOf(';')
  const essence = (semicolon < 0 ? type : type.slice(0, semicolon)).trim().toLowerCase()
  return essence === 'application/json' || essence.endsWith('+json')
}

/** Text from a client, fit to repeat in a message. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 80)
}

function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const chunks: Buffer[] = []
  let received = 0
  const refuse = () => {
    request.removeAllListeners('data')
    request.resume()
    reject(new GatewayError('request_too_large', `The body exceeds ${maxBytes} bytes.`))
  }
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
    refuse()
    return promise
  }
  request.on('data', (chunk: Buffer) => {
    received += chunk.length
    if (received > maxBytes) refuse()
    else chunks.push(chunk)
  })
  request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
  request.on('close', () =>
    reject(new GatewayError('client_gone', 'The client closed the connection while sending.')),
  )
  return promise
}

/** Parses JSON bytes: valid UTF-8, not too deep, no number beyond what JSON can carry back. */
export function parseBody(bytes: Buffer, maxDepth: number): Json {
  if (!isUtf8(bytes)) throw new GatewayError('invalid_request', 'The body is not valid UTF-8.')
  if (exceedsDepth(bytes, maxDepth)) {
    throw new GatewayError('request_too_large', `The body is nested deeper than ${maxDepth} levels.`)
  }
  try {
    return JSON.parse(bytes.toString('utf8')) as Json
  } catch {
    throw new GatewayError('invalid_request', 'The body is not valid JSON.')
  }
}

const quote = 0x22
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/**
 * Does the JSON text nest deeper than the limit? Counted before parsing, since the parser itself has no limit
 * and takes a second over a few million brackets.
 */
export function exceedsDepth(bytes: Uint8Array, maxDepth: number): boolean {
  let depth = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte === quote) i = endOfString(bytes, i + 1)
    else if (byte === openBracket || byte === openBrace) {
      if (++depth > maxDepth) return true
    } else if (byte === closeBracket || byte === closeBrace) depth--
  }
  return false
}

function endOfString(bytes: Uint8Array, from: number): number {
  let i = from
  while (i < bytes.length && bytes[i] !== quote) i += bytes[i] === backslash ? 2 : 1
  return i
}
