/** Reads a provider's non-streamed answer, and its error answers. */

import { hasTooManyParts } from '../core/bounded-json.ts'
import { GatewayError } from '../core/error.ts'
import type { GenEvent } from '../core/event.ts'
import { type Json, parseJson } from '../core/json.ts'
import type { Dialect, Patch } from '../dialects/dialect.ts'
import { createFrameParser } from '../framing/frame-parser.ts'
import { TerminalGuard } from './guard.ts'
import type { AttemptContext, AttemptResult } from './operation.ts'
import { retryAfterMs } from './retry-after.ts'
import type { SendOptions } from './send.ts'
import { untilRefilled } from './told-budgets.ts'
import type { Phase, ResponseHeaders } from './upstream-call.ts'

const maxAnswerBytes = 32 * 1024 * 1024
/** Of an error answer only the beginning is read: it may be a whole web page. */
const maxErrorBytes = 64 * 1024

export interface Whole {
  /** Absent: a complete answer of status 2xx. */
  readonly fault?: GatewayError
  readonly phase: Phase
  readonly status?: number
  readonly headers: ResponseHeaders
  readonly headersMs?: number
  readonly body: Buffer
}

/**
 * Sends a request and collects its whole answer, up to the size limits. Every failure, of the connection or told
 * by the provider, is in `fault`. Never rejects. An interrupt aborts it.
 */
export function exchange(
  options: SendOptions,
  decodeError: (status: number, body: string) => GatewayError,
  { sender, interrupt, clock }: AttemptContext,
): Promise<Whole> {
  const { promise, resolve } = Promise.withResolvers<Whole>()
  const chunks: Buffer[] = []
  let received = 0
  let status: number | undefined
  let headersMs: number | undefined
  let headers: ResponseHeaders = {}
  const done = (lost?: GatewayError) => {
    const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
    const isRefused = lost === undefined && status !== undefined && status >= 300
    const fault = isRefused ? errorOf(decodeError, { status: status!, headers, body }, clock.nowMs()) : lost
    resolve({
      phase: call.phase,
      headers,
      body,
      ...(fault && { fault }),
      ...(status !== undefined && { status }),
      ...(headersMs !== undefined && { headersMs }),
    })
  }
  const call = sender.send(options, {
    onHeaders(answered, answeredHeaders) {
      status = answered
      headers = answeredHeaders
      headersMs = clock.monotonicMs()
      const fault = contentEncodingFault(headers)
      if (fault) call.abort(fault)
    },
    onData(chunk) {
      received += chunk.length
      const fault = sizeFault(status!, received)
      if (fault) call.abort(fault)
      else chunks.push(chunk)
    },
    onEnd: () => done(),
    onFault: (error) => done(error),
  })
  interrupt.on((reason) => call.abort(reason))
  return promise
}

/** The fault of an answer that has grown beyond what is read of its kind. */
export function sizeFault(status: number, bytes: number): GatewayError | undefined {
  if (status >= 300 && bytes > maxErrorBytes) {
    return new GatewayError('upstream_error', 'The provider sent a very large error answer.')
  }
  if (bytes <= maxAnswerBytes) return undefined
  return new GatewayError('upstream_protocol', `The provider's answer exceeds ${maxAnswerBytes} bytes.`)
}

/** What every attempt tells of a collected answer. */
export function resultOf(received: Whole, dropped: readonly string[]): AttemptResult {
  const { fault, phase, status, headersMs } = received
  const requestId = requestIdOf(received.headers)
  return {
    phase,
    isCommitted: false,
    isWhole: fault === undefined,
    headers: received.headers,
    dropped,
    ...(fault && { error: fault }),
    ...(status !== undefined && { status }),
    ...(headersMs !== undefined && { headersMs }),
    ...(requestId !== undefined && { upstreamRequestId: requestId }),
  }
}

/** The provider's own id of the request, which its support asks for. */
export function requestIdOf(headers: ResponseHeaders): string | undefined {
  const id = headers['x-request-id'] ?? headers['request-id'] ?? headers['x-amzn-requestid']
  return typeof id === 'string' ? id : undefined
}

/** Weir asks for `identity`; a compressed answer nobody asked for is a fault, and cannot become a bomb. */
export function contentEncodingFault(headers: ResponseHeaders): GatewayError | undefined {
  const encoding = headers['content-encoding']
  if (encoding === undefined || encoding === 'identity' || encoding === '') return undefined
  return new GatewayError(
    'upstream_protocol',
    'The provider compressed an answer that was asked for uncompressed.',
  )
}

