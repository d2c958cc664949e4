/** Nanoseconds of the parts that run per request or per chunk: node bench/micro.ts. Ratios belong to `npm run bench`. */

import { mkdtempSync, rmSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Directory } from '../src/access/directory.ts'
import { createGuessLimiter } from '../src/access/guesses.ts'
import { createBrowserKeys } from '../src/access/browser-keys.ts'
import { generateKey } from '../src/access/key-format.ts'
import { createKeyring, hashSecret } from '../src/access/keys.ts'
import type { StoredKey } from '../src/access/port.ts'
import { authoriseModel, authoriseSensitive, type Principal, toPrincipal } from '../src/access/principal.ts'
import { systemClock } from '../src/core/clock.ts'
import { createIdFactory } from '../src/core/id.ts'
import type { Json } from '../src/core/json.ts'
import { Secret } from '../src/core/secret.ts'
import { builtInDetectors, detectorNames } from '../src/detectors/built-in.ts'
import { findAll } from '../src/detectors/finding.ts'
import { patternDetector, wordDetector } from '../src/detectors/own.ts'
import { dialects } from '../src/dialects/registry.ts'
import { SseParser } from '../src/framing/sse.ts'
import { parseBody } from '../src/http/body.ts'
import { compileCondition } from '../src/routing/condition.ts'
import { createFigureBook } from '../src/routing/figures.ts'
import { createHealth } from '../src/routing/health.ts'
import { planRequest } from '../src/routing/plan.ts'
import { createRecorder } from '../src/records/recorder.ts'
import type { RequestRecord } from '../src/records/record.ts'
import { openStore } from '../src/storage/sqlite/open.ts'
import { recordMigrations } from '../src/storage/sqlite/record-migrations.ts'
import { createRecordStore } from '../src/storage/sqlite/record-store.ts'
import { createMetrics } from '../src/telemetry/metrics.ts'
import { fakeCandidate, fakeEntry, fakeRoute, fakeTraits } from '../test/support/routing.ts'
import { chatRequest } from './requests.ts'
import { key } from './rig.ts'

const rounds = 15
const roundMs = 40

/** What the last call returned: a result that nobody reads may be compiled away. */
const sink: { value: unknown } = { value: undefined }

/** Nanoseconds per call: the least of the rounds, each long enough for the clock. */
function nanosOf(call: () => unknown): number {
  let calls = 100
  let best = Infinity
  for (let round = 0; round < rounds; round++) {
    const startMs = performance.now()
    for (let at = 0; at < calls; at++) sink.value = call()
    const elapsedMs = performance.now() - startMs
    best = Math.min(best, (elapsedMs * 1e6) / calls)
    calls = Math.ceil((calls * roundMs) / Math.max(elapsedMs, 0.01))
  }
  return best
}

const print = (name: string, nanos: number) =>
  console.log(`${name.padEnd(46)}${nanos.toFixed(0).padStart(8)} ns`)

const chunkData =
  '{"id":"chatcmpl-8FWiGLMvmnjWY6vPe4R7wcokNLPQD","object":"chat.completion.chunk","created":1795489092,' +
  '"model":"gpt-5.6-mini","service_tier":"default","system_fingerprint":"fp_5170000000","usage":null,' +
  '"choices":[{"index":0,"delta":{"content":" word"},"logprobs":null,"finish_reason":null}]}'
const deltaData = '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" word"}}'

function streams(): void {
  const bytes = Buffer.from(`data: ${chunkData}\n\n`)
  const parser = new SseParser()
  print(
    'SSE: parse one chunk',
    nanosOf(() => parser.push(bytes)),
  )
  print(
    'JSON.parse of its data, for comparison',
    nanosOf(() => JSON.parse(chunkData)),
  )
  const chat = dialects['openai-chat'].stream.decoder()
  print(
    'chat: decode one chunk',
    nanosOf(() => chat.push({ data: chunkData })),
  )
  const anthropic = dialects['anthropic-messages'].stream.decoder()
  anthropic.push({
    data: '{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}',
  })
  anthropic.push({
    data: '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
  })
  const delta = { event: 'content_block_delta', data: deltaData }
  print(
    'Anthropic: decode one delta',
    nanosOf(() => anthropic.push(delta)),
  )
  const encoder = dialects['openai-chat'].stream.encoder({
    id: 'req_1',
    model: 'm',
    nowMs: 0,
    includeUsage: true,
  })
  encoder.push({ type: 'start', id: 'msg_1', model: 'm' })
  encoder.push({ type: 'block-start', block: 0, choice: 0, kind: 'text' })
  print(
    'chat: encode one delta',
    nanosOf(() => encoder.push({ type: 'block-delta', block: 0, text: ' word' })),
  )
}

