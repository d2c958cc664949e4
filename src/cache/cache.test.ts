/** No entry is ever served to another tenant, prompt, tool set or setting; nothing unproven is kept; what is damaged is a miss. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { systemClock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { FinishReason, GenEvent } from '../core/event.ts'
import type { GenRequest, Tool, Turn } from '../core/request.ts'
import { AnswerCache, type Asked } from './cache.ts'
import { type CachedAnswer, decodeEntry, encodeEntry } from './entry.ts'
import { canonicalJson, canonicalRequest, keyOf } from './key.ts'
import { createMemoryAnswerStore } from './memory-store.ts'
import type { Policies } from './policy.ts'
import type { AnswerStore } from './port.ts'

const full = process.env['WEIR_PROVE'] === '1'
const runs = full ? 5000 : 300

const exact = { ttlSeconds: 60, toolCalls: false, maxEntryBytes: 100_000 }

function policiesOf(revision: string): Policies {
  return {
    isAnyOn: true,
    of: () => ({ revision, exact, looksAt: { keys: false, tags: false, headers: [], marks: [] } }),
  }
}

interface Kept {
  readonly cache: AnswerCache
  readonly store: AnswerStore
  readonly faults: unknown[]
  corrupt: number
}

function createCache(policies: () => Policies = () => policiesOf('r1')): Kept {
  const store = createMemoryAnswerStore(50_000_000, systemClock)
  const kept: Kept = {
    store,
    faults: [],
    corrupt: 0,
    cache: new AnswerCache({
      store,
      clock: systemClock,
      policies,
      semantic: { look: () => undefined },
      onFault: (cause) => kept.faults.push(cause),
      onCorrupt: () => kept.corrupt++,
    }),
  }
  return kept
}

function user(text: string): Turn {
  return { role: 'user', parts: [{ type: 'text', text }] }
}

function askedOf(request: Partial<GenRequest>, more: Partial<Asked> = {}): Asked {
  return {
    id: 'req_1',
    org: 'default',
    destination: 'chat',
    request: { model: 'chat', stream: false, turns: [user('Hello')], ...request },
    control: undefined,
    isStrict: false,
    mayWrite: true,
    mayShare: true,
    tags: [],
    caller: { keyName: 'k', header: () => undefined },
    ...more,
  }
}

function answerEvents(text: string, reason: FinishReason = 'stop'): GenEvent[] {
  return [
    { type: 'start', id: 'a', model: 'm' },
    { type: 'block-start', block: 0, choice: 0, kind: 'text' },
    ...Array.from(text, (letter): GenEvent => ({ type: 'block-delta', block: 0, text: letter })),
    { type: 'block-end', block: 0 },
    { type: 'finish', choice: 0, reason, native: reason },
    { type: 'usage', usage: { inputTokens: 1, outputTokens: 2 } },
  ]
}

const target = { provider: 'p', model: 'm', dropped: [] }

/** Asks, and on a miss lets the call answer with `text`. Tells what the client is told. */
async function exchange(cache: AnswerCache, asked: Asked, events: readonly GenEvent[]) {
  const found = await cache.find(asked)
  assert.ok(found?.outcome === 'hit' || found?.outcome === 'miss')
  if (found.outcome === 'hit') return { outcome: 'hit', text: textOf(found.answer.events) }
  found.lead.land({ ...target, events })
  return { outcome: 'miss', text: textOf(events) }
}

/** Text that does not shrink. */
function noise(length: number): string {
  let state = 1
  const next = (): number => (state = (state * 48_271) % 2_147_483_647)
  return Array.from({ length }, () => String.fromCharCode(33 + (next() % 90))).join('')
}

function textOf(events: readonly GenEvent[]): string {
  return events.map((event) => (event.type === 'block-delta' ? event.text : '')).join('')
}

