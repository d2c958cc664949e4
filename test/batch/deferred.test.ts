/** Single requests that are answered later: an id at once, the very answer when it is there. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { batchClient } from '../support/batches.ts'
import { startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const json = { 'content-type': 'application/json' }

test('a request of each dialect is answered later, with its headers, in its own dialect', async (t) => {
  const { gateway, simulator, admin } = await startStack(t)
  const { request } = batchClient(gateway.url)
  const say = [{ role: 'user', content: 'Hello' }]
  const calls: readonly [path: string, body: JsonObject, sign: string][] = [
    ['/v1/chat/completions', { model: 'claude/echo', messages: say }, 'choices'],
    ['/v1/responses', { model: 'openai/echo', input: 'Hello' }, 'output'],
    ['/v1/messages', { model: 'openai/echo', max_tokens: 9, messages: say }, 'stop_reason'],
    ['/v1/embeddings', { model: 'openai/text-embedding-3-small', input: 'Hello' }, 'data'],
    [
      '/v1beta/models/openai/echo:generateContent',
      { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] },
      'candidates',
    ],
  ]
  for (const [path, body, sign] of calls) {
    const headers = { ...json, 'x-weir-deferred': '1', 'x-weir-user': 'ada', 'x-weir-tags': 'later' }
    const taken = await request(path, { method: 'POST', headers, body: JSON.stringify(body) })
    assert.equal(taken.status, 202, path)
    const { id, object } = (await taken.json()) as JsonObject
    assert.equal(object, 'deferred')
    const ended = await until(path, async () => {
      const answer = await request(`/v1/deferred/${asString(id)}`)
      return answer.status === 202 ? undefined : ((await answer.json()) as JsonObject)
    })
    const response = asObject(ended['response'])
    assert.deepEqual(
      [ended['status'], response?.['status_code'], ended['error']],
      ['completed', 200, null],
      path,
    )
    assert.ok(asObject(response?.['body'])?.[sign] !== undefined, `${path}: ${JSON.stringify(ended)}`)
  }
  assert.equal(simulator.receipts().length, calls.length)
  await until('their records', async () => {
    const { data } = await admin('/requests?user=ada&tag=later')
    return (data as unknown[]).length === calls.length ? true : undefined
  })
  const listed = (await (await request('/v1/batches')).json()) as JsonObject
  assert.deepEqual(listed['data'], [])
})

test('what fails says why; what cannot be deferred is refused at once; an answer is its key’s own and can be deleted', async (t) => {
  const { gateway } = await startStack(t)
  const { request } = batchClient(gateway.url)
  const defer = (path: string, body: JsonObject, more: Record<string, string> = {}) =>
    request(path, {
      method: 'POST',
      headers: { ...json, 'x-weir-deferred': '1', ...more },
      body: JSON.stringify(body),
    })
  const messages = [{ role: 'user', content: 'x' }]
  const streamed = await defer('/v1/chat/completions', { model: 'openai/echo', messages, stream: true })
  assert.equal(streamed.status, 400)
  assert.equal((await defer('/v1/messages/count_tokens', { model: 'openai/echo', messages })).status, 400)
  const stranger = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { ...json, 'x-weir-deferred': '1' },
    body: JSON.stringify({ model: 'openai/echo', messages }),
  })
  assert.equal(stranger.status, 401)

  const outcome = async (model: string) => {
    const { id } = (await (await defer('/v1/chat/completions', { model, messages })).json()) as JsonObject
    return until('the end', async () => {
      const answer = await request(`/v1/deferred/${asString(id)}`)
      return answer.status === 202 ? undefined : ((await answer.json()) as JsonObject)
    })
  }
  const unknown = await outcome('nowhere/x')
  assert.equal(unknown['status'], 'failed')
  assert.ok(asString(asObject(unknown['error'])?.['message']))
  const refused = await outcome('openai/fault/http-400')
  assert.equal(asObject(refused['response'])?.['status_code'], 400)

  const id = asString(refused['id'])!
  assert.equal((await fetch(`${gateway.url}/v1/deferred/${id}`)).status, 401)
  assert.equal((await request(`/v1/deferred/${id}`, { method: 'DELETE' })).status, 200)
  assert.equal((await request(`/v1/deferred/${id}`)).status, 404)
})

test('a key has only so many requests that wait, deferred or in the background; those that are answered make room', async (t) => {
  const { gateway } = await startStack(t, { config: { batches: { maxDeferred: 2 } } })
  const { request } = batchClient(gateway.url)
  const post = (path: string, body: JsonObject, more: Record<string, string> = {}) =>
    request(path, { method: 'POST', headers: { ...json, ...more }, body: JSON.stringify(body) })
  const messages = [{ role: 'user', content: 'x' }]
  const defer = (model: string) =>
    post('/v1/chat/completions', { model, messages }, { 'x-weir-deferred': '1' })
  const first = (await (await defer('openai/slow-60000ms')).json()) as JsonObject
  const second = (await (await defer('openai/slow-60000ms')).json()) as JsonObject
  const refused = await defer('openai/echo')
  assert.equal(refused.status, 429)
  assert.match(await refused.text(), /rate_limited.*maxDeferred|maxDeferred.*rate_limited/)
  assert.ok(refused.headers.has('retry-after'))
  assert.equal(
    (await post('/v1/responses', { model: 'openai/echo', input: 'x', background: true })).status,
    429,
  )
  for (const { id } of [first, second]) {
    await request(`/v1/deferred/${asString(id)}/cancel`, { method: 'POST' })
  }
  await until('room', async () => ((await defer('openai/echo')).status === 202 ? true : undefined))
})

test('handed in it counts in no limit of its key, made it counts as any request does; until then it waits', async (t) => {
  const { gateway, simulator, post } = await startStack(t, {
    config: { keys: [{ name: 'test', secret: 'env:WEIR_TEST_KEY', limits: { rpm: 2 } }] },
  })
  const { request } = batchClient(gateway.url)
  const body = { model: 'openai/echo', messages: [{ role: 'user', content: 'x' }] }
  const ids: string[] = []
  for (let n = 0; n < 4; n++) {
    const taken = await post('/v1/chat/completions', body, { 'x-weir-deferred': '1' })
    assert.equal(taken.status, 202)
    ids.push(asString(((await taken.json()) as JsonObject)['id'])!)
  }
  const outcomes = async () => {
    const answers = await Promise.all(ids.map((id) => request(`/v1/deferred/${id}`)))
    return answers.filter(({ status }) => status === 200)
  }
  const ended = await until('as many as may be made in a minute', async () => {
    const found = await outcomes()
    return found.length === 2 ? found : undefined
  })
  for (const answer of ended) {
    const { response } = (await answer.json()) as JsonObject
    assert.equal(asObject(response)?.['status_code'], 200)
  }
  // They have used up what the key may ask for now.
  assert.equal((await post('/v1/chat/completions', body)).status, 429)
  assert.equal((await post('/v1/chat/completions', body, { 'x-weir-deferred': '1' })).status, 202)
  assert.equal((await outcomes()).length, 2)
  assert.equal(simulator.receipts().length, 2)
})
