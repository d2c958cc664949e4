/** OpenTelemetry traces: each finished request becomes a span with one child per attempt, exported off its path. */

import { setImmediate } from 'node:timers/promises'
import type { Context, HrTime, Tracer } from '@opentelemetry/api'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base'
import { type ErrorCode, errorTable } from '../core/error.ts'
import type { RequestRecord } from '../records/record.ts'
import { attemptAttributes, requestAttributes, spanName, type TracedProvider } from './span-attributes.ts'
import { loadTracingPeers, type TracingPeers } from './tracing-peers.ts'

/** One POST of spans to the collector. */
export interface TraceExport {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly signal: AbortSignal
}

export interface TracingOptions {
  /** The collector's base URL, `/v1/traces` excluded. */
  readonly endpoint: string
  readonly headers?: Readonly<Record<string, string>>
  readonly version: string
  /** Sends through the egress guard and gives the status of the answer. */
  send(request: TraceExport): Promise<number>
  /** The provider of this name in the configuration. */
  providerOf(name: string): TracedProvider | undefined
  /** Spans were lost: the collector did not take them, or (without a cause) the queue was full. */
  onDropped(spans: number, cause?: unknown): void
  /** Spans that may wait or be on their way; further ones are dropped. */
  readonly maxQueued?: number
  readonly maxBatch?: number
  /** A span waits at most this long before it is sent. */
  readonly flushMs?: number
  /** How long the collector may take for one batch. */
  readonly timeoutMs?: number
}

export interface Tracing {
  /** Queues the spans of one finished request. No I/O; never throws; drops when the queue is full. */
  record(record: RequestRecord, traceparent: string | undefined): void
  /** Sends what is queued, within twice the timeout of a batch, and stops. */
  close(): Promise<void>
}

/** Throws when the optional packages are not installed. A caller that decided not to sample a trace is obeyed. */
export async function createTracing(options: TracingOptions): Promise<Tracing> {
  const { maxQueued = 4096, maxBatch = 256, flushMs = 2000, timeoutMs = 10_000 } = options
  const peers = await loadTracingPeers()
  const { sdk } = peers
  let queued = 0
  const exporter = createExporter(peers, options, timeoutMs, (spans) => {
    queued -= spans
  })
  // Every setting is given: what is left out, the SDK would take from the environment.
  const processor = new sdk.BatchSpanProcessor(exporter, {
    maxQueueSize: maxQueued,
    maxExportBatchSize: maxBatch,
    scheduledDelayMillis: flushMs,
    exportTimeoutMillis: timeoutMs + 1000, // the exporter gives up first, and then counts
  })
  const provider = new sdk.BasicTracerProvider({
    resource: peers.resources.resourceFromAttributes({
      'service.name': 'weir',
      'service.version': options.version,
    }),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.AlwaysOnSampler() }),
    spanProcessors: [processor],
  })
  const tracer = provider.getTracer('weir', options.version)
  const spanMaker: SpanMaker = { api: peers.api, tracer, providerOf: options.providerOf }

  return {
    record(record, traceparent) {
      const parent = parentOf(peers, traceparent)
      if (parent !== undefined && !isSampled(peers, parent)) return
      const spans = 1 + record.attempts.filter(isCall).length
      if (queued + spans > maxQueued) return options.onDropped(spans)
      queued += spans
      addSpans(spanMaker, record, parent ?? peers.api.ROOT_CONTEXT)
    },
    async close() {
      // It rejects when the collector did not take the last spans, which have been counted; and it does not wait for
      // a batch that was on its way.
      await provider.shutdown().catch(() => undefined)
      await exporter.forceFlush()
    },
  }
}

