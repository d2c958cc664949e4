/** Traces reach a real collector as the GenAI conventions say, hold nothing sensitive, and never hold up a request. */

import assert from 'node:assert/strict'
import { copyFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { createRequestRecord } from '../../test/support/request-record.ts'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import { GatewayError } from '../core/error.ts'
import type { RequestRecord } from '../records/record.ts'
import { createPoster } from '../upstream/post.ts'
import type * as TracingPeers from './tracing-peers.ts'
import { createTracing, type Tracing, type TracingOptions } from './tracing.ts'

interface CollectedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly status: { readonly code: number; readonly message?: string }
  readonly attributes: Readonly<Record<string, unknown>>
}

interface Collector {
  readonly endpoint: string
  readonly spans: CollectedSpan[]
  readonly bodies: string[]
  readonly requests: { readonly url: string | undefined; readonly headers: IncomingHttpHeaders }[]
  status: number
  readonly server: Server
}

type OtlpValue = Readonly<Record<string, unknown>> & {
  readonly arrayValue?: { readonly values: readonly OtlpValue[] }
}

interface OtlpAttribute {
  readonly key: string
  readonly value: OtlpValue
}

interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] }
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<CollectedSpan, 'attributes'> & { attributes: OtlpAttribute[] })[]
    }[]
  }[]
}

const fromOtlpValue = (value: OtlpValue): unknown =>
  value.arrayValue ? value.arrayValue.values.map(fromOtlpValue) : Object.values(value)[0]

const fromOtlp = (attributes: readonly OtlpAttribute[]): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, fromOtlpValue(value)]))

/** A collector that answers with `status`; with status 0 it never answers. */
async function startCollector(t: TestContext, status = 200): Promise<Collector> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      collector.bodies.push(body)
      collector.requests.push({ url: request.url, headers: request.headers })
      for (const { resource, scopeSpans } of (JSON.parse(body) as OtlpRequest).resourceSpans) {
        assert.equal(fromOtlp(resource.attributes)['service.name'], 'weir')
        for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
          collector.spans.push({ ...span, attributes: fromOtlp(span.attributes) })
        }
      }
      if (collector.status > 0) response.writeHead(collector.status).end('{}')
    })
  })
  const collector: Collector = { endpoint: '', spans: [], bodies: [], requests: [], status, server }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return Object.assign(collector, { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
}

interface Bench {
  readonly tracing: Tracing
  readonly drops: { readonly spans: number; readonly cause: unknown }[]
}

async function open(
  t: TestContext,
  endpoint: string,
  options: Partial<TracingOptions> = {},
  allowPrivateNetwork = true,
): Promise<Bench> {
  const poster = createPoster({ allowPrivateNetwork, allowedPorts: [Number(new URL(endpoint).port)] })
  t.after(() => poster.close())
  const drops: Bench['drops'] = []
  const tracing = await createTracing({
    endpoint,
    version: '1.2.3',
    send: (request) => poster.post(request),
    providerOf: (name) =>
      name === 'gone' ? undefined : { name: `traced-${name}`, address: `${name}.example`, port: 443 },
    onDropped: (spans, cause) => drops.push({ spans, cause }),
    ...options,
  })
  t.after(() => tracing.close())
  return { tracing, drops }
}

const total = (drops: Bench['drops']): number => drops.reduce((sum, { spans }) => sum + spans, 0)

const atMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678)

