/** One kept answer: the events that tell it, where they came from, and its form as bytes. */

import { createHash } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { GenEvent } from '../core/event.ts'
import { asArray, asNumber, asObject, asString, parseJson } from '../core/json.ts'

/** An answer that came to its own end. */
export interface CachedAnswer {
  readonly events: readonly GenEvent[]
  /** Of the target that gave it. */
  readonly provider: string
  readonly model: string
  /** What that target could not be told. */
  readonly dropped: readonly string[]
  /** What the call cost; absent where the price is not known. */
  readonly costNanoUsd?: number
  /** Of the request that brought it. */
  readonly requestId: string
  /** Unix milliseconds. */
  readonly atMs: number
}

const plain = 1
const deflated = 2
const checksumBytes = 8
const headBytes = 1 + checksumBytes
/** Smaller ones gain nothing. */
const deflateFromBytes = 1024
/** A body that grows beyond this is no entry of ours. */
const maxInflatedBytes = 64 * 1024 * 1024

/** The form, the first bytes of the content's SHA-256, the content. */
export function encodeEntry(answer: CachedAnswer): Buffer {
  const text = Buffer.from(JSON.stringify({ ...answer, events: joined(answer.events) }))
  const isLarge = text.length >= deflateFromBytes
  const content = isLarge ? deflateRawSync(text, { level: 1 }) : text
  return Buffer.concat([Buffer.of(isLarge ? deflated : plain), checksum(content), content])
}

/** Undefined where the bytes are not what was written: cut, changed, or of a form that is not known. */
export function decodeEntry(bytes: Uint8Array): CachedAnswer | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.length <= headBytes) return undefined
  const content = buffer.subarray(headBytes)
  if (!checksum(content).equals(buffer.subarray(1, headBytes))) return undefined
  const text = buffer[0] === plain ? content : buffer[0] === deflated ? inflate(content) : undefined
  return text && toAnswer(text.toString('utf8'))
}

function checksum(content: Uint8Array): Buffer {
  return createHash('sha256').update(content).digest().subarray(0, checksumBytes)
}

function inflate(content: Buffer): Buffer | undefined {
  try {
    return inflateRawSync(content, { maxOutputLength: maxInflatedBytes })
  } catch {
    return undefined
  }
}

function toAnswer(text: string): CachedAnswer | undefined {
  const json = asObject(parseJson(text))
  const provider = asString(json?.['provider'])
  const model = asString(json?.['model'])
  const requestId = asString(json?.['requestId'])
  const atMs = asNumber(json?.['atMs'])
  const events = asArray(json?.['events'])
  if (provider === undefined || model === undefined || requestId === undefined || atMs === undefined) {
    return undefined
  }
  if (!events.some((event) => asObject(event)?.['type'] === 'finish')) return undefined
  const costNanoUsd = asNumber(json!['costNanoUsd'])
  return {
    // The checksum says that they are the events that were written.
    events: events as unknown as readonly GenEvent[],
    provider,
    model,
    requestId,
    atMs,
    dropped: asArray(json!['dropped']).filter((name) => typeof name === 'string'),
    ...(costNanoUsd !== undefined && { costNanoUsd }),
  }
}

/** Neighbouring deltas of a block as one: how an answer was cut in pieces is not worth keeping. */
function joined(events: readonly GenEvent[]): GenEvent[] {
  const result: GenEvent[] = []
  for (const event of events) {
    const last = result.at(-1)
    if (event.type === 'block-delta' && last?.type === 'block-delta' && last.block === event.block) {
      result[result.length - 1] = { ...last, text: last.text + event.text }
    } else result.push(event)
  }
  return result
}
