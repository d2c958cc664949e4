/** Reads a request's JSON body within its limits. */

import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { measure } from '../core/bounded-json.ts'
import { GatewayError } from '../core/error.ts'
import type { JsonBounds } from '../core/caller-route.ts'
import type { Json } from '../core/json.ts'
import type { RawBody } from '../upstream/forward.ts'

/** Bounds on one kind of body. */
interface BodyBounds {
  /** Counted as received: a Content-Length proves nothing. */
  readonly maxBytes: number
  /** So much of a body takes no part of the budget. */
  readonly uncountedBytes: number
  /** Of all bodies that are in memory. */
  readonly budget: ByteBudget
}

/** What a request may send, made once for a listener. */
export interface BodyLimits {
  readonly json: BodyBounds
  /** Of a body that is not JSON: audio, images, forms of them. */
  readonly upload: BodyBounds
  readonly maxDepth: number
  /** Of names of members, objects and lists together. */
  readonly maxMembers: number
}

/** Whose end frees what its body took of the budget. */
export interface BodyHolder {
  onClose(listener: () => void): void
}

/** Most JSON bodies are smaller: nothing is counted for them. */
const uncountedBytes = 256 * 1024
const maxUploadBytes = 100 * 1024 * 1024
/** Names of members, objects and lists: each is memory and time of its own, and 32 MiB of them took the parser ten seconds. */
const maxMembers = 100_000

/** `maxBytesTogether` is for all large bodies that are in memory at once. */
export function createBodyLimits(bounds: {
  readonly maxBytes: number
  readonly maxDepth: number
  readonly maxBytesTogether: number
}): BodyLimits {
  const budget = new ByteBudget(bounds.maxBytesTogether)
  return {
    json: { maxBytes: bounds.maxBytes, uncountedBytes, budget },
    upload: { maxBytes: maxUploadBytes, uncountedBytes: 0, budget },
    maxDepth: bounds.maxDepth,
    maxMembers,
  }
}

/** The same for a route whose JSON is of another kind. */
export function withBounds(limits: BodyLimits, { maxBytes, maxMembers }: JsonBounds): BodyLimits {
  return {
    ...limits,
    ...(maxBytes !== undefined && { json: { ...limits.json, maxBytes } }),
    ...(maxMembers !== undefined && { maxMembers }),
  }
}

/** Bytes in memory, of all that may be there at once. */
export class ByteBudget {
  readonly #maxBytes: number
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** One request's part of it. */
  share(): ByteShare {
    let held = 0
    return {
      take: (bytes) => {
        if (this.#bytes + bytes > this.#maxBytes) {
          throw new GatewayError('overloaded', 'Too many large bodies at once.', { retryAfterMs: 5_000 })
        }
        this.#bytes += bytes
        held += bytes
      },
      giveBack: () => {
        this.#bytes -= held
        held = 0
      },
    }
  }
}

export interface ByteShare {
  /** Throws `overloaded` where they are too many. */
  take(bytes: number): void
  giveBack(): void
}

/** Throws `unsupported_media_type`, `request_too_large`, `invalid_request`, `overloaded` or `client_gone`. */
export function readJson(request: IncomingMessage, limits: BodyLimits, holder: BodyHolder): Promise<Json> {
  const { 'content-type': type } = request.headers
  if (type !== undefined && !isJsonType(type)) {
    throw new GatewayError(
      'unsupported_media_type',
      `The body must be \`application/json\`, not \`${printable(type)}\`.`,
    )
  }
  refuseCompressed(request)
  return readBytes(request, limits.json, holder).then((bytes) =>
    parseBody(bytes, limits.maxDepth, limits.maxMembers),
  )
}