async function requests(): Promise<void> {
  const bytes = Buffer.from(chatRequest('assistant', 1).body)
  print(
    `body: check and parse ${bytes.length} bytes`,
    nanosOf(() => parseBody(bytes, 64)),
  )
  const body: Json = parseBody(bytes, 64)
  const chat = dialects['openai-chat'].request
  print(
    'chat: decode the request',
    nanosOf(() => chat.decode(body)),
  )
  const request = chat.decode(body)
  const anthropic = dialects['anthropic-messages'].request
  print(
    'Anthropic: encode the request',
    nanosOf(() => anthropic.encode(request, { model: 'm' })),
  )
  const keyring = createKeyring({
    declared: [{ name: 'bench', secret: new Secret(key) }],
    directory: new Directory({
      store: { changedSince: async () => ({ seq: 0, keys: [], teams: [], users: [] }), write: async () => 1 },
      clock: systemClock,
      onTrouble: () => undefined,
    }),
    pepper: randomBytes(32),
    clock: systemClock,
    guesses: createGuessLimiter(systemClock),
  })
  const caller = { credential: key, clientAddress: '127.0.0.1' }
  print(
    'identify a declared key',
    nanosOf(() => keyring.identify(caller)),
  )
  await identities()
  print('make a request id', nanosOf(createIdFactory(randomBytes, systemClock)))
}

const page = 'https://app.example'

/** A keyring that knows one caller in three ways, and the credential of each. */
async function openKeyring() {
  const pepper = randomBytes(32)
  const { id, secret, text } = generateKey(randomBytes)
  const rules = {
    models: [...Array.from({ length: 9 }, (_, n) => `provider-${n}/*`), 'openai/gpt-*'],
    allowedAddresses: ['10.0.0.0/8', '127.0.0.0/8'],
    clearances: ['pii'],
  }
  const stored: StoredKey = {
    org: 'default',
    id,
    name: 'bench',
    seq: 1,
    createdAtMs: 0,
    metadata: {},
    secretHash: hashSecret(pepper, secret),
    rules,
  }
  const store = {
    changedSince: async () => ({ seq: 1, keys: [stored], teams: [], users: [] }),
    write: async () => 1,
  }
  const directory = new Directory({ store, clock: systemClock, onTrouble: () => undefined })
  await directory.sync()
  const until = { untilMs: systemClock.nowMs() + 3_600_000 }
  const common = {
    org: 'default',
    keyId: 'jwt:corp:ada',
    keyName: 'corp',
    user: { id: 'corp:ada', name: 'ada' },
  }
  const browserKeys = createBrowserKeys(pepper)
  const keyring = createKeyring({
    declared: [],
    directory,
    pepper,
    clock: systemClock,
    guesses: createGuessLimiter(systemClock),
    jwt: async () => ({ principal: toPrincipal(common, rules), ...until }),
    browserKeys,
  })
  const wish = { models: ['openai/gpt-*'], origins: [page], ttlSeconds: 3600 }
  const minted = browserKeys.mint(keyring.parentOf(id)!, wish, systemClock.nowMs()).text
  // Of the length that an identity provider's have; the judge stands in, because a token is judged once a minute.
  const token = `eyJ${randomBytes(90).toString('base64url')}.${randomBytes(400).toString('base64url')}.${randomBytes(256).toString('base64url')}`
  const credentials = [
    ['a stored key', text],
    ['a key for browsers', minted],
    ['a token that is known', token],
  ] as const
  return { keyring, credentials }
}

/** What knowing a caller and asking what they may use costs each request: the bar is 8,000 ns. */
async function identities(): Promise<void> {
  const { keyring, credentials } = await openKeyring()
  for (const [what, credential] of credentials) {
    const caller = { credential, clientAddress: '127.0.0.1', header: () => page }
    await keyring.identify(caller)
    const pass = () => {
      const principal = keyring.identify(caller) as Principal
      authoriseModel(principal, ['openai/gpt-5.6-mini'])
      authoriseSensitive(principal, 'openai/gpt-5.6-mini', undefined)
      return principal
    }
    print(`key check and policy: ${what}`, nanosOf(pass))
  }
}

