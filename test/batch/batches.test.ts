/** Batches within the gateway: every dialect, within limits and costs, fair, held, ended in time, and readable while they run. */

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { batchClient, chatLine } from '../support/batches.ts'
import { startHookServer } from '../support/hook-server.ts'
import { mostAtOnce } from '../support/rate-windows.ts'
import { startStack, testKey } from '../support/stack.ts'
import { until } from '../support/until.ts'

const idsOf = (lines: readonly JsonObject[]) => lines.map(({ custom_id: id }) => asString(id))
const bodyOf = (line: JsonObject | undefined) => asObject(asObject(line?.['response'])?.['body'])
const many = (count: number, model: string, more?: JsonObject) =>
  Array.from({ length: count }, (_, n) => chatLine(`line-${n}`, model, more))

test('each endpoint answers in its own dialect, on a provider of another', async (t) => {
  const { gateway } = await startStack(t)
  const client = batchClient(gateway.url)
  const geminiEndpoint = '/v1beta/models/{model}:generateContent'
  const bodies: readonly [endpoint: string, url: string, body: JsonObject, sign: string][] = [
    ['/v1/responses', '/v1/responses', { model: 'claude/echo', input: 'I am here' }, 'output'],
    ['/v1/completions', '/v1/completions', { model: 'openai/echo', prompt: 'x', max_tokens: 9 }, 'choices'],
    ['/v1/embeddings', '/v1/embeddings', { model: 'openai/text-embedding-3-small', input: 'x' }, 'data'],
    [
      '/v1/messages',
      '/v1/messages',
      { model: 'openai/echo', max_tokens: 99, messages: [{ role: 'user', content: 'x' }] },
      'stop_reason',
    ],
    [
      geminiEndpoint,
      '/v1beta/models/openai/echo:generateContent',
      { contents: [{ role: 'user', parts: [{ text: 'x' }] }] },
      'candidates',
    ],
  ]
  for (const [endpoint, url, body, sign] of bodies) {
    const id = await client.submit([{ custom_id: 'a', method: 'POST', url, body }], { endpoint })
    const batch = await client.ended(id)
    assert.deepEqual(asObject(batch['request_counts']), { total: 1, completed: 1, failed: 0 }, endpoint)
    const [line] = await client.lines(batch['output_file_id'])
    assert.ok(bodyOf(line)?.[sign] !== undefined, `${endpoint}: ${JSON.stringify(line)}`)
  }
})

test('what a key may not use is told with its line; a batch is its own key’s alone', async (t) => {
  const { gateway } = await startStack(t, {
    config: {
      keys: [
        { name: 'test', secret: 'env:WEIR_TEST_KEY', models: ['openai/*'] },
        { name: 'other', secret: 'env:OTHER_KEY' },
      ],
    },
    env: { OTHER_KEY: 'another-key-of-16-characters' },
  })
  const client = batchClient(gateway.url)
  const refused = await client.ended(
    await client.submit([chatLine('a', 'openai/echo'), chatLine('b', 'claude/echo')]),
  )
  const errors = asArray(asObject(refused['errors'])?.['data']).map((each) => asObject(each))
  assert.deepEqual(
    [refused['status'], errors.length, errors[0]?.['line'], errors[0]?.['code']],
    ['failed', 1, 2, 'model_not_allowed'],
  )

  const id = await client.submit([chatLine('a', 'openai/echo')])
  const batch = await client.ended(id)
  const other = batchClient(gateway.url, 'another-key-of-16-characters')
  for (const path of [`/v1/batches/${id}`, `/v1/files/${String(batch['output_file_id'])}/content`]) {
    assert.equal((await other.request(path)).status, 404)
    assert.equal((await client.request(path)).status, 200)
  }
  assert.equal((await other.create(asString(batch['input_file_id'])!)).status, 404)
  assert.equal((await fetch(`${gateway.url}/v1/files`)).status, 401)
})

test('refused for want of room it waits, and in the end every line is answered', async (t) => {
  const { gateway, simulator } = await startStack(t, {
    config: { limits: [{ scope: 'provider', match: 'openai', concurrency: 3 }] },
  })
  const client = batchClient(gateway.url)
  const models = ['openai/slow-10ms', 'openai/fault/http-429@2', 'openai/fault/http-503@2']
  const lines = Array.from({ length: 18 }, (_, n) => chatLine(`line-${n}`, models[n % 3]!))
  const batch = await client.ended(await client.submit(lines))
  assert.deepEqual(asObject(batch['request_counts']), { total: 18, completed: 18, failed: 0 })
  const receipts = simulator.receipts()
  const refused = receipts.filter(({ status }) => status === 429 || status === 503)
  assert.deepEqual([refused.length, receipts.length], [4, 22])
  assert.ok(mostAtOnce(receipts) <= 3)
})

