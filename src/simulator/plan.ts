/** What will be sent for one call, as data that faults change, and how it becomes steps on a socket. */

import { STATUS_CODES } from 'node:http'
import { encodeAwsEventStream } from '../framing/aws-event-stream.ts'
import type { SimFrame } from './wire.ts'

export interface Plan {
  status: number
  headers: [name: string, value: string][]
  /** What stands before the answer's head: an informational response. */
  preamble: string
  framing: 'sse' | 'aws-event-stream' | 'ndjson' | 'json-array' | 'json'
  frames: Iterable<SimFrame>
  /** Sent instead of the frames. */
  rawBody?: Iterable<Buffer>
  sse: { lineEnd: '\n' | '\r\n'; hasMark: boolean; isMultiline: boolean; endsBlank: boolean }
  /** `close`: the body ends where the connection does. */
  transfer: 'chunked' | 'length' | 'close'
  /** Added to the content length that is told. */
  lengthError: number
  /** The second chunk of the body has no valid size. */
  breaksChunk: boolean
  /** Milliseconds before the head; Infinity: it never comes. */
  headersMs: number
  /** Before the first delta, and between deltas. */
  firstMs: number
  gapMs: number
  /** Cuts the body into pieces of this many bytes, each written by itself. */
  sliceBytes?: number | 'random'
  /** Stops within the body, after so many deltas or bytes. */
  stop?: { readonly deltas?: number; readonly bytes?: number; readonly how: 'hang' | 'reset' | 'fin' }
  /** Undefined: a refusal, nothing is billed. Output is billed frame by frame. */
  inputTokens: number | undefined
}

/** One thing to do on the socket. `end`: `keep` leaves the connection open for the next request. */
export type Step =
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'write'; readonly bytes: Buffer; readonly tokens: number; readonly isHead?: true }
  | { readonly do: 'end'; readonly how: 'keep' | 'fin' | 'reset' | 'hang' }

interface Piece {
  readonly bytes: Buffer
  readonly tokens: number
  readonly isDelta: boolean
}

/** The steps of a plan, made as they are taken, so that an answer may be endless. */
export function* stepsOf(plan: Plan, random: () => number): Generator<Step, void> {
  if (plan.headersMs === Infinity) {
    yield { do: 'end', how: 'hang' }
    return
  }
  if (plan.headersMs > 0) yield { do: 'wait', ms: plan.headersMs }
  if (plan.transfer === 'length') yield* wholeSteps(plan)
  else yield* bodySteps(plan, random)
}

/** A body whose length is told in the head. */
function* wholeSteps(plan: Plan): Generator<Step, void> {
  const pieces = [...piecesOf(plan)]
  const body = Buffer.concat(pieces.map(({ bytes }) => bytes))
  const tokens = pieces.reduce((sum, piece) => sum + piece.tokens, 0)
  const told = Math.max(0, body.length + plan.lengthError)
  const head = headOf(plan, [['content-length', String(told)]])
  const { stop } = plan
  if (stop === undefined && plan.sliceBytes === undefined) {
    yield { do: 'write', bytes: Buffer.concat([head, body]), tokens, isHead: true }
    yield { do: 'end', how: plan.lengthError === 0 ? 'keep' : 'fin' }
    return
  }
  yield { do: 'write', bytes: head, tokens: 0, isHead: true }
  // Without deltas to count, half of the body stands for any number of them.
  const end = stop === undefined ? body.length : (stop.bytes ?? (stop.deltas === 0 ? 0 : body.length >> 1))
  const sent = body.subarray(0, end)
  yield* sliced({ bytes: sent, tokens, isDelta: true }, plan, () => 0.5)
  yield { do: 'end', how: stop?.how ?? 'keep' }
}

function* bodySteps(plan: Plan, random: () => number): Generator<Step, void> {
  const isChunked = plan.transfer === 'chunked'
  yield {
    do: 'write',
    bytes: headOf(plan, isChunked ? [['transfer-encoding', 'chunked']] : []),
    tokens: 0,
    isHead: true,
  }
  const { stop } = plan
  let deltas = 0
  let bytes = 0
  for (const piece of piecesOf(plan)) {
    if (piece.isDelta) {
      if (stop?.deltas === deltas) break
      const ms = deltas === 0 ? plan.firstMs : plan.gapMs
      if (ms > 0) yield { do: 'wait', ms }
      deltas++
    }
    if (stop?.bytes !== undefined && bytes + piece.bytes.length >= stop.bytes) {
      yield* sliced({ ...piece, bytes: piece.bytes.subarray(0, stop.bytes - bytes) }, plan, random)
      bytes = stop.bytes
      break
    }
    bytes += piece.bytes.length
    yield* sliced(piece, plan, random)
    if (plan.breaksChunk && deltas > 0) {
      yield { do: 'write', bytes: Buffer.from('zz\r\nnot a chunk\r\n'), tokens: 0 }
      yield { do: 'end', how: 'fin' }
      return
    }
  }
  if (stop) {
    yield { do: 'end', how: stop.how }
    return
  }
  if (isChunked) yield { do: 'write', bytes: lastChunk, tokens: 0 }
  yield { do: 'end', how: isChunked ? 'keep' : 'fin' }
}

