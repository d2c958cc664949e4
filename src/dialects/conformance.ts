/** The four laws that every dialect obeys, as pure checks over one exchange at a time. */

import { type Answer, type AnswerBlock, foldAnswer } from '../core/answer.ts'
import type { GenEvent } from '../core/event.ts'
import { type Json, parseJson } from '../core/json.ts'
import type { Frame } from '../framing/frame.ts'
import type { Dialect, EncodeContext, Machine, Patch } from './dialect.ts'

/** What a provider sent, and how to take it apart. Framing and guard are arguments: the laws hold for any. */
export interface Exchange {
  readonly dialect: Dialect
  readonly patch?: Patch
  /** A whole body, or the bytes of a stream. */
  readonly body?: Json
  readonly stream?: Uint8Array
  readonly framer: () => Machine<Uint8Array, Frame>
  readonly guard: () => Machine<GenEvent, GenEvent>
}

export type Law = 'chunking' | 'round-trip' | 'truncation' | 'fold'

const context: EncodeContext = {
  id: 'id-of-context',
  model: 'model-of-context',
  nowMs: 1_760_000_000_000,
  includeUsage: true,
}

/** Decodes a stream that arrives in the given pieces, through the guard. */
export function decodeStream(exchange: Exchange, pieces: Iterable<Uint8Array>): GenEvent[] {
  const framer = exchange.framer()
  const frames: Frame[] = []
  for (const piece of pieces) frames.push(...framer.push(piece))
  frames.push(...framer.end())
  return decodeFrames(exchange, frames)
}

function decodeFrames(exchange: Exchange, frames: Iterable<Frame>): GenEvent[] {
  const decoder = exchange.dialect.stream.decoder(exchange.patch)
  const guard = exchange.guard()
  const events: GenEvent[] = []
  const take = (decoded: readonly GenEvent[]) => {
    for (const event of decoded) events.push(...guard.push(event))
  }
  for (const frame of frames) take(decoder.push(frame))
  take(decoder.end())
  events.push(...guard.end())
  return events
}

/** The events of the exchange as it was recorded, streamed or not. */
export function decodeExchange(exchange: Exchange): readonly GenEvent[] {
  if (exchange.stream) return decodeStream(exchange, [exchange.stream])
  const guard = exchange.guard()
  const events: GenEvent[] = []
  for (const event of exchange.dialect.response.decode(exchange.body ?? null, exchange.patch)) {
    events.push(...guard.push(event))
  }
  events.push(...guard.end())
  return events
}

/** Law 1: however the bytes are split, the events are the same. Each split is a list of cut offsets, ascending. */
export function breaksChunking(exchange: Exchange, splits: Iterable<readonly number[]>): string | undefined {
  const { stream } = exchange
  if (!stream) return undefined
  const whole = JSON.stringify(decodeStream(exchange, [stream]))
  for (const cuts of splits) {
    if (JSON.stringify(decodeStream(exchange, pieces(stream, cuts))) !== whole) {
      return `split at ${cuts.slice(0, 8).join(',')} gives other events`
    }
  }
  return undefined
}

function* pieces(bytes: Uint8Array, cuts: readonly number[]): Generator<Uint8Array> {
  let from = 0
  for (const cut of cuts) {
    yield bytes.subarray(from, cut)
    from = cut
  }
  yield bytes.subarray(from)
}

/** Law 2: what was decoded, encoded and decoded again tells the same answer, in both forms of the dialect. */
export function breaksRoundTrip(exchange: Exchange): string | undefined {
  const answer = normalise(foldAnswer(decodeExchange(exchange)))
  if (answer.error) return undefined // a failed answer is law 3's business
  const { dialect } = exchange
  const again = exchange.stream
    ? encodeStreamed(exchange, decodeExchange(exchange))
    : dialect.response.decode(dialect.response.encode(decodeExchange(exchange), context))
  return difference(answer, normalise(foldAnswer(again)))
}

/** Law 4: the same answer, streamed and not, gives the same message and the same usage. */
export function breaksFold(exchange: Exchange): string | undefined {
  const events = decodeExchange(exchange)
  if (foldAnswer(events).error) return undefined
  const streamed = foldAnswer(encodeStreamed(exchange, events))
  const { dialect } = exchange
  const whole = foldAnswer(dialect.response.decode(dialect.response.encode(events, context)))
  return difference(normalise(withInputsByValue(streamed)), normalise(withInputsByValue(whole)))
}

/** A whole answer may hold a tool's input parsed, so that the white space of the streamed text is lost. */
function withInputsByValue(answer: Answer): Answer {
  const blocks = answer.blocks.map((block) => {
    if (block.kind !== 'tool' && block.kind !== 'native') return block
    const value = parseJson(block.text)
    return value === undefined ? block : { ...block, text: canonicalText(value) }
  })
  return { ...answer, blocks }
}