test('a line that fails again and again has its error, with the answer', async (t) => {
  const { gateway } = await startStack(t, { config: { batches: { tries: 2 } } })
  const client = batchClient(gateway.url)
  const batch = await client.ended(
    await client.submit([chatLine('good', 'openai/echo'), chatLine('bad', 'openai/fault/http-500')]),
  )
  assert.deepEqual(asObject(batch['request_counts']), { total: 2, completed: 1, failed: 1 })
  const [failure] = await client.lines(batch['error_file_id'])
  assert.equal(failure?.['custom_id'], 'bad')
  assert.equal(asObject(failure?.['response'])?.['status_code'], 502)
  assert.equal(asObject(bodyOf(failure)?.['error'])?.['code'], 'upstream_error')
})

test('a batch stops before it costs more than it may, and says which lines are left', async (t) => {
  const { gateway } = await startStack(t, {
    config: { models: { 'openai/*': { price: { input: 1000, output: 1000 } } } },
  })
  const client = batchClient(gateway.url)
  const id = await client.submit(many(40, 'openai/words-5', { max_tokens: 10 }), { max_usd: '1' })
  const batch = await client.ended(id)
  const { total, completed } = asObject(batch['request_counts']) as { total: number; completed: number }
  assert.equal(batch['status'], 'completed')
  assert.ok(completed > 0 && completed < total, `${completed} of ${total}`)
  const cost = Number(asObject(batch['weir'])?.['cost_usd'])
  assert.ok(cost > 0 && cost <= 1, `${cost}`)
  const left = await client.lines(batch['error_file_id'])
  assert.equal(left.length, total - completed)
  assert.ok(left.every(({ error }) => asObject(error)?.['code'] === 'max_usd_reached'))
})

test('results can be read while they come; paused it begins nothing, resumed it ends', async (t) => {
  const { gateway, admin, simulator } = await startStack(t, { config: { batches: { concurrency: 2 } } })
  const client = batchClient(gateway.url)
  const id = await client.submit(many(24, 'openai/slow-10ms'))
  await until('the first results', async () => {
    const counts = asObject((await client.get(id))['request_counts'])
    return Number(counts?.['completed']) > 2 ? true : undefined
  })
  const post = (verb: string) =>
    fetch(`${gateway.url}/admin/v1/batches/${id}/${verb}`, {
      method: 'POST',
      headers: { authorization: 'Bearer admin-token-of-16-characters' },
    })
  assert.equal(((await (await post('pause')).json()) as JsonObject)['paused'], true)
  const results = async () => {
    const soFar = await (await client.request(`/v1/batches/${id}/results`)).text()
    return soFar
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as JsonObject)
  }
  const read = await until('rest', async () => {
    const counts = asObject((await client.get(id))['request_counts'])
    const lanes = asArray((await admin('/batch-lanes'))['data'])
    if (lanes.some((lane) => asObject(lane)?.['running'] !== 0)) return undefined
    const so = await results()
    return so.length === counts?.['completed'] && so.length === simulator.receipts().length ? so : undefined
  })
  assert.ok(read.length < 24)
  assert.equal(new Set(idsOf(read)).size, read.length)
  assert.equal((await post('resume')).status, 200)
  const batch = await client.ended(id)
  assert.deepEqual(idsOf(await client.lines(batch['output_file_id'])), idsOf(many(24, '')))
  assert.equal((await post('pause')).status, 409)
  const all = await admin('/batches?status=completed')
  assert.deepEqual(
    asArray(all['data']).map((each) => asObject(each)?.['id']),
    [id],
  )
})

test('a small batch of one caller does not wait for the end of another’s large one', async (t) => {
  const { gateway } = await startStack(t, {
    config: {
      batches: { concurrency: 4 },
      keys: [
        { name: 'test', secret: 'env:WEIR_TEST_KEY' },
        { name: 'other', secret: 'env:OTHER_KEY' },
      ],
    },
    env: { OTHER_KEY: 'another-key-of-16-characters' },
  })
  const large = batchClient(gateway.url, testKey)
  const small = batchClient(gateway.url, 'another-key-of-16-characters')
  const largeId = await large.submit(many(300, 'openai/slow-10ms'))
  await until('its beginning', async () =>
    Number(asObject((await large.get(largeId))['request_counts'])?.['completed']) > 4 ? true : undefined,
  )
  await small.ended(await small.submit(many(8, 'openai/slow-10ms')))
  const { completed } = asObject((await large.get(largeId))['request_counts']) as { completed: number }
  assert.ok(completed < 200, `${completed} of 300 were answered first`)
  await large.request(`/v1/batches/${largeId}/cancel`, { method: 'POST' })
  assert.equal((await large.ended(largeId))['status'], 'cancelled')
})

