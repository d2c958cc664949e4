/** The exact cache through real sockets: what is served again, in which dialect, and what is not kept. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { startStack, type Stack, testKey } from '../support/stack.ts'
import { until } from '../support/until.ts'

const cached = { cache: { exact: {} } }

function chat(model: string, content: string, more: JsonObject = {}): JsonObject {
  return { model, messages: [{ role: 'user', content }], ...more }
}

async function ask(stack: Stack, body: JsonObject, headers: Record<string, string> = {}) {
  const response = await stack.post('/v1/chat/completions', body, headers)
  const text = await response.text()
  return { response, text, cache: response.headers.get('x-weir-cache') }
}

const contentOf = (text: string): unknown =>
  asObject(asObject(asArray(asObject(JSON.parse(text))?.['choices'])[0])?.['message'])?.['content']

test('the second of two equal requests costs no call, and says so', async (t) => {
  const stack = await startStack(t, { config: cached })
  const first = await ask(stack, chat('openai/gpt-4o-mini', 'Hello there'))
  const second = await ask(stack, chat('openai/gpt-4o-mini', 'Hello there'))
  assert.deepEqual([first.cache, second.cache], ['miss', 'hit'])
  assert.equal(stack.simulator.receipts().length, 1)
  assert.equal(contentOf(second.text), contentOf(first.text))
  assert.equal(second.response.headers.get('x-weir-attempts'), '0')
  assert.equal(second.response.headers.get('x-weir-provider'), 'openai')
  const id = second.response.headers.get('x-weir-request-id')
  const record = await until('the record', async () => {
    const found = await stack.admin(`/requests/${id}`)
    return found['error'] === undefined ? found : undefined
  })
  assert.deepEqual(asArray(record['attempts']), [])
  const told = asObject(record['cache'])
  assert.equal(told?.['outcome'], 'hit')
  assert.ok(Number(told?.['saved_usd']) > 0, JSON.stringify(told))
})

test('one question through two SDKs, streamed or not, is one entry', async (t) => {
  const stack = await startStack(t, { config: cached })
  const openai = new OpenAI({ baseURL: `${stack.gateway.url}/v1`, apiKey: testKey, maxRetries: 0 })
  const anthropic = new Anthropic({ baseURL: stack.gateway.url, apiKey: testKey, maxRetries: 0 })
  const messages = [{ role: 'user', content: 'Tell me of weirs' }] as const
  const asked = { model: 'claude/words-12', max_tokens: 64, messages: [...messages] }
  const first = await openai.chat.completions.create(asked)
  const content = first.choices[0]!.message.content!
  const second = await anthropic.messages.create(asked)
  assert.deepEqual(
    second.content.map((block) => block.type === 'text' && block.text),
    [content],
  )
  const third = await anthropic.messages.stream(asked).finalMessage()
  assert.deepEqual(
    third.content.map((block) => block.type === 'text' && block.text),
    [content],
  )
  let streamed = ''
  for await (const chunk of await openai.chat.completions.create({ ...asked, stream: true })) {
    streamed += chunk.choices[0]?.delta.content ?? ''
  }
  assert.equal(streamed, content)
  const google = await stack.post('/v1beta/models/claude/words-12:generateContent', {
    contents: [{ role: 'user', parts: [{ text: 'Tell me of weirs' }] }],
    generationConfig: { maxOutputTokens: 64 },
  })
  assert.equal(google.headers.get('x-weir-cache'), 'hit')
  assert.match(await google.text(), new RegExp(content.split(' ')[0]!))
  assert.equal(stack.simulator.receipts().length, 1)
})

test('what differs is asked anew: words, sampling, tools, and what is demanded of targets', async (t) => {
  const stack = await startStack(t, { config: cached })
  const tool = { type: 'function', function: { name: 'look_up', parameters: { type: 'object' } } }
  const bodies = [
    chat('openai/echo', 'Hello'),
    chat('openai/echo', 'Hello '),
    chat('openai/echo', 'Hello', { temperature: 0.2 }),
    chat('openai/echo', 'Hello', { max_tokens: 9 }),
    chat('openai/echo', 'Hello', { tools: [tool] }),
    chat('openai/words-5', 'Hello'),
    chat('claude/echo', 'Hello'),
    {
      model: 'openai/echo',
      messages: [
        { role: 'system', content: 'Hello' },
        { role: 'user', content: 'Hello' },
      ],
    },
  ]
  for (const body of bodies) assert.equal((await ask(stack, body)).cache, 'miss', JSON.stringify(body))
  const strict = await ask(stack, bodies[0]!, { 'x-weir-strict': '1' })
  assert.equal(strict.cache, 'miss')
  for (const body of bodies) assert.equal((await ask(stack, body)).cache, 'hit', JSON.stringify(body))
})

test('who asks and how the answer is to come is no part of the question', async (t) => {
  const stack = await startStack(t, { config: cached })
  await ask(stack, chat('openai/echo', 'Hello', { user: 'ann' }))
  const again = chat('openai/echo', 'Hello', { user: 'bob', stream: true, prompt_cache_key: 'x' })
  const second = await ask(stack, again, { 'x-weir-session': 's' })
  assert.equal(second.cache, 'hit')
  assert.match(second.text, /\[DONE\]\s*$/)
})

test('`x-weir-cache` of a request: no-store, refresh, only', async (t) => {
  const stack = await startStack(t, { config: cached })
  const body = chat('openai/echo', 'Hello')
  const only = await ask(stack, body, { 'x-weir-cache': 'only' })
  assert.equal(only.response.status, 504)
  assert.match(only.text, /not_cached/)
  assert.equal((await ask(stack, body, { 'x-weir-cache': 'no-store' })).cache, 'off')
  assert.equal((await ask(stack, body)).cache, 'miss')
  assert.equal((await ask(stack, body, { 'x-weir-cache': 'only' })).cache, 'hit')
  assert.equal((await ask(stack, body, { 'x-weir-cache': 'refresh' })).cache, 'miss')
  assert.equal((await ask(stack, body, { 'x-weir-cache': 'no-store' })).cache, 'off')
  assert.equal(stack.simulator.receipts().length, 4)
  const wrong = await ask(stack, body, { 'x-weir-cache': 'maybe' })
  assert.equal(wrong.response.status, 400)
})

test('failures, cut answers, answers that stopped at a limit and refusals are not kept', async (t) => {
  const stack = await startStack(t, { config: cached })
  for (const model of ['fault/http-500', 'fault/cut', 'refuses']) {
    for (const stream of [false, true]) {
      const body = chat(`openai/${model}`, 'Hello', { stream })
      await ask(stack, body).catch(() => undefined)
      const second = await ask(stack, body).catch(() => undefined)
      assert.notEqual(second?.cache, 'hit', model)
    }
  }
  const short = chat('openai/words-50', 'Hello', { max_tokens: 3 })
  await ask(stack, short)
  assert.equal((await ask(stack, short)).cache, 'miss')
})

test('answers that call a tool are kept only where the configuration says so', async (t) => {
  const tool = {
    type: 'function',
    function: { name: 'look_up', parameters: { type: 'object', properties: { q: { type: 'string' } } } },
  }
  const body = chat('openai/tools', 'Hello', { tools: [tool] })
  const plain = await startStack(t, { config: cached })
  assert.match((await ask(plain, body)).text, /tool_calls/)
  assert.equal((await ask(plain, body)).cache, 'miss')
  const asked = await startStack(t, { config: { cache: { exact: { toolCalls: true } } } })
  await ask(asked, body)
  const second = await ask(asked, body)
  assert.equal(second.cache, 'hit')
  assert.match(second.text, /look_up/)
})

test('a route overrides the global section; where no cache is configured, no header speaks of one', async (t) => {
  const targets = ['openai/echo']
  const stack = await startStack(t, {
    config: { ...cached, routes: { plain: { targets }, bare: { targets, cache: 'off' } } },
  })
  for (const [model, outcome] of [
    ['plain', 'hit'],
    ['bare', 'off'],
  ] as const) {
    await ask(stack, chat(model, 'Hello'))
    assert.equal((await ask(stack, chat(model, 'Hello'))).cache, outcome)
  }
  const off = await startStack(t)
  assert.equal((await ask(off, chat('openai/echo', 'Hello'))).cache, null)
  assert.equal(
    (await ask(off, chat('openai/echo', 'Hello'), { 'x-weir-cache': 'only' })).response.status,
    504,
  )
})

for (const keep of ['memory', 'disk'] as const) {
  test(`purging by tag and by destination (${keep})`, async (t) => {
    const stack = await startStack(t, { config: { cache: { exact: {}, keep } } })
    const purge = async (query: string) => {
      const response = await fetch(`${stack.gateway.url}/admin/v1/cache${query}`, {
        method: 'DELETE',
        headers: { authorization: 'Bearer admin-token-of-16-characters' },
      })
      return ((await response.json()) as { purged: number }).purged
    }
    await ask(stack, chat('openai/echo', 'One'), { 'x-weir-tags': 'docs' })
    await ask(stack, chat('openai/echo', 'Two'))
    await ask(stack, chat('claude/echo', 'Two'))
    assert.equal(asObject(await stack.admin('/cache'))?.['entries'], 3)
    assert.equal(await purge('?tag=docs'), 1)
    assert.equal(await purge('?destination=claude/echo'), 1)
    assert.equal((await ask(stack, chat('openai/echo', 'One'))).cache, 'miss')
    assert.equal((await ask(stack, chat('openai/echo', 'Two'))).cache, 'hit')
    assert.equal(await purge(''), 2)
  })
}

test('a route that looks at its caller keeps the answers of different callers apart', async (t) => {
  const stack = await startStack(t, {
    config: {
      ...cached,
      models: { 'claude/echo': { sensitive: ['secret'] } },
      routes: {
        tiered: {
          targets: [{ target: 'claude/echo', when: { headers: { 'x-tier': 'gold' } } }, 'openai/echo'],
        },
      },
      keys: [
        { name: 'test', secret: 'env:WEIR_TEST_KEY', clearances: ['secret'] },
        { name: 'plain', secret: 'env:WEIR_ADMIN_TOKEN' },
      ],
      admin: {},
    },
  })
  const plain = { authorization: 'Bearer admin-token-of-16-characters' }
  const gold = { 'x-tier': 'gold' }
  const from = async (headers: Record<string, string>) => {
    const { cache, response } = await ask(stack, chat('tiered', 'Hello'), headers)
    return [cache, response.headers.get('x-weir-provider')]
  }
  assert.deepEqual(await from(gold), ['miss', 'claude'])
  assert.deepEqual(await from({}), ['miss', 'openai'])
  assert.deepEqual(await from({ ...gold, ...plain }), ['miss', 'openai'])
  assert.deepEqual(await from(gold), ['hit', 'claude'])
  assert.deepEqual(await from({ 'x-weir-data-region': 'eu' }), [null, null])
})

test('a key that may not write reads what others brought, and leaves nothing to them', async (t) => {
  const readerKey = 'reader-key-of-16-characters'
  const stack = await startStack(t, {
    env: { READER_KEY: readerKey },
    config: {
      ...cached,
      keys: [
        { name: 'test', secret: 'env:WEIR_TEST_KEY' },
        { name: 'reader', secret: 'env:READER_KEY', cacheWrite: false },
      ],
    },
  })
  const reader = { authorization: `Bearer ${readerKey}` }
  const body = chat('openai/gpt-4o-mini', 'Of whom is this?')
  const outcomes = []
  for (const headers of [reader, reader, {}, reader]) outcomes.push((await ask(stack, body, headers)).cache)
  assert.deepEqual(outcomes, ['miss', 'miss', 'miss', 'hit'])
  assert.equal(stack.simulator.receipts().length, 3)

  // Nor does anybody wait for its call.
  const slow = chat('openai/words-30', 'Who waits for whom?', { stream: true })
  const both = await Promise.all([ask(stack, slow, reader), ask(stack, slow)])
  assert.deepEqual(
    both.map(({ cache }) => cache),
    ['miss', 'miss'],
  )
})