// Few values, so that questions meet often; texts that a careless join of fields would confuse.
const word = fc.constantFrom(
  '',
  'a',
  'b',
  'ab',
  'a\nb',
  '","',
  '{"a":1}',
  ' a',
  'A',
  '\u0000',
  'é',
  'e\u0301',
)
const org = fc.constantFrom('default', 'default ', 'o1', 'o1 chat', 'o2')
const tool: fc.Arbitrary<Tool> = fc.record({
  type: fc.constant('function' as const),
  name: word,
  schema: fc.constantFrom({ type: 'object' }, { type: 'object', properties: { a: { type: 'string' } } }),
})
const request = fc.record(
  {
    turns: fc.array(
      fc.record({
        role: fc.constantFrom('system' as const, 'user' as const, 'assistant' as const),
        parts: fc.array(fc.record({ type: fc.constant('text' as const), text: word }), {
          minLength: 1,
          maxLength: 2,
        }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    tools: fc.array(tool, { minLength: 1, maxLength: 2 }),
    temperature: fc.constantFrom(0, 0.5, 1),
    maxOutputTokens: fc.constantFrom(1, 10),
    stop: fc.array(word, { minLength: 1, maxLength: 2 }),
    format: fc.constantFrom(
      { type: 'json' as const },
      { type: 'json-schema' as const, schema: { type: 'object' } },
    ),
    seed: fc.constantFrom(0, 1),
  },
  { requiredKeys: ['turns'] },
)
const question = fc.record({
  org,
  destination: fc.constantFrom('chat', 'chat2', 'p/m', 'p/m2'),
  isStrict: fc.boolean(),
  request,
})

test('an answer is served only to the very question that brought it, of the same tenant', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(question, { minLength: 2, maxLength: 30 }), async (questions) => {
      const { cache } = createCache()
      // The answer names its question: whoever is told it can see whose it was.
      for (const { request: asked, ...setting } of questions) {
        const name = canonicalJson([
          JSON.stringify(setting),
          canonicalRequest({ ...asked, model: 'x', stream: false }),
        ])
        const told = await exchange(cache, askedOf(asked, setting), answerEvents(name))
        assert.equal(told.text, name)
      }
    }),
    { numRuns: runs },
  )
})

test('keys of different questions differ, whatever their fields hold', () => {
  const setting = { destination: 'd', revision: 'r', isStrict: false }
  fc.assert(
    fc.property(question, question, (one, other) => {
      const keys = [one, other].map(({ request: asked, ...rest }) =>
        keyOf({ ...setting, ...rest }, { ...asked, model: 'x', stream: false }),
      )
      const same = canonicalJson(one as never) === canonicalJson(other as never)
      assert.equal(keys[0] === keys[1], same)
    }),
    { numRuns: runs * 4 },
  )
})

test('two tenants that ask the same share nothing', async () => {
  const { cache } = createCache()
  const probes = full ? 100_000 : 2000
  for (let n = 0; n < probes; n++) {
    const turns = [user(`question ${n % 50}`)]
    const first = await exchange(cache, askedOf({ turns }, { org: 'one' }), answerEvents('one'))
    const second = await exchange(cache, askedOf({ turns }, { org: 'two' }), answerEvents('two'))
    assert.deepEqual([first.text, second.text], ['one', 'two'])
  }
})

test('a change of what stands behind a destination leaves its old answers behind', async () => {
  let revision = 'r1'
  const { cache } = createCache(() => policiesOf(revision))
  await exchange(cache, askedOf({}), answerEvents('old'))
  assert.equal((await exchange(cache, askedOf({}), answerEvents('old'))).outcome, 'hit')
  revision = 'r2'
  assert.equal((await exchange(cache, askedOf({}), answerEvents('new'))).text, 'new')
})

test('only whole answers of proven use are kept', async () => {
  const bad: GenEvent[][] = [
    ...(['length', 'content-filter', 'refusal', 'pause', 'error', 'other', 'tool-calls'] as const).map(
      (reason) => answerEvents('x', reason),
    ),
    answerEvents(''),
    answerEvents('x').filter(({ type }) => type !== 'finish'),
    [...answerEvents('x'), { type: 'fail', error: new GatewayError('upstream_truncated', 'cut') }],
    [{ type: 'block-start', block: 0, choice: 0, kind: 'refusal' }, ...answerEvents('x')],
    [
      { type: 'block-start', block: 1, choice: 0, kind: 'tool', callId: 'c', name: 'n' },
      ...answerEvents('x'),
    ],
    [...answerEvents('x'), { type: 'finish', choice: 1, reason: 'length', native: 'length' }],
    answerEvents(noise(200_000)),
  ]
  for (const events of bad) {
    const { cache } = createCache()
    await exchange(cache, askedOf({}), events)
    assert.equal((await exchange(cache, askedOf({}), events)).outcome, 'miss')
  }
})

test('a call that failed leaves nothing behind', async () => {
  const { cache } = createCache()
  const found = await cache.find(askedOf({}))
  assert.ok(found?.outcome === 'miss')
  found.lead.fail(new GatewayError('upstream_error', 'no'))
  assert.equal((await exchange(cache, askedOf({}), answerEvents('y'))).outcome, 'miss')
})

test('an entry comes back as it was, and a damaged one is a miss', () => {
  const answer: CachedAnswer = {
    events: answerEvents('Grüße, '.repeat(400)),
    provider: 'p',
    model: 'm',
    dropped: ['top_k'],
    costNanoUsd: 12,
    requestId: 'req_1',
    atMs: 5,
  }
  for (const one of [answer, { ...answer, events: answerEvents('short') }]) {
    const bytes = encodeEntry(one)
    const back = decodeEntry(bytes)!
    assert.equal(textOf(back.events), textOf(one.events))
    assert.deepEqual({ ...back, events: [] }, { ...one, events: [] })
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Buffer.from(bytes)
        damaged[at]! ^= change
        assert.equal(decodeEntry(damaged), undefined)
      }),
    )
    for (let cut = 0; cut < bytes.length; cut++) assert.equal(decodeEntry(bytes.subarray(0, cut)), undefined)
  }
})

