/** Answers that the cache gives have a line of their own in the ledger, which costs nothing and says what it saved. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { adminToken, startStack, type Stack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const config = {
  cache: { exact: {} },
  models: { 'openai/*': { price: { input: 1, output: 4 } } },
  routes: { assistant: { targets: ['openai/words-20'] }, slowly: { targets: ['openai/slow-20ms'] } },
}

function ask(
  stack: Stack,
  content: string,
  headers: Record<string, string> = {},
  model = 'assistant',
): Promise<Response> {
  const body = { model, messages: [{ role: 'user', content }] }
  return stack.post('/v1/chat/completions', body, { 'x-weir-user': 'ada', 'x-weir-tags': 'a', ...headers })
}

async function linesOf(stack: Stack, kind: string, count: number): Promise<JsonObject[]> {
  return until(`${count} lines of the kind ${kind}`, async () => {
    const { data } = await stack.admin(`/ledger?kind=${kind}`)
    const lines = asArray(data).map((line) => asObject(line)!)
    return lines.length === count ? lines : undefined
  })
}

async function usageOf(stack: Stack, by: string): Promise<JsonObject> {
  return asObject(asArray((await stack.admin(`/usage?by=${by}`))['data'])[0])!
}

test('a hit is a line without cost, and the report tells what it saved', async (t) => {
  const stack = await startStack(t, { config })
  await (await ask(stack, 'hello')).text()
  const hit = await ask(stack, 'hello', { 'x-weir-session': 's' })
  await hit.text()
  assert.equal(hit.headers.get('x-weir-cache'), 'hit')
  const [paid] = await linesOf(stack, 'settle', 1)
  const [line] = await linesOf(stack, 'cached', 1)
  assert.equal(line!['request_id'], hit.headers.get('x-weir-request-id'))
  assert.deepEqual(
    [line!['attempt'], line!['charged_usd'], line!['provider_cost_usd'], line!['route'], line!['model']],
    [0, '0', '0', 'assistant', 'words-20'],
  )
  assert.ok(Number(paid!['charged_usd']) > 0)
  assert.equal(line!['saved_usd'], paid!['charged_usd'])
  for (const by of ['model', 'user', 'tag', 'route']) {
    const row = await usageOf(stack, by)
    assert.deepEqual(
      [row['requests'], row['attempts'], row['cached'], row['charged_usd'], row['saved_usd']],
      [2, 1, 1, paid!['charged_usd'], paid!['charged_usd']],
      by,
    )
  }
  const proof = await stack.admin('/ledger/verify')
  assert.deepEqual(proof['differences'], [])
  assert.equal(proof['cached'], 1)
  const session = await stack.admin('/sessions/s')
  assert.deepEqual(
    asArray(session['turns']).map((turn) => asObject(turn)?.['kind']),
    ['cached'],
  )
})

test('those who share one call have a line each, and the call is paid once', async (t) => {
  const stack = await startStack(t, { config })
  const outcomes = await Promise.all(
    Array.from({ length: 5 }, async () => {
      const response = await ask(stack, 'all at once', {}, 'slowly')
      await response.text()
      return response.headers.get('x-weir-cache')
    }),
  )
  assert.equal(outcomes.filter((outcome) => outcome === 'shared').length, 4)
  const lines = await linesOf(stack, 'cached', 4)
  for (const line of lines) assert.deepEqual(line['flags'], ['shared_call'])
  assert.equal((await linesOf(stack, 'settle', 1)).length, 1)
  assert.equal((await usageOf(stack, 'model'))['cached'], 4)
})

test('lines without a price are told, and owners have their names', async (t) => {
  const stack = await startStack(t, { config: { models: {} } })
  const team = await adminPost(stack, '/teams', { name: 'Rivers' })
  const user = await adminPost(stack, '/users', { name: 'Ada', team: team['id']! })
  const key = await adminPost(stack, '/keys', { name: 'hers', user: user['id']! })
  const body = { model: 'openai/no-such-price', messages: [{ role: 'user', content: 'hello' }] }
  const headers = { authorization: `Bearer ${String(key['secret'])}` }
  await (await stack.post('/v1/chat/completions', body, headers)).text()
  await linesOf(stack, 'settle', 1)
  const byTeam = await usageOf(stack, 'team')
  assert.deepEqual([byTeam['team'], byTeam['team_name'], byTeam['unpriced']], [team['id'], 'Rivers', 1])
  const byUser = await usageOf(stack, 'user')
  assert.deepEqual([byUser['user'], byUser['user_name']], [user['id'], 'Ada'])
})

async function adminPost(stack: Stack, path: string, body: JsonObject): Promise<JsonObject> {
  const response = await fetch(`${stack.gateway.url}/admin/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return (await response.json()) as JsonObject
}