const lastChunk = Buffer.from('0\r\n\r\n')

function* sliced(piece: Piece, plan: Plan, random: () => number): Generator<Step, void> {
  const wrap = plan.transfer === 'chunked' ? chunk : (bytes: Buffer) => bytes
  const { sliceBytes } = plan
  let { tokens } = piece
  if (sliceBytes === undefined) {
    if (piece.bytes.length > 0) yield { do: 'write', bytes: wrap(piece.bytes), tokens }
    return
  }
  for (let at = 0; at < piece.bytes.length;) {
    const size = sliceBytes === 'random' ? 1 + Math.floor(random() * 40) : sliceBytes
    yield { do: 'write', bytes: wrap(piece.bytes.subarray(at, at + size)), tokens }
    yield { do: 'wait', ms: 0 } // lets the bytes leave by themselves
    tokens = 0
    at += size
  }
}

/** One chunk of HTTP's chunked coding. */
export function chunk(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
}

/** The head of a response, as it stands on the wire. */
export function headOf(
  plan: Pick<Plan, 'status' | 'headers' | 'preamble'>,
  more: [string, string][],
): Buffer {
  let text = `${plan.preamble}HTTP/1.1 ${plan.status} ${STATUS_CODES[plan.status] ?? 'Status'}\r\n`
  for (const [name, value] of [...plan.headers, ...more]) text += `${name}: ${value}\r\n`
  return Buffer.from(`${text}\r\n`, 'latin1')
}

/** The body in the pieces in which it is sent. */
export function* piecesOf(plan: Plan): Generator<Piece> {
  if (plan.rawBody) {
    for (const bytes of plan.rawBody) yield { bytes, tokens: 0, isDelta: true }
    return
  }
  let at = 0
  let held: Piece | undefined
  for (const frame of plan.frames) {
    if (held) yield held
    held = { bytes: frameBytes(frame, plan, at++), tokens: frame.tokens, isDelta: isDelta(frame) }
  }
  if (held) yield plan.framing === 'sse' && !plan.sse.endsBlank ? withoutBlank(held, plan.sse.lineEnd) : held
  if (plan.framing === 'json-array')
    yield { bytes: Buffer.from(at === 0 ? '[]' : '\r\n]'), tokens: 0, isDelta: false }
}

const isDelta = (frame: SimFrame) => frame.role === 'delta' || frame.role === 'whole'

function withoutBlank(piece: Piece, lineEnd: string): Piece {
  return { ...piece, bytes: piece.bytes.subarray(0, piece.bytes.length - 2 * lineEnd.length) }
}

function frameBytes(frame: SimFrame, plan: Plan, at: number): Buffer {
  if (plan.framing !== 'aws-event-stream') return Buffer.from(frameText(frame, plan, at))
  const data = typeof frame.value === 'string' ? frame.value : JSON.stringify(frame.value)
  return encodeAwsEventStream({ ...(frame.event !== undefined && { event: frame.event }), data })
}

function frameText(frame: SimFrame, plan: Plan, at: number): string {
  const data =
    typeof frame.value === 'string'
      ? frame.value
      : JSON.stringify(frame.value, null, plan.sse.isMultiline ? 1 : 0)
  if (plan.framing === 'json') return data
  if (plan.framing === 'ndjson') return `${data}\n`
  if (plan.framing === 'json-array') return (at === 0 ? '[' : '\r\n,\r\n') + data
  const { lineEnd, hasMark } = plan.sse
  const mark = hasMark && at === 0 ? '\uFEFF' : ''
  if (frame.event === ':') return `${mark}: ${data}${lineEnd}${lineEnd}`
  const name = frame.event === undefined ? '' : `event: ${frame.event}${lineEnd}`
  return `${mark}${name}data: ${data.replaceAll('\n', `${lineEnd}data: `)}${lineEnd}${lineEnd}`
}
