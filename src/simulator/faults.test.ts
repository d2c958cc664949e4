import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { type RawAnswer, type RawCall, rawPost } from '../../test/support/raw-client.ts'
import type { JsonObject } from '../core/json.ts'
import { SseParser } from '../framing/sse.ts'
import { batchFaultTable } from './batch/faults.ts'
import { faults } from './faults.ts'
import { createSimulator, type Simulator } from './simulator.ts'

interface Dialect {
  readonly name: string
  readonly path: (isStream: boolean) => string
  readonly body: (isStream: boolean) => JsonObject
  /** What a streamed answer has in the event that ends it. */
  readonly finish: RegExp
  readonly usage: RegExp
  readonly error: RegExp
}

// Every fault is put in by a scenario under one name, so that the answers differ by the fault alone.
const model = 'm'
const messages = [{ role: 'user', content: 'one two three four' }]
const dialects: readonly Dialect[] = [
  {
    name: 'chat',
    path: () => '/openai/v1/chat/completions',
    body: (stream) => ({
      model,
      stream,
      messages,
      ...(stream && { stream_options: { include_usage: true } }),
    }),
    finish: /"finish_reason":"/,
    usage: /"usage":\{[^}]*"completion_tokens":6/,
    error: /"error":\{"message":"/,
  },
  {
    name: 'responses',
    path: () => '/openai/v1/responses',
    body: (stream) => ({ model, stream, input: messages }),
    finish: /response\.completed|"status":"completed","background"/,
    usage: /"output_tokens":6/,
    error: /"message":"Overloaded"|"error":\{"message":"/,
  },
  {
    name: 'messages',
    path: () => '/anthropic/v1/messages',
    body: (stream) => ({ model, stream, messages, max_tokens: 100 }),
    finish: /"stop_reason":"/,
    usage: /"output_tokens":6/,
    error: /"type":"error","error":\{"type":"/,
  },
  {
    name: 'generate',
    path: (stream) =>
      `/gemini/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: () => ({ contents: [{ role: 'user', parts: [{ text: 'one two three four' }] }] }),
    finish: /"finishReason":"/,
    usage: /"candidatesTokenCount":6/,
    error: /"error":\{"code":/,
  },
]

interface Case {
  readonly dialect: Dialect
  readonly isStream: boolean
  readonly clean: RawAnswer
  readonly answer: RawAnswer
}

type Check = (run: Case) => void

interface Row {
  /** The specification, where the name needs an argument. */
  readonly spec?: string
  readonly leaveWhen?: RawCall['leaveWhen']
  readonly check: Check
}

const header = ({ headers }: RawAnswer, name: string) => headers.find(([key]) => key === name)?.[1]

const refuses =
  (status: number, more?: (answer: RawAnswer) => void): Check =>
  ({ answer, dialect }) => {
    assert.equal(answer.status, status)
    assert.match(answer.body, dialect.error)
    assert.equal(answer.ended, 'fin')
    more?.(answer)
  }

const limited = (value: RegExp, name = 'retry-after'): Row => ({
  check: refuses(429, (answer) => assert.match(header(answer, name) ?? '', value)),
})

const asFrames = (body: string) => new SseParser().push(Buffer.from(body)).map(({ data }) => data)
const deltasIn = (body: string) => (body.match(/"(?:one| two| three| four)"/g) ?? []).length
const same: Check = ({ answer, clean }) => assert.equal(answer.body, clean.body)
const parsed = (body: string) => JSON.parse(body) as JsonObject

/** All counts of the usage in the answer, as text. */
const counts = (body: string) =>
  [...body.matchAll(/"(?:usage|usageMetadata)":\{([^]*?)\}/g)].flatMap(([, inner]) =>
    [...inner!.matchAll(/"\w*(?:okens|Count)":("?[^,{[}]+)/g)].map(([, value]) => value!),
  )

const each = (pattern: RegExp): Row => ({
  check: ({ answer }) => {
    const values = counts(answer.body)
    assert.ok(values.length > 0)
    for (const value of values) assert.match(value, pattern)
  },
})

const rows: Readonly<Record<string, Row>> = {
  http: { spec: 'http-503', check: refuses(503) },
  'http-429-s': limited(/^\d+$/),
  'http-429-float': limited(/^\d+\.\d+$/),
  'http-429-ms': limited(/^\d+$/, 'retry-after-ms'),
  'http-429-go': limited(/^1m2\.5s$/),
  'http-429-date': limited(/GMT$/),
  'http-429-rfc3339': limited(/^\d{4}-.*Z$/),
  'http-429-garbage': limited(/^soon$/),
  'http-429-retryinfo': {
    check: refuses(429, ({ body }) => {
      if (body.includes('RESOURCE_EXHAUSTED')) assert.match(body, /"retryDelay":"1\.5s"/)
    }),
  },
  'quota-openai': { check: refuses(429) },
  'quota-anthropic': {
    check: refuses(429, (answer) => assert.equal(header(answer, 'retry-after'), undefined)),
  },
  'quota-gemini-day': { check: refuses(429) },
  'context-length': { check: refuses(400) },
  'bigerr-500': { check: refuses(500, ({ body }) => assert.ok(body.length > 4_900_000)) },
  'html-502': {
    check: ({ answer }) => {
      assert.equal(answer.status, 502)
      assert.match(answer.body, /^<!doctype html>/)
    },
  },
  'empty-500': { check: ({ answer }) => assert.deepEqual([answer.status, answer.body], [500, '']) },
  'err-in-200': {
    check: ({ answer, dialect, isStream }) => {
      assert.equal(answer.status, 200)
      assert.match(answer.body, dialect.error)
      assert.match(header(answer, 'content-type')!, isStream ? /event-stream/ : /json/)
    },
  },
  'ctype-html': {
    check: ({ answer }) =>
      assert.deepEqual([answer.status, header(answer, 'content-type')], [200, 'text/html']),
  },
  'ctype-json': { check: ({ answer }) => assert.ok(parsed(answer.body)) },
  'ctype-sse': { check: ({ answer, dialect }) => assert.match(asFrames(answer.body).join(), dialect.finish) },
  'empty-body': { check: ({ answer }) => assert.deepEqual([answer.status, answer.body], [200, '']) },
  breaks: {
    spec: 'breaks-fence',
    check: ({ answer }) => assert.match(answer.body, /```json/),
  },
  'empty-completion': {
    check: ({ answer, dialect }) => {
      assert.equal(deltasIn(answer.body), 0)
      assert.match(answer.body, dialect.finish)
    },
  },
  'ce-chain-1000': {
    check: ({ answer }) => assert.equal(header(answer, 'content-encoding')!.split(', ').length, 1000),
  },
  'ce-bomb': {
    check: ({ answer }) => {
      assert.ok(answer.rawBody.length < 300_000)
      assert.throws(() => gunzipSync(answer.rawBody, { maxOutputLength: 100_000_000 }), {
        code: 'ERR_BUFFER_TOO_LARGE',
      })
    },
  },
  'cl-short': {
    check: ({ answer }) => assert.equal(Number(header(answer, 'content-length')), answer.rawBody.length - 10),
  },
  'cl-long': {
    check: ({ answer }) => assert.equal(Number(header(answer, 'content-length')), answer.rawBody.length + 10),
  },
  'bad-chunk': {
    check: ({ answer }) => {
      assert.equal(header(answer, 'transfer-encoding'), 'chunked')
      assert.ok(answer.isTruncated)
    },
  },
  'hdr-20k': { check: ({ answer }) => assert.equal(header(answer, 'x-long')!.length, 20_000) },
  'hdr-10000': { check: ({ answer }) => assert.ok(answer.headers.length > 10_000) },
  'json-100m': {
    leaveWhen: (received) => received.length > 1_000_000,
    check: ({ answer }) => assert.match(answer.body.slice(0, 5000), /^\{/),
  },
  'ttfb-inf': { leaveWhen: () => true, check: ({ answer }) => assert.equal(answer.rawBody.length, 0) },
  ttft: { spec: 'ttft-1ms', check: same },
  slow: { spec: 'slow-1ms', check: same },
  'stall-after': {
    spec: 'stall-after-2',
    leaveWhen: (received) =>
      deltasIn(received) === 2 || (received.includes('content-length') && received.length > 300),
    check: ({ answer, clean }) => {
      assert.equal(answer.ended, 'left')
      assert.ok(clean.body.startsWith(answer.body) && answer.body.length < clean.body.length)
    },
  },
  'rst-after': {
    spec: 'rst-after-2',
    check: ({ answer, clean, isStream }) => {
      assert.equal(answer.ended, 'reset')
      assert.ok(clean.body.startsWith(answer.body) && answer.body.length < clean.body.length)
      if (isStream) assert.equal(deltasIn(answer.body), 2)
    },
  },
  'fin-at-byte': {
    spec: 'fin-at-byte-137',
    check: ({ answer, clean }) => {
      assert.equal(answer.ended, 'fin')
      assert.equal(answer.body, clean.body.slice(0, 137))
      assert.equal(header(answer, 'content-length') ?? header(answer, 'transfer-encoding'), undefined)
    },
  },
  split: { spec: 'split-random', check: same },
  endless: {
    leaveWhen: (received) => received.length > 40_000,
    check: ({ answer, dialect, isStream }) => {
      assert.equal(answer.ended, 'left')
      if (isStream) assert.doesNotMatch(answer.body, dialect.finish)
    },
  },
  'sse-crlf': {
    check: ({ answer, clean, isStream }) => {
      assert.deepEqual(asFrames(answer.body), asFrames(clean.body))
      if (isStream) assert.doesNotMatch(answer.body.replaceAll('\r\n', ''), /\n/)
    },
  },
  'sse-bom': {
    check: ({ answer, clean, isStream }) =>
      assert.equal(answer.body, (isStream ? '\uFEFF' : '') + clean.body),
  },
  'sse-multiline': {
    check: ({ answer, clean, isStream }) => {
      const compact = (body: string) =>
        asFrames(body).map((data) => (data.startsWith('{') ? JSON.stringify(JSON.parse(data)) : data))
      assert.deepEqual(compact(answer.body).length, asFrames(clean.body).length)
      if (isStream) assert.ok(asFrames(answer.body)[0]!.includes('\n'))
    },
  },
  'sse-noblank': {
    check: ({ answer, clean, isStream }) => {
      assert.equal(answer.body.trimEnd(), clean.body.trimEnd())
      if (isStream) assert.equal(asFrames(answer.body).length, asFrames(clean.body).length - 1)
    },
  },
  'no-done': { check: ({ answer }) => assert.doesNotMatch(answer.body, /\[DONE\]/) },
  'no-finish': {
    check: ({ answer, dialect }) => {
      assert.doesNotMatch(answer.body, dialect.finish)
      assert.equal(deltasIn(answer.body) > 0 || answer.body.includes('one two three four'), true)
      assert.equal(answer.isTruncated, false)
    },
  },
  'no-choices': {
    check: ({ answer, clean, isStream }) => {
      if (isStream) assert.equal(asFrames(answer.body).length, asFrames(clean.body).length + 2)
      else assert.doesNotMatch(answer.body, /one/)
    },
  },
  'bad-json-at': {
    spec: 'bad-json-at-2',
    check: ({ answer, isStream }) => {
      const documents = isStream ? asFrames(answer.body).filter((data) => data !== '[DONE]') : [answer.body]
      const bad = documents.filter((data) => {
        try {
          return JSON.parse(data) === undefined
        } catch {
          return true
        }
      })
      assert.equal(bad.length, 1)
    },
  },
  'err-event-after': {
    spec: 'err-event-after-2',
    check: ({ answer, dialect, isStream }) => {
      assert.equal(answer.status, 200)
      assert.match(answer.body, dialect.error)
      assert.equal(deltasIn(answer.body), isStream ? 2 : 0)
    },
  },
  'dup-chunk': {
    check: ({ answer, isStream }) =>
      assert.equal((answer.body.match(/" two"/g) ?? []).length, isStream ? 2 : 0),
  },
  loop: { check: ({ answer }) => assert.ok((answer.body.match(/one/g) ?? []).length > 200) },
  'line-10m': { check: ({ answer }) => assert.ok(answer.body.length > 10_000_000) },
  'after-done': {
    check: ({ answer, clean, isStream }) => {
      assert.ok(answer.body.startsWith(clean.body))
      assert.equal(answer.body.length > clean.body.length, isStream)
    },
  },
  'tool-cut': { check: ({ answer }) => assert.match(answer.body, /lookup/) },
  finish: { spec: 'finish-strange', check: ({ answer }) => assert.match(answer.body, /"strange"/) },
  'usage-cached': {
    check: ({ answer, clean }) => {
      const names = [
        'cached_tokens',
        'cache_read_input_tokens',
        'cachedContentTokenCount',
        'cacheReadInputTokens',
      ]
      const cached = new RegExp(`"(?:${names.join('|')})":[1-9]`)
      assert.doesNotMatch(clean.body, cached)
      assert.match(answer.body, cached)
    },
  },
  'usage-missing': { check: ({ answer }) => assert.doesNotMatch(answer.body, /"usage(?:Metadata)?":\{/) },
  'usage-null': { check: ({ answer }) => assert.match(answer.body, /"usage(?:Metadata)?":null/) },
  'usage-zero': each(/^0$/),
  'usage-negative': each(/^-\d+$/),
  'usage-huge': each(/^11529215046\d+$/),
  'usage-string': each(/^"\d+"?$/),
  'usage-inf': each(/^1e400$/),
  'usage-twice': {
    check: ({ answer, clean, dialect, isStream }) => {
      const times = (body: string) => (body.match(new RegExp(dialect.usage, 'g')) ?? []).length
      assert.equal(times(answer.body), times(clean.body) + (isStream ? 1 : 0))
    },
  },
  'usage-cumulative': {
    check: ({ answer, clean, isStream }) =>
      assert.equal(asFrames(answer.body).length, asFrames(clean.body).length + (isStream ? 4 : 0)),
  },
}

/** Faults that leave all of an answer to be sent: its bill is that of the clean one. */
const billedInFull = new Set(
  (
    'ctype-json ctype-sse ce-chain-1000 cl-short cl-long hdr-20k hdr-10000 ttft slow split sse-crlf sse-bom ' +
    'sse-multiline sse-noblank no-done no-finish no-choices bad-json-at dup-chunk line-10m after-done finish usage-missing ' +
    'usage-cached usage-null usage-zero usage-negative usage-huge usage-string usage-inf usage-twice usage-cumulative'
  ).split(' '),
)
const refused = /^(http|quota|html|empty-500|bigerr|context|err-in|ctype-html)/

async function start(t: TestContext): Promise<{ simulator: Simulator; url: string }> {
  let ms = 0
  const clock = { nowMs: () => 1_790_000_000_000, monotonicMs: () => ms++ }
  const simulator = createSimulator({ clock })
  const { url } = await simulator.listen(0)
  t.after(() => simulator.close())
  return { simulator, url }
}

test('every fault has a row here, but for those of whole batches', () => {
  const expected = [...faults.keys()].filter((name) => !(name in batchFaultTable))
  assert.deepEqual(Object.keys(rows).toSorted(), expected.toSorted())
})

test('every fault, in every dialect, streamed and not', async (t) => {
  const { simulator, url } = await start(t)
  for (const dialect of dialects) {
    for (const isStream of [true, false]) {
      const call = { path: dialect.path(isStream), body: dialect.body(isStream) }
      const answerAs = (respond: string, leaveWhen?: RawCall['leaveWhen']) => {
        simulator.reset() // so that ids are the same
        simulator.setScenario({ rules: [{ respond }] })
        return rawPost(url, leaveWhen ? { ...call, leaveWhen } : call)
      }
      const clean = await answerAs('echo')
      assert.equal(clean.status, 200)
      for (const [name, row] of Object.entries(rows)) {
        if (name === 'ttfb-inf') continue // has a test of its own
        await t.test(`${dialect.name} ${isStream ? 'streamed' : 'whole'} ${name}`, async () => {
          const answer = await answerAs(`fault/${row.spec ?? name}`, row.leaveWhen)
          row.check({ dialect, isStream, clean, answer })
          const [receipt] = simulator.receipts()
          assert.deepEqual(receipt!.faults, [row.spec ?? name])
          if (refused.test(name)) assert.equal(receipt!.billed, null)
          if (billedInFull.has(name)) assert.equal(receipt!.billed!.outputTokens, 6)
        })
      }
    }
  }
})

test('statuses: informational, redirects, refusals', async (t) => {
  const { url } = await start(t)
  const { path, body } = dialects[0]!
  const ask = (fault: string) =>
    rawPost(url, { path: path(false), body: { ...body(false), model: `fault/${fault}` } })
  const early = await ask('http-103')
  assert.deepEqual([early.informational, early.status], [[103], 200])
  for (const status of [302, 307]) {
    const answer = await ask(`http-${status}`)
    assert.deepEqual([answer.status, answer.body, header(answer, 'location')], [status, '', '/elsewhere'])
  }
  for (const status of [400, 401, 402, 403, 404, 413, 422, 429, 500, 502, 503, 504, 529]) {
    assert.equal((await ask(`http-${status}`)).status, status)
  }
})

test('@n strikes the first n requests, %p a seeded share, + joins', async (t) => {
  const { simulator, url } = await start(t)
  const { path, body } = dialects[0]!
  const ask = async (name: string, provider = 'openai') =>
    (
      await rawPost(url, {
        path: path(false).replace('openai', provider),
        body: { ...body(false), model: name },
      })
    ).status
  const repeat = async (name: string, times: number) => {
    const statuses: number[] = []
    for (let at = 0; at < times; at++) statuses.push(await ask(name))
    return statuses
  }
  assert.deepEqual(await repeat('fault/http-503@2', 4), [503, 503, 200, 200])
  assert.equal(await ask('fault/http-503@2', 'other'), 503, 'providers are counted apart')
  const shares = await repeat('fault/http-503%0.3', 100)
  const struck = shares.filter((status) => status === 503).length
  assert.ok(struck > 15 && struck < 45, `${struck} of 100`)
  simulator.reset()
  assert.deepEqual(await repeat('fault/http-503@2', 3), [503, 503, 200], 'counted anew')
  simulator.reset()
  assert.deepEqual(
    await repeat('fault/http-503%30', 100),
    shares,
    'the same seed and the same share in percent',
  )
  const joined = await rawPost(url, {
    path: path(true),
    body: { ...body(true), model: 'fault/usage-missing+no-done+words-3' },
  })
  assert.match(joined.body, /"content":" water"/)
  assert.doesNotMatch(joined.body, /"usage":\{|\[DONE\]/)
  assert.equal(await ask('fault/http-503@1+nonsense'), 404)
  assert.equal(await ask('fault/ttft'), 200, 'an argument may be left out')
})
