/** The official SDKs make batches with the simulator, each by its provider's own API, and get what it billed. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI, { toFile } from 'openai'
import { createSimulator } from '../simulator.ts'

const simulator = createSimulator()
let url = ''

before(async () => {
  url = (await simulator.listen(0)).url
})
after(() => simulator.close())

const line = (id: string, model = 'echo') =>
  JSON.stringify({
    custom_id: id,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model, messages: [{ role: 'user', content: `I am ${id}` }] },
  })

test('openai: a file, a batch of it, its results in files, every request billed once', async () => {
  simulator.reset()
  const client = new OpenAI({ baseURL: `${url}/openai/v1`, apiKey: 'k' })
  const file = await client.files.create({
    purpose: 'batch',
    file: await toFile(Buffer.from(`${line('a')}\n${line('b', 'fault/http-500')}\n`), 'in.jsonl'),
  })
  const made = await client.batches.create({
    input_file_id: file.id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
    metadata: { mine: 'yes' },
  })
  const batch = await client.batches.retrieve(made.id)
  assert.equal(batch.status, 'completed')
  assert.deepEqual(batch.request_counts, { total: 2, completed: 1, failed: 1 })
  const output = await (await client.files.content(batch.output_file_id!)).text()
  assert.match(output, /"custom_id":"a".*"status_code":200.*I am a/)
  const errors = await (await client.files.content(batch.error_file_id!)).text()
  assert.match(errors, /"custom_id":"b".*"status_code":500/)
  const [listed] = (await client.batches.list()).data
  assert.deepEqual(listed?.metadata, { mine: 'yes' })
  const lines = simulator.receipts().filter((receipt) => receipt.batch !== undefined)
  assert.deepEqual(
    lines.map(({ status, billed }) => [status, (billed?.outputTokens ?? 0) > 0]),
    [
      [200, true],
      [500, false],
    ],
  )
})

test('anthropic: message batches, cancelled and not', async () => {
  simulator.reset()
  const client = new Anthropic({ baseURL: `${url}/anthropic`, apiKey: 'k' })
  const request = (id: string, model: string) => ({
    custom_id: id,
    params: { model, max_tokens: 50, messages: [{ role: 'user' as const, content: `I am ${id}` }] },
  })
  const made = await client.messages.batches.create({
    requests: [request('a', 'echo'), request('b', 'echo')],
  })
  const batch = await client.messages.batches.retrieve(made.id)
  assert.equal(batch.processing_status, 'ended')
  const types: string[] = []
  const response = await fetch(`${url}/anthropic${batch.results_url}`)
  for (const text of (await response.text()).trim().split('\n')) {
    types.push((JSON.parse(text) as { result: { type: string } }).result.type)
  }
  assert.deepEqual(types, ['succeeded', 'succeeded'])

  const slow = await client.messages.batches.create({ requests: [request('a', 'fault/batch-takes-600s')] })
  assert.equal((await client.messages.batches.retrieve(slow.id)).processing_status, 'in_progress')
  assert.equal((await client.messages.batches.cancel(slow.id)).processing_status, 'canceling')
  assert.equal((await client.messages.batches.retrieve(slow.id)).request_counts.canceled, 1)
})

test('gemini: operations with their results within', async () => {
  simulator.reset()
  const client = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: `${url}/gemini` } })
  const made = await client.batches.create({
    model: 'echo',
    src: [{ contents: [{ role: 'user', parts: [{ text: 'I am here' }] }], metadata: { key: 'a' } }],
    config: { displayName: 'mine' },
  })
  const batch = await client.batches.get({ name: made.name! })
  assert.equal(batch.state, 'JOB_STATE_SUCCEEDED')
  assert.match(JSON.stringify(batch.dest?.inlinedResponses), /I am here/)
  assert.match(JSON.stringify(batch.dest?.inlinedResponses), /"key":"a"/)
})

test('mistral: jobs with their requests, and files of results', async () => {
  simulator.reset()
  const post = async (path: string, body: unknown) =>
    (await (
      await fetch(`${url}/mistral/v1${path}`, { method: 'POST', body: JSON.stringify(body) })
    ).json()) as {
      id: string
    }
  const job = await post('/batch/jobs', {
    endpoint: '/v1/chat/completions',
    model: 'echo',
    requests: [{ custom_id: 'a', body: { messages: [{ role: 'user', content: 'I am here' }] } }],
  })
  const ended = (await (await fetch(`${url}/mistral/v1/batch/jobs/${job.id}`)).json()) as {
    status: string
    output_file: string
  }
  assert.equal(ended.status, 'SUCCESS')
  const output = await (await fetch(`${url}/mistral/v1/files/${ended.output_file}/content`)).text()
  assert.match(output, /"custom_id":"a".*I am here/)
})

test('faults of whole batches: refused, lost, too late', async () => {
  simulator.reset()
  const client = new OpenAI({ baseURL: `${url}/openai/v1`, apiKey: 'k', maxRetries: 0 })
  const make = async (model: string) => {
    const file = await client.files.create({
      purpose: 'batch',
      file: await toFile(Buffer.from(`${line('a', model)}\n${line('b', model)}`), 'in.jsonl'),
    })
    return client.batches.create({
      input_file_id: file.id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    })
  }
  await assert.rejects(make('fault/batch-refused'), /refused/)
  await assert.rejects(make('fault/batch-lost'), /Connection error/)
  assert.equal((await client.batches.list()).data.length, 1)
  const late = await client.batches.retrieve((await make('fault/batch-partly')).id)
  assert.deepEqual([late.status, late.request_counts], ['expired', { total: 2, completed: 1, failed: 1 }])
})
