/** Reads the recorded provider exchanges in place. A fresh clone has none: callers then skip, and say so. */

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import type { Json, JsonObject } from '../../src/core/json.ts'

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