function createExporter(
  { otlp }: TracingPeers,
  { endpoint, headers, send, onDropped }: TracingOptions,
  timeoutMs: number,
  onDone: (spans: number) => void,
): Required<SpanExporter> {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`
  const inFlight = new Set<Promise<void>>()
  const post = async (spans: ReadableSpan[]): Promise<void> => {
    await setImmediate() // the processor calls from within the request that filled the batch
    const body = otlp.JsonTraceSerializer.serializeRequest(spans)
    if (body === undefined) throw new Error('the spans cannot be serialised')
    const status = await send({
      url,
      headers: { ...headers, 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (status < 200 || status > 299) throw new Error(`the collector answered ${status}`)
  }
  return {
    export(spans, onResult) {
      const sent = post(spans)
        .then(
          () => onResult({ code: 0 }),
          (cause: unknown) => {
            onDropped(spans.length, cause)
            onResult({ code: 1 })
          },
        )
        .finally(() => {
          onDone(spans.length)
          inFlight.delete(sent)
        })
      inFlight.add(sent)
    },
    async forceFlush() {
      await Promise.all(inFlight)
    },
    shutdown: () => Promise.resolve(),
  }
}

function isCall(attempt: RequestRecord['attempts'][number]): boolean {
  return attempt.skippedBecause === undefined
}

interface SpanMaker {
  readonly api: TracingPeers['api']
  readonly tracer: Tracer
  readonly providerOf: TracingOptions['providerOf']
}

function addSpans({ api, tracer, providerOf }: SpanMaker, record: RequestRecord, parent: Context): void {
  const at = (offsetMs: number): HrTime => toHrTime(record.atMs, offsetMs)
  const root = tracer.startSpan(
    spanName(record.operation, record.requestedModel),
    {
      kind: api.SpanKind.SERVER,
      startTime: at(0),
      attributes: requestAttributes(record, record.provider ? providerOf(record.provider) : undefined),
    },
    parent,
  )
  const inRequest = api.trace.setSpan(api.ROOT_CONTEXT, root)
  for (const attempt of record.attempts) {
    if (!isCall(attempt)) continue
    const span = tracer.startSpan(
      spanName(record.operation, attempt.model),
      {
        kind: api.SpanKind.CLIENT,
        startTime: at(attempt.startedMs),
        attributes: attemptAttributes(record, attempt, providerOf(attempt.provider)),
      },
      inRequest,
    )
    if (attempt.code !== undefined) span.setStatus({ code: api.SpanStatusCode.ERROR })
    span.end(at(attempt.endedMs))
  }
  // As for HTTP servers: a caller's own mistake is no error of the service.
  if (record.code !== undefined && !isCallersFault(record.code)) {
    root.setStatus({ code: api.SpanStatusCode.ERROR })
  }
  root.end(at(record.durationMs))
}

function isCallersFault(code: ErrorCode): boolean {
  return errorTable[code].blame === 'caller'
}

/** Seconds and nanoseconds, which keep the fractions that a float of Unix milliseconds would lose. */
function toHrTime(atMs: number, offsetMs: number): HrTime {
  const nanos = (atMs % 1000) * 1e6 + Math.round(offsetMs * 1e6)
  return [Math.floor(atMs / 1000) + Math.floor(nanos / 1e9), nanos % 1e9]
}

/** The caller's span of a W3C `traceparent` header; undefined where there is none or it is not valid. */
function parentOf({ api }: TracingPeers, traceparent: string | undefined): Context | undefined {
  const match = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(traceparent ?? '')
  if (match === null) return undefined
  const [, version, traceId = '', spanId = '', flags = '', more] = match
  // W3C Trace Context, 2.2: version 00 has four fields, later ones may have more, and ff is never valid.
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
  if (!api.isSpanContextValid(context)) return undefined
  return api.trace.setSpanContext(api.ROOT_CONTEXT, context)
}

function isSampled({ api }: TracingPeers, parent: Context): boolean {
  const context = api.trace.getSpanContext(parent)
  return context !== undefined && (context.traceFlags & api.TraceFlags.SAMPLED) !== 0
}