interface ErrorAnswer {
  readonly status: number
  readonly headers: ResponseHeaders
  readonly body: Buffer
}

/** The error that an answer of status 300 or above tells, with the wait its headers ask for. */
export function errorOf(
  decode: (status: number, body: string) => GatewayError,
  { status, headers, body }: ErrorAnswer,
  nowMs: number,
): GatewayError {
  if (status < 400) {
    return new GatewayError('upstream_protocol', `The provider answered with a redirect (${status}).`)
  }
  const error = decode(status, body.toString('utf8'))
  const askedMs = retryAfterMs(headers, nowMs) ?? (status === 429 ? untilRefilled(headers, nowMs) : undefined)
  const waitMs = Math.max(error.retryAfterMs ?? 0, askedMs ?? 0)
  if (waitMs === 0 && error.retryAfterMs === undefined) return error
  return new GatewayError(error.code, error.message, {
    status: error.status,
    retryAfterMs: waitMs,
    ...(error.param !== undefined && { param: error.param }),
    ...(error.upstream && { upstream: error.upstream }),
  })
}

/** Does this content type say that the answer is a stream of events, one JSON document, or neither? */
export function contentKind(headers: ResponseHeaders): 'stream' | 'json' | 'other' {
  const type = String(headers['content-type'] ?? '')
  if (isEventStream(headers)) return 'stream'
  if (type.includes('json')) return 'json'
  return type.startsWith('text/html') ? 'other' : 'stream'
}

const streamTypes = ['text/event-stream', 'application/vnd.amazon.eventstream', 'application/x-ndjson']

/** Does this content type name a framing of streams? */
export function isEventStream(headers: ResponseHeaders): boolean {
  const type = String(headers['content-type'] ?? '')
  return streamTypes.some((name) => type.startsWith(name))
}

/**
 * The events of a collected answer, through the guard. A provider that streams although it was not asked to is
 * understood as well. Never throws: what cannot be read ends in `fail`.
 */
export function decodeWhole(
  dialect: Dialect,
  whole: Whole,
  patch: Patch | undefined,
  eventPatch: Patch | undefined,
): GenEvent[] {
  const guard = new TerminalGuard()
  const events: GenEvent[] = []
  const decoded = isEventStream(whole.headers)
    ? decodeStreamBody(dialect, whole.body, eventPatch)
    : decodeJsonBody(dialect, whole.body, patch)
  for (const event of decoded) if (guard.admits(event)) events.push(event)
  events.push(...guard.end())
  return events
}

function decodeJsonBody(dialect: Dialect, body: Buffer, patch: Patch | undefined): readonly GenEvent[] {
  const json = jsonOf(body)
  if (json instanceof GatewayError) return [{ type: 'fail', error: json }]
  try {
    return dialect.response.decode(json, patch)
  } catch (cause) {
    return [{ type: 'fail', error: unreadable(cause) }]
  }
}

/** Why an answer could not be read. One that nests deeper than the stack goes is the provider's doing, not ours. */
export function unreadable(cause: unknown): GatewayError {
  if (cause instanceof GatewayError) return cause
  if (cause instanceof RangeError) {
    return new GatewayError('upstream_protocol', "The provider's answer is nested too deep.", { cause })
  }
  return new GatewayError('internal', 'The answer could not be read.', { cause })
}

/** The JSON of a collected answer, or the fault of one that has none. */
export function jsonOf(body: Buffer): Json | GatewayError {
  if (body.length === 0) return new GatewayError('upstream_truncated', 'The provider sent an empty answer.')
  if (hasTooManyParts(body)) {
    return new GatewayError('upstream_protocol', "The provider's answer is of more parts than any answer is.")
  }
  const json = parseJson(body.toString('utf8'))
  return json === undefined
    ? new GatewayError('upstream_protocol', "The provider's answer is not JSON.")
    : json
}

function decodeStreamBody(dialect: Dialect, body: Buffer, patch: Patch | undefined): readonly GenEvent[] {
  const decoder = dialect.stream.decoder(patch)
  const parser = createFrameParser(dialect.framing ?? 'sse')
  const events: GenEvent[] = []
  try {
    for (const frame of [...parser.push(body), ...parser.end()]) events.push(...decoder.push(frame))
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    events.push({ type: 'fail', error })
  }
  events.push(...decoder.end())
  return events
}