/** Encodes the events as a stream, and decodes that stream through the guard. */
function encodeStreamed(exchange: Exchange, events: Iterable<GenEvent>): GenEvent[] {
  const encoder = exchange.dialect.stream.encoder(context)
  const frames: Frame[] = []
  for (const event of events) frames.push(...encoder.push(event))
  frames.push(...encoder.end())
  const { patch: _patch, ...plain } = exchange
  return decodeFrames(plain, frames)
}

/**
 * Law 3: a stream cut at `offset` either told the whole answer already, or it fails. It never finishes early.
 * Offsets at or after `completeAt(exchange)` may finish; before it, only `fail` is right.
 */
export function breaksTruncation(exchange: Exchange, offsets: Iterable<number>): string | undefined {
  const { stream } = exchange
  if (!stream) return undefined
  const complete = completeAt(exchange)
  for (const offset of offsets) {
    if (offset >= complete) continue
    const events = decodeStream(exchange, [stream.subarray(0, offset)])
    if (!events.some((event) => event.type === 'fail'))
      return `cut at byte ${offset} of ${stream.length} does not fail`
    const finishes = new Set(events.filter((event) => event.type === 'finish').map((event) => event.choice))
    const choices = new Set(
      events.filter((event) => event.type === 'block-start').map((event) => event.choice),
    )
    if (finishes.size > 0 && finishes.size >= choices.size)
      return `cut at byte ${offset} finishes every choice`
  }
  return undefined
}

/**
 * The first offset at which the stream's own terminal marker has arrived: the shortest prefix whose frames
 * complete the answer. Found by feeding frame by frame, independently of any cut.
 */
export function completeAt(exchange: Exchange): number {
  const { stream } = exchange
  if (!stream) return 0
  const framer = exchange.framer()
  const decoder = exchange.dialect.stream.decoder(exchange.patch)
  const open = new Set<number>()
  let finishes = 0
  let complete = stream.length + 1
  for (let offset = 0; offset < stream.length; offset++) {
    for (const frame of framer.push(stream.subarray(offset, offset + 1))) {
      for (const event of decoder.push(frame)) {
        if (event.type === 'block-start') open.add(event.choice)
        if (event.type === 'finish') {
          open.delete(event.choice)
          finishes++
        }
        if (event.type === 'fail') return Math.min(complete, offset + 1)
      }
      if (open.size > 0) complete = stream.length + 1
      else if (finishes > 0) complete = Math.min(complete, offset + 1)
    }
  }
  return Math.min(complete, wholeWithoutItsEnd(exchange, complete))
}

/** Some framings take the last frame without the byte that ends it: the input's end says as much. */
function wholeWithoutItsEnd(exchange: Exchange, complete: number): number {
  const framer = exchange.framer()
  framer.push(exchange.stream!.subarray(0, complete - 1))
  return framer.end().length > 0 ? complete - 1 : complete
}

interface Normal {
  readonly blocks: readonly Json[]
  readonly finishes: readonly Json[]
  readonly natives: readonly Json[]
  readonly usage: Json
  readonly head: Readonly<Record<string, Json>>
  readonly error: Json | undefined
}

/** An answer in a comparable form: blocks by choice, so that interleaving does not count. */
function normalise(answer: Answer): Normal {
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value ?? null)) as Json
  const blocks = answer.blocks.toSorted((a, b) => a.choice - b.choice)
  return {
    head: plain({
      id: answer.id,
      model: answer.model,
      createdAtMs: answer.createdAtMs,
      fingerprint: answer.fingerprint,
    }) as Readonly<Record<string, Json>>,
    blocks: blocks.map((block: AnswerBlock) => plain(block)),
    finishes: answer.finishes.toSorted((a, b) => a.choice - b.choice).map(plain),
    natives: answer.natives.map(plain),
    usage: plain(answer.usage),
    error: answer.error ? plain({ code: answer.error.code, message: answer.error.message }) : undefined,
  }
}

/** The first difference between two answers as text, or undefined. What the first does not tell is free. */
function difference(expected: Normal, actual: Normal): string | undefined {
  for (const key of ['error', 'blocks', 'finishes', 'usage', 'natives'] as const) {
    const a = canonicalText(expected[key] ?? null)
    const b = canonicalText(actual[key] ?? null)
    if (a !== b) return `${key} differ: ${excerpt(a, b)}`
  }
  for (const [key, value] of Object.entries(expected.head)) {
    if (value !== '' && actual.head[key] !== value) {
      return `${key} differs: ${JSON.stringify(value)} became ${JSON.stringify(actual.head[key])}`
    }
  }
  return undefined
}

/** JSON text with sorted keys. */
function canonicalText(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const object = value as Readonly<Record<string, Json>>
  const members = Object.keys(object)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${canonicalText(object[key] ?? null)}`)
  return `{${members.join(',')}}`
}

function excerpt(a: string, b: string): string {
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  const from = Math.max(0, at - 60)
  return `\n  expected …${a.slice(from, at + 160)}\n  actual   …${b.slice(from, at + 160)}`
}
