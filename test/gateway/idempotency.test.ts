/** A request that a client repeats under its `idempotency-key` is run and billed once. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI from 'openai'
import type { JsonObject } from '../../src/core/json.ts'
import { start } from '../../src/main.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import { startStack, testKey, type Stack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const ask = (model: string, text: string, more: JsonObject = {}) => ({
  model,
  messages: [{ role: 'user', content: text }],
  ...more,
})

const keyed = (key: string) => ({ 'idempotency-key': key })
const receiptsOf = ({ simulator }: Stack) => simulator.receipts().length

test('a repeat gets the same bytes, at no cost, whatever the order of its members', async (t) => {
  const stack = await startStack(t)
  const first = await stack.post('/v1/chat/completions', ask('openai/words-5', 'hi'), keyed('a'))
  assert.equal(first.headers.get('idempotent-replayed'), null)
  const body = await first.text()
  const again = await stack.post(
    '/v1/chat/completions',
    `{ "messages": [{"content": "hi", "role": "user"}],\n "model": "openai/words-5" }`,
    keyed('a'),
  )
  assert.deepEqual([again.status, await again.text()], [200, body])
  assert.equal(again.headers.get('idempotent-replayed'), 'true')
  assert.equal(again.headers.get('x-weir-provider'), 'openai')
  const id = again.headers.get('x-weir-request-id')
  assert.notEqual(id, first.headers.get('x-weir-request-id'))
  assert.equal(receiptsOf(stack), 1)
  const record = await until('the record', async () => {
    const found = await stack.admin(`/requests/${id}`)
    return found['error'] === undefined ? found : undefined
  })
  assert.equal(record['replay_of'], first.headers.get('x-weir-request-id'))
  assert.deepEqual(record['attempts'], [])
})

test('a stream is replayed whole, event by event the same', async (t) => {
  const stack = await startStack(t)
  for (const model of ['openai/words-5', 'claude/words-5']) {
    const request = ask(model, 'hi', { stream: true })
    const first = await stack.post('/v1/chat/completions', request, keyed(model))
    const text = await first.text()
    const again = await stack.post('/v1/chat/completions', request, keyed(model))
    assert.equal(again.headers.get('content-type'), first.headers.get('content-type'))
    assert.equal(await again.text(), text)
    assert.ok(text.endsWith('data: [DONE]\n\n'))
  }
  assert.equal(receiptsOf(stack), 2)
})

test('a broken stream, and one whose client left, are not replayed: they run again', async (t) => {
  const stack = await startStack(t)
  const broken = ask('openai/fault/rst-after-3@1+slow-2ms', 'hi there, this is long enough to break', {
    stream: true,
  })
  const first = await stack.post('/v1/chat/completions', broken, keyed('a'))
  assert.match(await first.text(), /upstream_truncated/)
  const again = await stack.post('/v1/chat/completions', broken, keyed('a'))
  assert.equal(again.headers.get('idempotent-replayed'), null)
  assert.match(await again.text(), /\[DONE\]/)

  const slow = ask('openai/fault/slow-50ms@1', 'one two three four five six', { stream: true })
  const left = await stack.post('/v1/chat/completions', slow, keyed('b'))
  await left.body?.cancel()
  const after = await until('the key to be free', async () => {
    const response = await stack.post('/v1/chat/completions', slow, keyed('b'))
    return response.status === 409 ? undefined : response
  })
  assert.equal(after.headers.get('idempotent-replayed'), null)
  assert.match(await after.text(), /\[DONE\]/)
})

test('while the first one runs, a repeat is told to wait; another body is refused', async (t) => {
  const provider = await startScriptedProvider(t)
  let finish: (() => void) | undefined
  provider.answerWith((_request, response) => {
    finish = () =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(
          '{"id":"1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"ok"}}]}',
        )
  })
  const stack = await startStack(t, {
    config: {
      providers: { own: { type: 'openai-compatible', baseUrl: provider.url, allowPrivateNetwork: true } },
    },
  })
  const first = stack.post('/v1/chat/completions', ask('own/m', 'hi'), keyed('a'))
  await until('the call', () => finish)
  const repeat = await stack.post('/v1/chat/completions', ask('own/m', 'hi'), keyed('a'))
  assert.equal(repeat.status, 409)
  assert.equal(repeat.headers.get('retry-after'), '1')
  assert.equal(repeat.headers.get('x-should-retry'), 'true')
  assert.match(await repeat.text(), /idempotency_key_in_use/)
  const other = await stack.post('/v1/chat/completions', ask('own/m', 'ho'), keyed('a'))
  assert.equal(other.status, 422)
  assert.equal(other.headers.get('x-should-retry'), 'false')
  assert.match(await other.text(), /idempotency_key_reused/)
  // OpenAI's SDK obeys both headers: it waits, repeats, and has the answer.
  const client = new OpenAI({ apiKey: testKey, baseURL: `${stack.gateway.url}/v1` })
  const waiting = client.chat.completions.create(
    { model: 'own/m', messages: [{ role: 'user', content: 'hi' }] },
    { headers: keyed('a') },
  )
  finish!()
  assert.equal((await first).status, 200)
  assert.equal((await waiting).choices[0]?.message.content, 'ok')
  assert.equal(provider.received.length, 1)
})

test('a failure that may have cost something is kept; a refusal that cost nothing is not', async (t) => {
  const stack = await startStack(t)
  const refused = ask('openai/fault/http-503@1', 'hi')
  assert.equal((await stack.post('/v1/chat/completions', refused, keyed('a'))).status, 503)
  assert.equal((await stack.post('/v1/chat/completions', refused, keyed('a'))).status, 200)
  const garbled = ask('openai/fault/ctype-html@1', 'hi')
  const first = await stack.post('/v1/chat/completions', garbled, keyed('b'))
  assert.equal(first.status, 502)
  const again = await stack.post('/v1/chat/completions', garbled, keyed('b'))
  assert.equal(again.status, 502)
  assert.equal(again.headers.get('idempotent-replayed'), 'true')
  assert.equal(await again.text(), await first.text())
  const unknown = ask('nobody/knows', 'hi')
  assert.equal((await stack.post('/v1/chat/completions', unknown, keyed('c'))).status, 404)
  assert.equal((await stack.post('/v1/chat/completions', ask('openai/echo', 'hi'), keyed('c'))).status, 200)
})

test('every dialect, under one key: it is of its route', async (t) => {
  const stack = await startStack(t)
  const requests: readonly (readonly [string, JsonObject])[] = [
    ['/v1/responses', { model: 'openai/echo', input: 'hi' }],
    ['/v1/messages', { model: 'claude/echo', max_tokens: 50, messages: [{ role: 'user', content: 'hi' }] }],
    ['/v1beta/models/google/echo:generateContent', { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }],
    ['/v1/embeddings', { model: 'openai/text-embedding-3-small', input: 'hi' }],
  ]
  // One key for all: it is of its route.
  for (const [path, body] of requests) {
    const first = await stack.post(path, body, keyed('same'))
    assert.equal(first.status, 200, path)
    const again = await stack.post(path, body, keyed('same'))
    assert.equal(again.headers.get('idempotent-replayed'), 'true', path)
    assert.equal(await again.text(), await first.text(), path)
  }
})

test('an upload counts as the same whatever the boundary of its form', async (t) => {
  const provider = await startScriptedProvider(t)
  const stack = await startStack(t, {
    config: {
      providers: {
        openai: {
          type: 'openai',
          apiKey: 'env:PROVIDER_KEY',
          baseUrl: provider.url,
          allowPrivateNetwork: true,
        },
      },
    },
  })
  const upload = (content: string) => {
    const form = new FormData()
    form.set('model', 'openai/whisper-1')
    form.set('file', new Blob([content]), 'a.wav')
    const headers = { authorization: `Bearer ${testKey}`, 'idempotency-key': 'upload' }
    return fetch(`${stack.gateway.url}/v1/audio/transcriptions`, { method: 'POST', headers, body: form })
  }
  assert.equal((await upload('RIFF')).status, 200)
  assert.equal((await upload('RIFF')).headers.get('idempotent-replayed'), 'true')
  assert.equal((await upload('RAFF')).status, 422)
  assert.equal(provider.received.length, 1)
})

test('an answer survives a restart', async (t) => {
  const stack = await startStack(t)
  const first = await stack.post('/v1/chat/completions', ask('openai/words-5', 'hi'), keyed('a'))
  const body = await first.text()
  const { config } = stack.gateway
  await stack.gateway.stop(true)
  const next = await start({
    configPath: stack.configFile,
    folder: '/',
    env: {
      WEIR_TEST_KEY: testKey,
      WEIR_ADMIN_TOKEN: 'admin-token-of-16-characters',
      PROVIDER_KEY: 'k'.repeat(20),
    },
    port: 0,
    dataDir: config.dataDir,
    log: createLog({ level: 'silent', format: 'json' }),
  })
  t.after(() => next.stop(true))
  const again = await fetch(`${next.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${testKey}`, 'content-type': 'application/json', ...keyed('a') },
    body: JSON.stringify(ask('openai/words-5', 'hi')),
  })
  assert.equal(again.headers.get('idempotent-replayed'), 'true')
  assert.equal(await again.text(), body)
  assert.equal(receiptsOf(stack), 1)
})
