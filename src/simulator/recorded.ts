/** Replays recorded exchanges: finds the one whose request was the same, and answers with its bytes. */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { asArray, asNumber, asObject, asString, type Json, type JsonObject } from '../core/json.ts'

/** What was answered. The body is told to the character where the recording kept it so. */
export interface Recording {
  readonly file: string
  readonly status: number
  readonly headers: [string, string][]
  readonly body: Buffer
  readonly isStream: boolean
}

export interface RecordedCall {
  readonly provider: string
  /** Folders of recordings, one a dialect. */
  readonly dialects: readonly string[]
  readonly method: string
  readonly path: string
  readonly body: Json
}

interface Entry {
  readonly file: string
  readonly provider: string
  readonly dialect: string
}

/** Set anew for every answer, or not true of a replay. */
const ownHeaders = new Set([
  'transfer-encoding',
  'content-length',
  'content-encoding',
  'connection',
  'keep-alive',
])

/**
 * Recordings of a folder with an INDEX.json. Files are read when a call may need them. Where several have the
 * same request they answer in turn, the last one from then on.
 */
export class Recordings {
  readonly #folder: string
  #entries: readonly Entry[] | undefined
  readonly #byRequest = new Map<string, Map<string, Entry[]>>()
  readonly #turns = new Map<string, number>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** The recorded answer to a call; undefined where no recording has this request. */
  find(call: RecordedCall): Recording | undefined {
    const key = requestKey(call.method, call.path, call.body)
    const all = call.dialects.flatMap((dialect) => this.#requestsOf(dialect).get(key) ?? [])
    const own = all.filter(({ provider }) => provider === call.provider)
    const candidates = own.length > 0 ? own : all
    const turnKey = `${call.provider} ${key}`
    const turn = this.#turns.get(turnKey) ?? 0
    this.#turns.set(turnKey, turn + 1)
    const entry = candidates[Math.min(turn, candidates.length - 1)]
    return entry && this.#read(entry.file)
  }

  /** The recording of this file, whatever was asked. */
  named(file: string): Recording | undefined {
    const entry = this.#index().find((each) => each.file === file || each.file === `${file}.json`)
    return entry && this.#read(entry.file)
  }

  /** Forgets whose turn it is. */
  reset(): void {
    this.#turns.clear()
  }

  #index(): readonly Entry[] {
    this.#entries ??= asArray(asObject(this.#parse('INDEX.json'))?.['files']).map((value) => {
      const entry = asObject(value) ?? {}
      const text = (key: string) => asString(entry[key]) ?? ''
      return { file: text('file'), provider: text('provider'), dialect: text('dialect') }
    })
    return this.#entries
  }

  #requestsOf(dialect: string): Map<string, Entry[]> {
    const known = this.#byRequest.get(dialect)
    if (known) return known
    const found = new Map<string, Entry[]>()
    this.#byRequest.set(dialect, found)
    for (const entry of this.#index()) {
      if (entry.dialect !== dialect) continue
      const request = asObject(this.#parse(entry.file)?.['request'])
      if (request === undefined) continue // only its answer was recorded
      const key = requestKey(
        asString(request['method']) ?? 'POST',
        asString(request['path']) ?? '',
        request['body'] ?? '',
      )
      const entries = found.get(key)
      if (entries) entries.push(entry)
      else found.set(key, [entry])
    }
    return found
  }

  #read(file: string): Recording {
    const response = asObject(this.#parse(file)?.['response']) ?? {}
    const headers = Object.entries(asObject(response['headers']) ?? {}).flatMap(
      ([name, value]): [string, string][] =>
        typeof value === 'string' && !ownHeaders.has(name) ? [[name, value]] : [],
    )
    const { sse, ndjson, text, eventstream_base64: binary, body } = response
    const streamed = asString(sse) ?? asString(ndjson)
    const plain = streamed ?? asString(text) ?? JSON.stringify(body ?? null)
    return {
      file,
      status: asNumber(response['status']) ?? 200,
      headers,
      body: typeof binary === 'string' ? Buffer.from(binary, 'base64') : Buffer.from(plain),
      isStream: streamed !== undefined || typeof binary === 'string',
    }
  }

  #parse(file: string): JsonObject | undefined {
    return asObject(JSON.parse(readFileSync(join(this.#folder, file), 'utf8')))
  }
}

/** What two equal requests have in common: the body without regard to the order of keys, and what the path says. */
function requestKey(method: string, path: string, body: Json): string {
  const bare = path.split('?', 1)[0]!
  const inPath = /models\/([^/]+):(\w+)$/.exec(bare) ?? /\/model\/([^/]+)\/(converse(?:-stream)?)$/.exec(bare)
  const place = inPath
    ? `${inPath[1]!.replaceAll('%3A', ':')}:${inPath[2]!}`
    : method === 'GET'
      ? bare.slice(bare.lastIndexOf('/'))
      : ''
  return createHash('sha256')
    .update(`${method} ${place} ${canonical(body)}`)
    .digest('hex')
}

function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonical).join(',')}]`
  const object = asObject(value)
  if (object === undefined) return JSON.stringify(value)
  const members = Object.keys(object).toSorted()
  return `{${members.map((key) => `${JSON.stringify(key)}:${canonical(object[key] ?? null)}`).join(',')}}`
}
