/** `GET /v1/models` tells what a key may use, with what is known of it. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { startStack, testKey } from '../support/stack.ts'
import { until } from '../support/until.ts'

test('routes and the catalogue of the configured providers are listed, within what the key may use', async (t) => {
  const keys = [
    { name: 'test', secret: 'env:WEIR_TEST_KEY' },
    { name: 'narrow', secret: 'a-narrow-key-of-16', models: ['assistant', 'claude/*'] },
  ]
  const routes = { assistant: { targets: ['claude/words-3', 'openai/words-3'] } }
  const stack = await startStack(t, { config: { keys, routes, allowPlaintextSecrets: true } })
  const list = async (path: string, key: string) => {
    const answer = await fetch(stack.gateway.url + path, { headers: { authorization: `Bearer ${key}` } })
    return { status: answer.status, body: (await answer.json()) as JsonObject }
  }
  const all = asArray((await list('/v1/models', testKey)).body['data']) as readonly JsonObject[]
  assert.ok(all.length > 100)
  const priced = all.find((model) => String(model['id']).startsWith('openai/gpt-4o-mini'))
  assert.equal(asObject(priced?.['pricing'])?.['input'], '0.15')
  assert.deepEqual([priced?.['object'], priced?.['owned_by']], ['model', 'openai'])

  const narrow = asArray(
    (await list('/v1/models', 'a-narrow-key-of-16')).body['data'],
  ) as readonly JsonObject[]
  const names = narrow.map((model) => String(model['id']))
  assert.ok(names.includes('assistant'))
  assert.ok(names.every((name) => name === 'assistant' || name.startsWith('claude/')))

  assert.equal((await list('/v1/models/assistant', testKey)).body['id'], 'assistant')
  assert.equal((await list('/v1/models/openai/gpt-4o-mini', testKey)).body['id'], 'openai/gpt-4o-mini')
  assert.equal((await list('/v1/models/openai/gpt-4o-mini', 'a-narrow-key-of-16')).status, 404)
  assert.equal((await list('/v1/models', 'no-such-key-at-all')).status, 401)
})

test('a route that leads to a model which ends is told at start and in the admin API', async (t) => {
  const routes = { old: { targets: ['claude/claude-3-opus-20240229'] } }
  const stack = await startStack(t, { config: { routes } })
  const line = await until('the warning', () =>
    stack.log.find((each) => each.includes('claude-3-opus-20240229 is retired since 2026-01-05')),
  )
  assert.equal((JSON.parse(line) as JsonObject)['level'], 'warn')
  const [notice] = asArray((await stack.admin('/models/notices?days=30'))['data'])
  assert.deepEqual(asObject(notice), {
    id: 'retired claude/claude-3-opus-20240229 2026-01-05',
    kind: 'retired',
    model: 'claude/claude-3-opus-20240229',
    at: '2026-01-05T00:00:00.000Z',
    in_use: true,
    successor: 'claude-opus-4-8',
    message: 'claude/claude-3-opus-20240229 is retired since 2026-01-05; use claude-opus-4-8 instead',
  })
})