/** Reads a body of any type: JSON within its limits, all else as bytes. Throws as `readJson` does. */
export async function readRaw(
  request: IncomingMessage,
  limits: BodyLimits,
  holder: BodyHolder,
): Promise<RawBody> {
  const { 'content-type': contentType, 'content-length': length } = request.headers
  const isEmpty = Number(length ?? 0) === 0 && request.headers['transfer-encoding'] === undefined
  if (isEmpty) return { kind: 'none' }
  refuseCompressed(request)
  if (contentType === undefined || isJsonType(contentType)) {
    const bytes = await readBytes(request, limits.json, holder)
    return bytes.length === 0 ? { kind: 'none' } : { kind: 'json', value: parseBody(bytes, limits.maxDepth) }
  }
  return { kind: 'bytes', contentType, bytes: await readBytes(request, limits.upload, holder) }
}

/** The body as it comes. What is not read of it is discarded. Throws `unsupported_media_type` or `client_gone`. */
export async function* readStream(request: IncomingMessage): AsyncGenerator<Buffer> {
  refuseCompressed(request)
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) yield chunk as Buffer
  } catch (cause) {
    throw new GatewayError('client_gone', 'The client closed the connection while sending.', { cause })
  } finally {
    request.resume()
  }
}

function refuseCompressed({ headers }: IncomingMessage): void {
  const encoding = headers['content-encoding']
  if (encoding === undefined || encoding === 'identity') return
  throw new GatewayError('unsupported_media_type', 'A compressed body is not accepted.')
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

function readBytes(
  request: IncomingMessage,
  { maxBytes, uncountedBytes, budget }: BodyBounds,
  holder: BodyHolder,
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const chunks: Buffer[] = []
  let received = 0
  let counted = 0
  let share: ByteShare | undefined
  const refuse = (
    error: unknown = new GatewayError('request_too_large', `The body exceeds ${maxBytes} bytes.`),
  ) => {
    request.removeAllListeners('data')
    request.resume()
    chunks.length = 0
    share?.giveBack()
    reject(error as Error)
  }
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
    refuse()
    return promise
  }
  request.on('data', (chunk: Buffer) => {
    received += chunk.length
    if (received > maxBytes) return refuse()
    try {
      if (received > uncountedBytes) {
        share ??= openShare(budget, holder)
        share.take(received - counted)
        counted = received
      }
    } catch (error) {
      return refuse(error)
    }
    chunks.push(chunk)
  })
  request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
  request.on('close', () => {
    if (!request.complete)
      reject(new GatewayError('client_gone', 'The client closed the connection while sending.'))
  })
  return promise
}

/** A part of the budget that is given back when the holder ends. */
function openShare(budget: ByteBudget, holder: BodyHolder): ByteShare {
  const share = budget.share()
  holder.onClose(share.giveBack)
  return share
}

/** Values: token ids are the most of what is legitimate, at 300,000 in a request for embeddings. */
const maxValues = 1_000_000

/** Parses JSON bytes: valid UTF-8, neither too deep nor of too many parts, no number beyond what JSON can carry back. */
export function parseBody(bytes: Buffer, maxDepth: number, most = maxMembers): Json {
  if (!isUtf8(bytes)) throw new GatewayError('invalid_request', 'The body is not valid UTF-8.')
  const { depth, members, values, hasExponent } = measure(bytes, maxDepth)
  if (depth > maxDepth) {
    throw new GatewayError('request_too_large', `The body is nested deeper than ${maxDepth} levels.`)
  }
  if (members > most || values > maxValues) {
    const message = `The body has more than ${most} names, objects and lists, or more than ${maxValues} values.`
    throw new GatewayError('request_too_large', message)
  }
  let value: Json
  try {
    value = JSON.parse(bytes.toString('utf8')) as Json
  } catch {
    throw new GatewayError('invalid_request', 'The body is not valid JSON.')
  }
  // `1e400` parses to Infinity, which would reach the provider as null.
  if (hasExponent && !isFinite(value)) {
    throw new GatewayError('invalid_request', 'The body has a number that is too large.')
  }
  return value
}

/** Are all numbers in it finite? */
function isFinite(value: Json): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.values(value).every((member) => isFinite(member ?? null))
}