/** One plan over twenty targets, as a request on a route costs it. */
function plans(): void {
  const targets = Array.from({ length: 20 }, (_, n) => `p/model-${n}`)
  const random = Math.random
  const price = { periods: [{ tiers: [{ aboveTokens: 0, rates: { input: 1000, output: 5000 } }] }] } as const
  const figures = createFigureBook(systemClock)
  const health = createHealth({ clock: systemClock, random, onChange: () => undefined })
  const traits = fakeTraits({ inputBytes: 4000, hasTools: true }, { tags: ['a'] }, { stream: true })
  const condition = compileCondition({ tags: ['a', 'b'], stream: true })!
  const entries = targets.map((name, n) => {
    const info = { price, contextWindow: 100_000, capabilities: { tools: true } }
    const entry = fakeEntry(fakeCandidate(name, info), { weight: n + 1, labels: ['x'], condition })
    figures.add(name, { firstTokenMs: 300 + n, tokensPerSecond: 80, outputTokens: 200 })
    return entry
  })
  for (const strategy of ['ordered', 'weighted', 'cheapest', 'fastest', 'task'] as const) {
    const route = fakeRoute(strategy, entries, { rules: [{ label: 'x', condition }] })
    const parts = { health, figures, random, nowMs: systemClock.monotonicMs(), atMs: systemClock.nowMs() }
    print(
      `plan: ${strategy}, 20 targets with conditions`,
      nanosOf(() => planRequest(route, traits, parts)),
    )
  }
}

const recordsPerBatch = 256

/** Of one record, written in groups as the recorder does. */
function records(): void {
  const metrics = createMetrics({ openRequests: () => 0, breakers: () => [], budgets: () => [] })
  print(
    'metrics: observe one record',
    nanosOf(() => metrics.observe(recordOf('req_0'))),
  )
  const folder = mkdtempSync(join(tmpdir(), 'weir-micro-'))
  const database = openStore(join(folder, 'records.db'), recordMigrations, systemClock)
  const store = createRecordStore(database)
  const newId = createIdFactory(randomBytes, systemClock)
  const insert = () => store.insert(Array.from({ length: recordsPerBatch }, () => recordOf(newId())))
  print('records: write one, of 256 in a group', nanosOf(insert) / recordsPerBatch)
  const recorder = createRecorder({
    store: { ...store, insert: () => undefined },
    clock: systemClock,
    onError: () => undefined,
    retention: { days: 1, maxBytes: 2 ** 30 },
  })
  const record = recordOf('req_0')
  print(
    'records: queue one',
    nanosOf(() => recorder.record(record)),
  )
  recorder.close()
  database.close()
  rmSync(folder, { recursive: true, force: true })
}

function recordOf(id: string): RequestRecord {
  const usage = { inputTokens: 250, outputTokens: 120 }
  return {
    id,
    org: 'default',
    atMs: systemClock.nowMs(),
    dialect: 'openai-chat',
    operation: 'generate',
    requestedModel: 'assistant',
    route: 'assistant',
    provider: 'up',
    model: 'gpt-5.6-mini',
    keyId: 'declared:bench',
    keyName: 'bench',
    user: 'customer-4711',
    tags: [],
    stream: false,
    status: 200,
    durationMs: 812,
    overheadMs: 0.4,
    usage,
    dropped: [],
    finish: 'stop',
    clientGone: false,
    attempts: [
      {
        n: 1,
        provider: 'up',
        model: 'gpt-5.6-mini',
        startedMs: 0.2,
        headersMs: 810,
        endedMs: 811,
        status: 200,
        usage,
        dropped: [],
      },
    ],
  }
}

/** Prose with numbers, dates and code in it, 8 kB: nothing to be found, as in nearly all prompts. */
function guardrails(): void {
  const line =
    'The quick brown fox, 2024-05-06, costs 12.50 USD and jumps over 3 lazy dogs; call f(x): y = a.b + 7 - http://example.com/path?x=1. '
  const text = line.repeat(64).slice(0, 8192)
  const built = builtInDetectors(detectorNames)
  print(
    'guardrails: all built-in detectors, 8 kB',
    nanosOf(() => findAll(text, built)),
  )
  const words = wordDetector(
    'words',
    Array.from({ length: 1000 }, (_, at) => `forbidden${at} phrase`),
  )
  print(
    'guardrails: 1,000 words, 8 kB',
    nanosOf(() => words.find(text)),
  )
  const patterns = patternDetector('patterns', ['\\bACME-\\d{4,6}\\b', '(?i)operation (?:falcon|heron)'])
  print(
    'guardrails: two patterns, 8 kB',
    nanosOf(() => patterns.find(text)),
  )
  const found = `${text} ada@example.org `.repeat(2).slice(-8192)
  print(
    'guardrails: all built-in detectors, two findings',
    nanosOf(() => findAll(found, built)),
  )
}

streams()
guardrails()
await requests()
plans()
records()
