/** Reads the recorded provider exchanges in place. A fresh clone has none: callers then skip, and say so. */

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { asString, type Json, type JsonObject } from '../../src/core/json.ts'
import { encodeAwsEventStream } from '../../src/framing/aws-event-stream.ts'

const shared = process.env['WEIR_SHARED'] ?? fileURLToPath(new URL('../../../shared', import.meta.url))

/** The folder of recorded exchanges, or undefined where this checkout has none. */
export const recordedDir: string | undefined = existsSync(join(shared, 'wire/recorded/INDEX.json'))
  ? join(shared, 'wire/recorded')
  : undefined

/** A file below `shared/wire`, or undefined where it is absent. */
export function sharedWireFile(path: string): string | undefined {
  const file = join(shared, 'wire', path)
  return existsSync(file) ? file : undefined
}

export interface RecordedEntry {
  readonly file: string
  readonly provider: string
  readonly dialect: string
  readonly model: string | null
  readonly streaming: boolean
  readonly status: number
  readonly features: readonly string[]
  readonly quirks: readonly string[]
  readonly fidelity: 'full-exchange' | 'response-only' | 'payloads'
}

export interface Recorded extends RecordedEntry {
  readonly request: { readonly path: string; readonly body?: Json; readonly headers: JsonObject } | null
  readonly response: {
    readonly status: number
    readonly headers: JsonObject
    readonly body?: Json
    readonly sse?: string
    readonly ndjson?: string
    readonly text?: string
    /** An AWS event stream: its bytes where they were kept, and its messages. */
    readonly eventstream_base64?: string
    readonly eventstream_decoded?: readonly { readonly headers?: JsonObject; readonly payload: JsonObject }[]
  }
}

/** The entries of the index whose dialect is one of these; empty where the recordings are absent. */
export function recordedEntries(...dialects: readonly string[]): RecordedEntry[] {
  if (recordedDir === undefined) return []
  const index = JSON.parse(readFileSync(join(recordedDir, 'INDEX.json'), 'utf8')) as {
    files: RecordedEntry[]
  }
  return index.files.filter((entry) => dialects.includes(entry.dialect))
}

/** One exchange, whole. */
export function readRecorded(entry: RecordedEntry): Recorded {
  const content = JSON.parse(readFileSync(join(recordedDir!, entry.file), 'utf8')) as Recorded
  return { ...content, ...entry }
}

/** The bytes of a recorded stream; undefined for a whole answer. Messages whose bytes were not kept are framed anew. */
export function recordedStream(response: Recorded['response']): Buffer | undefined {
  const text = response.sse ?? response.ndjson
  if (text !== undefined) return Buffer.from(text, 'utf8')
  const { eventstream_base64: base64, eventstream_decoded: decoded } = response
  if (base64 !== undefined) return Buffer.from(base64, 'base64')
  return decoded && Buffer.concat(decoded.map(framed))
}

function framed({
  headers,
  payload,
}: NonNullable<Recorded['response']['eventstream_decoded']>[number]): Buffer {
  const event = asString(headers?.[':event-type'])
  if (event !== undefined) return encodeAwsEventStream({ event, data: JSON.stringify(payload) })
  // Without headers, the payload is the one member that is named after its event.
  const [name = '', inner] = Object.entries(payload)[0] ?? []
  return encodeAwsEventStream({ event: name, data: JSON.stringify(inner) })
}