test('what cannot become a file or a batch is refused before anything is kept', async (t) => {
  const { gateway } = await startStack(t, {
    config: { files: { maxBytes: 2000, maxTotalBytes: 3000 } },
  })
  const client = batchClient(gateway.url)
  const status = async (answer: Promise<Response>) => {
    const { status: code, ...rest } = await answer.then(async (response) => ({
      status: response.status,
      body: (await response.json()) as JsonObject,
    }))
    return [code, asObject(rest.body['error'])?.['code']]
  }
  assert.deepEqual(await status(client.upload('x'.repeat(30_000))), [413, 'request_too_large'])
  assert.deepEqual(await status(client.upload('')), [400, 'invalid_request'])
  assert.deepEqual(await status(client.upload('x', { purpose: 'fine-tune' })), [400, 'invalid_request'])
  assert.deepEqual(await status(client.upload('x', {})), [400, 'invalid_request'])
  const early = { purpose: 'batch', 'expires_after[anchor]': 'created_at', 'expires_after[seconds]': '5' }
  assert.deepEqual(await status(client.upload('x', early)), [400, 'invalid_request'])
  assert.equal((await client.upload('x'.repeat(1800))).status, 200)
  assert.deepEqual(await status(client.upload('x'.repeat(1800))), [507, 'storage_full'])
  const json = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }
  assert.deepEqual(await status(client.request('/v1/files', json)), [415, 'unsupported_media_type'])

  const file = (await (
    await client.upload(JSON.stringify(chatLine('a', 'openai/echo')))
  ).json()) as JsonObject
  const id = asString(file['id'])!
  for (const wish of [
    { endpoint: '/v1/audio/speech' },
    { completion_window: 'soon' },
    { completion_window: '31d' },
    { metadata: { a: 1 } },
    { max_usd: -1 },
    { output_expires_after: { anchor: 'created_at', seconds: 1 } },
  ]) {
    assert.deepEqual(await status(client.create(id, wish)), [400, 'invalid_request'], JSON.stringify(wish))
  }
  assert.deepEqual(await status(client.create('file-nobody')), [404, 'not_found'])
  assert.deepEqual(await status(client.request('/v1/batches/x', { method: 'PUT' })), [
    405,
    'method_not_allowed',
  ])
})

test('the end of a batch is told to its receivers, signed, with what it used', async (t) => {
  const hook = await startHookServer(t)
  const secret = 'hook-secret-of-16-characters'
  const { gateway } = await startStack(t, {
    config: {
      batches: {
        webhooks: { ops: { url: `${hook.url}/done`, secret: 'env:HOOK_SECRET', allowPrivateNetwork: true } },
      },
    },
    env: { HOOK_SECRET: secret },
  })
  const client = batchClient(gateway.url)
  const id = await client.submit(many(3, 'openai/echo'), { metadata: { job: 'nightly' } })
  const batch = await client.ended(id)
  const answers = await client.lines(batch['output_file_id'])
  const used = answers.map((line) => asObject(bodyOf(line)?.['usage']))
  const sum = (name: string) => used.reduce((total, usage) => total + Number(usage?.[name]), 0)
  const usage = asObject(batch['usage'])
  assert.ok(sum('completion_tokens') > 0)
  assert.deepEqual(
    [usage?.['input_tokens'], usage?.['output_tokens'], usage?.['total_tokens']],
    [sum('prompt_tokens'), sum('completion_tokens'), sum('total_tokens')],
  )
  const { path, headers, body } = await until('the webhook', () => hook.received[0])
  assert.equal(path, '/done')
  const [, seconds, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-weir-signature'])) ?? []
  assert.equal(signature, createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex'))
  const told = JSON.parse(body) as JsonObject
  const about = asObject(told['batch'])
  assert.deepEqual(
    [told['type'], about?.['id'], about?.['completed'], about?.['metadata']],
    ['batch.completed', id, 3, { job: 'nightly' }],
  )
  assert.equal(about?.['output_tokens'], sum('completion_tokens'))

  const refused = await client.ended(await client.submit([chatLine('x', 'nowhere/x')]))
  assert.equal(refused['status'], 'failed')
  const second = await until('the second webhook', () => hook.received[1])
  assert.equal((JSON.parse(second.body) as JsonObject)['type'], 'batch.failed')
  assert.notEqual(second.headers['x-weir-delivery'], headers['x-weir-delivery'])
})