test('a request is a server span with a client span per attempt, by the conventions', async (t) => {
  const collector = await startCollector(t)
  const { tracing, drops } = await open(t, `${collector.endpoint}/`, { headers: { 'x-tenant': 'a' } })
  const [answered] = createRequestRecord(atMs).attempts
  assert.ok(answered)
  const { usage: _usage, firstTokenMs: _first, ...bare } = answered
  tracing.record(
    createRequestRecord(atMs, {
      dropped: ['top_k', 'seed'],
      usage: {
        inputTokens: 5,
        outputTokens: 6,
        cacheReadTokens: 2,
        cacheWriteTokens: 1,
        reasoningTokens: 3,
      },
      attempts: [
        { ...bare, n: 1, provider: 'first', endedMs: 100.125, status: 503, code: 'upstream_overloaded' },
        { ...bare, n: 2, provider: 'idle', skippedBecause: 'breaker open' },
        { ...answered, n: 3, startedMs: 100.25 },
      ],
    }),
    undefined,
  )
  await tracing.close()
  assert.deepEqual(drops, [])
  assert.equal(collector.requests[0]?.url, '/v1/traces')
  assert.equal(collector.requests[0]?.headers['content-type'], 'application/json')
  assert.equal(collector.requests[0]?.headers['x-tenant'], 'a')

  const [first, second, root, ...more] = collector.spans
  assert.ok(first && second && root)
  assert.deepEqual(more, [])
  assert.deepEqual([first.kind, second.kind, root.kind], [3, 3, 2]) // CLIENT, CLIENT, SERVER
  assert.deepEqual([first.parentSpanId, second.parentSpanId], [root.spanId, root.spanId])
  assert.equal(root.parentSpanId, undefined)
  assert.equal(new Set([first, second, root].map(({ traceId }) => traceId)).size, 1)
  assert.equal(root.startTimeUnixNano, `${atMs}000000`)
  assert.equal(root.endTimeUnixNano, `${BigInt(atMs) * 1_000_000n + 1_234_500_000n}`)
  assert.equal(first.endTimeUnixNano, `${BigInt(atMs) * 1_000_000n + 100_125_000n}`)
  assert.deepEqual([first.status.code, second.status.code, root.status.code], [2, 0, 0])

  assert.equal(root.name, 'chat assistant')
  assert.deepEqual(root.attributes, {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'traced-openai',
    'gen_ai.request.model': 'assistant',
    'gen_ai.response.model': 'gpt-5.6-mini',
    'gen_ai.response.finish_reasons': ['stop'],
    'gen_ai.usage.input_tokens': 5,
    'gen_ai.usage.output_tokens': 6,
    'gen_ai.usage.cache_read.input_tokens': 2,
    'gen_ai.usage.cache_creation.input_tokens': 1,
    'gen_ai.usage.reasoning.output_tokens': 3,
    'http.response.status_code': 200,
    'weir.request_id': createRequestRecord(atMs).id,
    'weir.dialect': 'openai-chat',
    'weir.route': 'assistant',
    'weir.stream': true,
    'weir.attempts': 2,
    'weir.dropped': ['top_k', 'seed'],
    'weir.time_to_first_token_ms': 201.25,
    'weir.overhead_ms': 0.5,
  })
  assert.equal(first.name, 'chat gpt-5.6-mini')
  assert.deepEqual(first.attributes, {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'traced-first',
    'gen_ai.request.model': 'gpt-5.6-mini',
    'error.type': 'upstream_overloaded',
    'server.address': 'first.example',
    'server.port': 443,
    'http.response.status_code': 503,
    'weir.attempt': 1,
    'weir.provider': 'first',
    'weir.upstream_request_id': 'chatcmpl-abcdefghijkl',
  })
  assert.equal(second.attributes['gen_ai.usage.output_tokens'], 200)
  assert.equal(second.attributes['weir.time_to_first_token_ms'], 100.75)
})

test("a failure is an error of the service unless it is the caller's own", async (t) => {
  const collector = await startCollector(t)
  const { tracing } = await open(t, collector.endpoint)
  const failed = (code: NonNullable<RequestRecord['code']>): RequestRecord => {
    const { finish: _finish, usage: _usage, ...record } = createRequestRecord(atMs, { code, attempts: [] })
    return record
  }
  tracing.record(failed('upstream_timeout'), undefined)
  tracing.record({ ...failed('invalid_request'), provider: 'gone', requestedModel: '' }, undefined)
  await tracing.close()
  const [timeout, mistake] = collector.spans
  assert.equal(timeout?.status.code, 2)
  assert.equal(timeout?.attributes['error.type'], 'upstream_timeout')
  assert.equal('gen_ai.response.model' in timeout.attributes, false)
  assert.equal(mistake?.status.code, 0)
  assert.equal(mistake?.attributes['error.type'], 'invalid_request')
  assert.equal(mistake?.attributes['gen_ai.provider.name'], 'gone')
  assert.equal(mistake?.name, 'chat')
})

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'