test('a damaged entry is replaced, a store that fails is passed over', async () => {
  const kept = createCache()
  const { cache, store } = kept
  await exchange(cache, askedOf({}), answerEvents('old'))
  const get = store.get.bind(store)
  store.get = (...place) => {
    const kept = get(...place)
    return kept && { value: Buffer.from('rubbish') }
  }
  assert.equal((await exchange(cache, askedOf({}), answerEvents('new'))).outcome, 'miss')
  assert.equal(kept.corrupt, 1)
  store.get = () => Promise.reject(new Error('the store is down'))
  assert.equal((await exchange(cache, askedOf({}), answerEvents('new'))).outcome, 'miss')
  assert.equal(kept.faults.length, 1)
})

test('marks for providers’ own caches and the client’s housekeeping are no part of a question', () => {
  const plain = { model: 'a', stream: false, turns: [user('Hello')] }
  const setting = { org: 'o', destination: 'd', revision: 'r', isStrict: false }
  const marked: GenRequest = {
    model: 'b',
    stream: true,
    includeUsage: true,
    user: 'ann',
    session: 's',
    metadata: { trace: '1' },
    cache: { ttl: '1h' },
    turns: [
      {
        role: 'user',
        parts: [{ type: 'text', text: 'Hello', cache: { ttl: '5m' } }],
        native: { dialect: 'anthropic-messages', fields: { x: 1 }, carried: ['x'] },
      },
    ],
  }
  assert.equal(keyOf(setting, marked), keyOf(setting, plain))
  const wish: GenRequest = {
    ...plain,
    native: { dialect: 'openai-chat', fields: { web_search_options: {} } },
  }
  assert.notEqual(keyOf(setting, wish), keyOf(setting, plain))
})

test('a look that fails leaves no call behind that later requests would wait for', async () => {
  const broken = new Error('broken')
  const semantic = { embedder: 'e', mode: 'serve', threshold: 0.9, maxFalseHits: 0.01, sample: 0 } as const
  const cache = new AnswerCache({
    store: createMemoryAnswerStore(1_000_000, systemClock),
    clock: systemClock,
    policies: () => ({
      isAnyOn: true,
      of: (name) => ({
        ...policiesOf('r1').of(name)!,
        semantic: { ...semantic, timeoutMs: 100, maxEntries: 10 },
      }),
    }),
    semantic: {
      look() {
        throw broken
      },
    },
    onFault: () => undefined,
    onCorrupt: () => undefined,
  })
  await assert.rejects(cache.find(askedOf({}))!, broken)
  await assert.rejects(cache.find(askedOf({}))!, broken)
})
