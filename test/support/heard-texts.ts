/** What the callers and the models of this test process said: gathered from the wire, whichever client or server it was. */

import { subscribe } from 'node:diagnostics_channel'
import { asObject, type Json, parseJson } from '../../src/core/json.ts'

/** Bounds what a long run gathers. */
const maxSamples = 600
const maxBodyBytes = 256 * 1024

/** A sample of each text: short enough to be found where a text was cut, long enough to be nobody else's words. */
const sampleLength = 20
const minLength = 8

/** Exchanges that are conversations or hold some: of clients with a gateway, and of a gateway with providers. */
const conversation =
  /(?:\/(?:completions|responses|messages|embeddings|rerank|chat|converse(?:-stream)?|invoke|files|batches|feedback|speech|moderations)|:(?:streamGenerateContent|generateContent|countTokens|embedContent|batchEmbedContents))(?:\?|$)/
/** The same, and what people ask with suites and golden sets. What the gateway answers them are its own words. */
const question = new RegExp(`${conversation.source}|^/admin/v1/(?:evals|drift)\\b`)

/** Members that hold what somebody said, in any dialect. What is below an object of them was said too. */
const spoken = new Set([
  'arguments',
  'args',
  'comment',
  'content',
  'contents',
  'delta',
  'documents',
  'expected',
  'input',
  'instructions',
  'messages',
  'output',
  'parts',
  'partial_json',
  'prompt',
  'query',
  'system',
  'text',
  'thinking',
])

/** Members that say what something is rather than what was said. */
const labels = new Set(['type', 'role', 'id', 'name', 'status', 'object', 'model', 'mimeType', 'media_type'])

const samples = new Set<string>()

/** The samples of what has been said so far. */
export function heardTexts(): ReadonlySet<string> {
  return samples
}

/** The samples of this text, as they would look in a log or a file: without what JSON would escape. */
export function samplesOf(text: string): string[] {
  const runs = text.match(/[ !#-[\]-~]{8,}/g)?.filter(isProse) ?? []
  const chosen = new Set([runs[0], runs[runs.length >> 1], runs.at(-1)])
  return [...chosen]
    .flatMap((run) => (run === undefined ? [] : [run.trim().slice(0, sampleLength)]))
    .filter(isProse)
}

/** Names of models, identifiers and single words are everywhere. In linear time: fuzzing measures what a turn takes. */
function isProse(run: string): boolean {
  return run.length >= minLength && /[a-z]{2} +\S*[a-z0-9]{2}/i.test(run)
}

/** Adds the texts of one body: a JSON document, server-sent events, lines of JSON, or a form with such lines. */
function hear(body: string): void {
  const whole = parseJson(body)
  if (whole !== undefined) {
    for (const text of saidIn(whole, false)) add(text)
    return
  }
  let streamed = ''
  for (const line of body.split('\n')) {
    const value = asObject(parseJson(line.startsWith('data:') ? line.slice(5) : line))
    if (!value) continue
    for (const text of saidIn(value, false)) {
      add(text)
      streamed += text
    }
  }
  // A stream tells it in pieces.
  add(streamed)
}

/** A model is told in the gateway's own words what was wrong with its answer, and may repeat them. */
const correction =
  /This answer does not satisfy the schema:[\s\S]*?Answer again with the corrected JSON alone\./g

function add(text: string): void {
  for (const sample of samplesOf(text.replace(correction, '')))
    if (samples.size < maxSamples) samples.add(sample)
}

/** Below so many levels, where only tests of nesting go, nothing is said. */
const maxLevels = 200

function* saidIn(value: Json, isSaid: boolean, level = 0): Generator<string> {
  if (level > maxLevels) return
  if (typeof value === 'string') {
    if (isSaid) yield value
  } else if (Array.isArray(value)) {
    for (const member of value as Json[]) yield* saidIn(member, isSaid, level + 1)
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      if (!labels.has(name)) yield* saidIn(member as Json, isSaid || spoken.has(name), level + 1)
    }
  }
}

// -- the wire

interface WireRequest {
  readonly path: string
}

interface ChunkMessage {
  readonly request: WireRequest
  readonly chunk: Buffer | string
}

const sent = new WeakMap<WireRequest, Buffer[]>()
const received = new WeakMap<WireRequest, Buffer[]>()

function gather(bodies: WeakMap<WireRequest, Buffer[]>, path: RegExp): (message: unknown) => void {
  return (message) => {
    const { request, chunk } = message as ChunkMessage
    if (samples.size >= maxSamples || !path.test(request.path)) return
    let chunks = bodies.get(request)
    if (!chunks) bodies.set(request, (chunks = []))
    if (chunks.length < 1000) chunks.push(Buffer.from(chunk))
  }
}

function finish(bodies: WeakMap<WireRequest, Buffer[]>): (message: unknown) => void {
  return (message) => {
    const { request } = message as { readonly request: WireRequest }
    const chunks = bodies.get(request)
    if (!chunks) return
    bodies.delete(request)
    hear(Buffer.concat(chunks).toString('utf8', 0, maxBodyBytes))
  }
}

// The gateway's undici and the fetch of Node, with which the SDKs send, tell of every body on these channels.
subscribe('undici:request:bodyChunkSent', gather(sent, question))
subscribe('undici:request:bodySent', finish(sent))
subscribe('undici:request:bodyChunkReceived', gather(received, conversation))
subscribe('undici:request:trailers', finish(received))
subscribe('undici:request:error', finish(received))
