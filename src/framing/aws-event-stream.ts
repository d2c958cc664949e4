/** AWS event streams (`application/vnd.amazon.eventstream`): bytes to frames, and a frame to bytes. */

import { GatewayError } from '../core/error.ts'
import { crc32 } from './crc32.ts'
import type { Frame, FrameParser } from './frame.ts'

// A message: total length, length of the headers, CRC of these two; headers; payload; CRC of all before it.
// https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html#streaming-event-stream
const preludeBytes = 12
const crcBytes = 4
const overheadBytes = preludeBytes + crcBytes

/** Larger messages are refused: nothing that a model says in one event is this large, and memory is bounded. */
export const maxMessageBytes = 16 * 1024 * 1024

const none: readonly Frame[] = []

/**
 * An incremental parser of one stream. A message becomes a frame with its `:event-type`, or its
 * `:exception-type` where it tells of one. An error that AWS tells in headers becomes a frame of that error's
 * code, its data `{"__type", "message"}`, as its HTTP errors have it.
 */
export class AwsEventStreamParser implements FrameParser {
  readonly #maxBytes: number
  /** The bytes of the message that is not whole yet: the first `#length`. Grows by doubling. */
  #rest: Buffer = Buffer.alloc(0)
  #length = 0

  /** A message with more than `maxBytes` is refused. */
  constructor(maxBytes: number = maxMessageBytes) {
    this.#maxBytes = maxBytes
  }

  get hasPartial(): boolean {
    return this.#length > 0
  }

  push(chunk: Uint8Array): readonly Frame[] {
    const isFirst = this.#length === 0
    const added = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    let bytes = isFirst ? added : this.#append(added)
    let messages = 0
    let frames: Frame[] | undefined
    for (;;) {
      const size = this.#sizeOf(bytes)
      if (size === undefined || bytes.length < size) break
      const frame = readMessage(bytes.subarray(0, size))
      if (frame !== undefined) (frames ??= []).push(frame)
      bytes = bytes.subarray(size)
      messages++
    }
    // What was gathered before stays where it is, so that a message in many pieces is not copied for each.
    if (isFirst || messages > 0) {
      this.#length = 0
      this.#append(bytes)
    }
    return frames ?? none
  }

  /** Ends the input. A message that is not whole is discarded; see `hasPartial`. */
  end(): readonly Frame[] {
    return none
  }

  /** The size of the message that `bytes` begins with; undefined while its prelude is not whole. */
  #sizeOf(bytes: Buffer): number | undefined {
    if (bytes.length < preludeBytes) return undefined
    const size = bytes.readUInt32BE(0)
    // Checked before the size is believed: a broken one would have us wait for bytes that never come.
    if (crc32(bytes.subarray(0, 8)) !== bytes.readUInt32BE(8)) throw broken('prelude')
    if (size > this.#maxBytes) {
      throw new GatewayError(
        'upstream_protocol',
        `The provider sent an event of over ${this.#maxBytes} bytes.`,
      )
    }
    if (size < overheadBytes + bytes.readUInt32BE(4)) throw broken('length')
    return size
  }

  /** Adds to the bytes that are kept, and gives all of them. */
  #append(added: Buffer): Buffer {
    const length = this.#length + added.length
    if (length > this.#rest.length) {
      const grown = Buffer.allocUnsafe(Math.max(length, 2 * this.#rest.length, 1024))
      this.#rest.copy(grown, 0, 0, this.#length)
      this.#rest = grown
    }
    added.copy(this.#rest, this.#length)
    this.#length = length
    return this.#rest.subarray(0, length)
  }
}

/** Undefined for a message without a type, which tells nothing. */
function readMessage(message: Buffer): Frame | undefined {
  const end = message.length - crcBytes
  if (crc32(message.subarray(0, end)) !== message.readUInt32BE(end)) throw broken('checksum')
  const headerEnd = preludeBytes + message.readUInt32BE(4)
  const headers = readHeaders(message.subarray(preludeBytes, headerEnd))
  const data = message.toString('utf8', headerEnd, end)
  switch (headers.get(':message-type')) {
    case 'exception':
      return { event: headers.get(':exception-type') ?? 'exception', data }
    case 'error': {
      const code = headers.get(':error-code') ?? 'error'
      return { event: code, data: JSON.stringify({ __type: code, message: headers.get(':error-message') }) }
    }
    default: {
      const event = headers.get(':event-type')
      return event === undefined ? undefined : { event, data }
    }
  }
}

const stringType = 7
/** The size of a value by its type; those of bytes and strings stand in front of them. */
const valueBytes: readonly (number | 'counted')[] = [
  0, // true
  0, // false
  1, // byte
  2, // short
  4, // integer
  8, // long
  'counted', // bytes
  'counted', // string
  8, // timestamp
  16, // uuid
]

/** The headers whose values are strings; the others are read over. */
function readHeaders(bytes: Buffer): Map<string, string> {
  const headers = new Map<string, string>()
  let at = 0
  const take = (count: number): number => {
    const start = at
    at += count
    if (at > bytes.length) throw broken('header')
    return start
  }
  while (at < bytes.length) {
    const nameBytes = bytes.readUInt8(take(1))
    const name = bytes.toString('utf8', take(nameBytes), at)
    const type = bytes.readUInt8(take(1))
    const size = valueBytes[type]
    if (size === undefined) throw broken('header')
    const start = take(size === 'counted' ? bytes.readUInt16BE(take(2)) : size)
    if (type === stringType) headers.set(name, bytes.toString('utf8', start, at))
  }
  return headers
}

function broken(part: string): GatewayError {
  return new GatewayError('upstream_protocol', `The provider sent an event whose ${part} is wrong.`)
}

/** The frame as one message: an exception where its name says so, else an event. */
export function encodeAwsEventStream({ event = '', data }: Frame): Buffer {
  const kind = event.endsWith('Exception') ? 'exception' : 'event'
  const headers = Buffer.concat([
    stringHeader(`:${kind}-type`, event),
    stringHeader(':content-type', 'application/json'),
    stringHeader(':message-type', kind),
  ])
  return encodeAwsMessage(headers, Buffer.from(data))
}

/** A header whose value is a string. */
export function stringHeader(name: string, value: string): Buffer {
  const text = Buffer.from(value)
  const size = Buffer.alloc(2)
  size.writeUInt16BE(text.length)
  return Buffer.concat([
    Buffer.from([Buffer.byteLength(name)]),
    Buffer.from(name),
    Buffer.from([stringType]),
    size,
    text,
  ])
}

/** A message of headers, already encoded, and a payload. */
export function encodeAwsMessage(headers: Uint8Array, payload: Uint8Array): Buffer {
  const message = Buffer.allocUnsafe(overheadBytes + headers.length + payload.length)
  message.writeUInt32BE(message.length, 0)
  message.writeUInt32BE(headers.length, 4)
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8)
  message.set(headers, preludeBytes)
  message.set(payload, preludeBytes + headers.length)
  const end = message.length - crcBytes
  message.writeUInt32BE(crc32(message.subarray(0, end)), end)
  return message
}