test("the caller's traceparent is the parent, and its decision not to sample is obeyed", async (t) => {
  const collector = await startCollector(t)
  const { tracing } = await open(t, collector.endpoint)
  const record = createRequestRecord(atMs)
  tracing.record(record, `00-${traceId}-${spanId}-01`)
  tracing.record(record, `cc-${traceId}-${spanId}-01-what-comes-later`)
  tracing.record(record, `00-${traceId}-${spanId}-00`)
  await tracing.close()
  const roots = collector.spans.filter(({ kind }) => kind === 2)
  assert.equal(roots.length, 2)
  assert.equal(collector.spans.length, 4)
  for (const root of roots) assert.deepEqual([root.traceId, root.parentSpanId], [traceId, spanId])
})

test('a traceparent that is not valid begins a trace of its own', async (t) => {
  const collector = await startCollector(t)
  const { tracing } = await open(t, collector.endpoint)
  const bad = [
    '',
    'x',
    `00-${traceId}-${spanId}`,
    `00-${traceId}-${spanId}-01-more`,
    `ff-${traceId}-${spanId}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
  ]
  for (const traceparent of bad) tracing.record(createRequestRecord(atMs), traceparent)
  await tracing.close()
  const roots = collector.spans.filter(({ kind }) => kind === 2)
  assert.equal(roots.length, bad.length)
  for (const root of roots) assert.equal(root.parentSpanId, undefined)
  assert.equal(new Set(roots.map((root) => root.traceId)).size, bad.length)
})

test('no user, session, key, tag, prompt or provider message is in a span', async (t) => {
  const collector = await startCollector(t)
  const { tracing } = await open(t, collector.endpoint)
  const canary = 'CANARY'
  const [attempt] = createRequestRecord(atMs).attempts
  assert.ok(attempt)
  const usage = {
    inputTokens: 1,
    outputTokens: 1,
    native: { dialect: canary, value: { note: canary } },
  }
  tracing.record(
    createRequestRecord(atMs, {
      org: canary,
      keyId: canary,
      keyName: canary,
      user: canary,
      session: canary,
      tags: [canary],
      message: canary,
      code: 'upstream_error',
      usage,
      attempts: [{ ...attempt, code: 'upstream_error', message: canary, usage }],
    }),
    undefined,
  )
  await tracing.close()
  assert.equal(collector.spans.length, 2)
  assert.doesNotMatch(collector.bodies.join(), /CANARY/)
})

test('long names of clients are cut', async (t) => {
  const collector = await startCollector(t)
  const { tracing } = await open(t, collector.endpoint)
  const long = 'm'.repeat(100_000)
  const dropped = Array.from({ length: 1000 }, () => long)
  tracing.record(createRequestRecord(atMs, { requestedModel: long, dropped }), undefined)
  await tracing.close()
  assert.ok(collector.bodies.join().length < 20_000)
})

test('a collector that is down, refuses or never answers costs spans, which are counted, and no request', async (t) => {
  const refusing = await startCollector(t, 503)
  const silent = await startCollector(t, 0)
  const closed = await startCollector(t)
  closed.server.close()
  for (const { endpoint } of [refusing, silent, closed]) {
    const { tracing, drops } = await open(t, endpoint, { timeoutMs: 50, maxBatch: 8, maxQueued: 16 })
    for (let n = 0; n < 12; n++) tracing.record(createRequestRecord(atMs + n), undefined)
    await tracing.close()
    assert.equal(total(drops), 24)
    assert.ok(drops.some(({ cause }) => cause instanceof Error))
  }
})

test('spans beyond the bound are dropped at once, and later ones are taken again', async (t) => {
  const first = Promise.withResolvers<number>()
  let sent = 0
  const send = async (): Promise<number> => (++sent === 1 ? first.promise : 200)
  const { tracing, drops } = await open(t, 'http://127.0.0.1:1', { send, maxBatch: 10, maxQueued: 10 })
  const record = (): void => tracing.record(createRequestRecord(atMs), undefined)
  for (let n = 0; n < 7; n++) record()
  assert.equal(sent, 0) // nothing is serialised or sent inside of a request
  await setImmediate()
  assert.equal(sent, 1)
  record() // the ten on their way count as well
  assert.deepEqual(drops, Array(3).fill({ spans: 2, cause: undefined }))
  first.resolve(200)
  await setImmediate()
  record()
  assert.equal(drops.length, 3)
  await tracing.close()
  assert.deepEqual([sent, drops.length], [2, 3])
})

test('close waits for a batch that was already on its way', async (t) => {
  const first = Promise.withResolvers<number>()
  let sent = 0
  const send = async (): Promise<number> => (++sent === 1 ? first.promise : 200)
  const { tracing, drops } = await open(t, 'http://127.0.0.1:1', { send, maxBatch: 2 })
  tracing.record(createRequestRecord(atMs), undefined)
  tracing.record(createRequestRecord(atMs), undefined)
  await setImmediate()
  assert.equal(sent, 1)
  const closed = tracing.close()
  while (sent < 2) await setImmediate()
  for (let turn = 0; turn < 3; turn++) await setImmediate()
  first.reject(new Error('too late'))
  await closed
  assert.equal(total(drops), 2)
})

test('requests that are not sampled take no room in the queue', async (t) => {
  const collector = await startCollector(t)
  const { tracing, drops } = await open(t, collector.endpoint, { maxBatch: 2, maxQueued: 2 })
  for (let n = 0; n < 5; n++) tracing.record(createRequestRecord(atMs), `00-${traceId}-${spanId}-00`)
  tracing.record(createRequestRecord(atMs), undefined)
  await tracing.close()
  assert.deepEqual([drops, collector.spans.length], [[], 2])
})

test('the collector is dialled through the egress guard', async (t) => {
  const collector = await startCollector(t)
  const { tracing, drops } = await open(t, collector.endpoint, {}, false)
  tracing.record(createRequestRecord(atMs), undefined)
  await tracing.close()
  assert.deepEqual(collector.requests, [])
  assert.equal(total(drops), 2)
  const cause = drops[0]?.cause
  assert.ok(cause instanceof GatewayError)
  assert.equal(cause.code, 'egress_blocked')
})

test('times of any fraction become whole nanoseconds in order', async (t) => {
  const collector = await startCollector(t)
  const { tracing } = await open(t, collector.endpoint, { maxQueued: 10_000 })
  const durations = fc.sample(fc.double({ min: 0, max: 1e6, noNaN: true }), 200)
  for (const durationMs of durations) {
    tracing.record(createRequestRecord(atMs + 321, { durationMs, attempts: [] }), undefined)
  }
  await tracing.close()
  assert.equal(collector.spans.length, durations.length)
  const startNanos = BigInt(atMs + 321) * 1_000_000n
  for (const [index, { startTimeUnixNano, endTimeUnixNano }] of collector.spans.entries()) {
    assert.equal(BigInt(startTimeUnixNano), startNanos)
    const rounded = BigInt(Math.round(durations[index]! * 1e6))
    assert.equal(BigInt(endTimeUnixNano), startNanos + rounded)
  }
})

test('without the optional packages the mend is told', async () => {
  // A copy outside of the repository finds no node_modules.
  const copy = join(createTemporaryFolder(), 'tracing-peers.ts')
  copyFileSync(join(import.meta.dirname, 'tracing-peers.ts'), copy)
  const { loadTracingPeers } = (await import(pathToFileURL(copy).href)) as typeof TracingPeers
  await assert.rejects(loadTracingPeers(), /not installed\n {2}Run `npm install @opentelemetry\/api /)
})
