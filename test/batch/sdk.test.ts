/** The official SDKs make files and batches, unchanged, against a real gateway. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI, { toFile } from 'openai'
import { type Stack, startStack, testKey } from '../support/stack.ts'
import { until } from '../support/until.ts'

const clientOf = ({ gateway }: Stack) =>
  new OpenAI({ apiKey: testKey, baseURL: `${gateway.url}/v1`, maxRetries: 0 })

const jsonl = (lines: readonly unknown[]) => lines.map((line) => JSON.stringify(line)).join('\n')

function chatLine(customId: string, model: string, content = `I am ${customId}`) {
  return {
    custom_id: customId,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model, messages: [{ role: 'user', content }] },
  }
}

async function upload(client: OpenAI, lines: readonly unknown[]) {
  const file = await toFile(Buffer.from(jsonl(lines)), 'in.jsonl')
  return client.files.create({ file, purpose: 'batch' })
}

interface ResultLine {
  readonly custom_id: string
  readonly response: ResultResponse | null
  readonly error: { readonly code: string } | null
}

interface ResultResponse {
  readonly status_code: number
  readonly request_id: string
  readonly body: OpenAI.ChatCompletion & { readonly error?: { readonly message: string } }
}

function ended(client: OpenAI, id: string) {
  return until('the end of the batch', async () => {
    const batch = await client.batches.retrieve(id)
    const isOpen = ['validating', 'in_progress', 'finalizing', 'cancelling'].includes(batch.status)
    return isOpen ? undefined : batch
  })
}

async function linesOf(client: OpenAI, id: string | null | undefined): Promise<ResultLine[]> {
  if (id === null || id === undefined) return []
  const text = await (await client.files.content(id)).text()
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

test('openai: a batch over three providers, its results in order, its failures apart', async (t) => {
  const stack = await startStack(t)
  const client = clientOf(stack)
  const models = ['openai/echo', 'claude/echo', 'google/echo', 'openai/fault/http-400']
  const lines = Array.from({ length: 40 }, (_, n) => chatLine(`line-${n}`, models[n % models.length]!))
  const file = await upload(client, lines)
  assert.deepEqual(
    [file.object, file.purpose, file.filename, file.status],
    ['file', 'batch', 'in.jsonl', 'processed'],
  )
  const batch = await client.batches.create({
    input_file_id: file.id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
    metadata: { job: 'nightly' },
  })
  assert.equal(batch.status, 'validating')
  const done = await ended(client, batch.id)
  assert.equal(done.status, 'completed')
  assert.deepEqual(done.request_counts, { total: 40, completed: 30, failed: 10 })
  assert.deepEqual(done.metadata, { job: 'nightly' })
  const results = await linesOf(client, done.output_file_id)
  assert.deepEqual(
    results.map(({ custom_id }) => custom_id),
    lines.map(({ custom_id }) => custom_id).filter((_, n) => n % 4 !== 3),
  )
  for (const { custom_id, response, error } of results) {
    assert.equal(response?.status_code, 200)
    assert.equal(error, null)
    assert.match(response?.request_id ?? '', /^req_/)
    assert.equal(response?.body.object, 'chat.completion')
    assert.match(response?.body.choices[0]?.message.content ?? '', new RegExp(`I am ${custom_id}`))
  }
  const failures = await linesOf(client, done.error_file_id)
  assert.equal(failures.length, 10)
  assert.equal(failures[0]!.custom_id, 'line-3')
  assert.equal(failures[0]!.response?.status_code, 400)
  assert.ok(failures[0]!.response?.body.error?.message)

  // Each call went through the gateway's own path, on the account of the key.
  const page = await stack.admin(`/ledger?limit=1000&tag=batch:${batch.id}`)
  const entries = page['data'] as { key_name: string; tags: string[] }[]
  assert.equal(entries.length, 40)
  assert.ok(entries.every(({ key_name }) => key_name === 'test'))

  const listed = await client.batches.list({ limit: 5 })
  assert.deepEqual(
    listed.data.map(({ id }) => id),
    [batch.id],
  )
  const files: string[] = []
  for await (const { id } of client.files.list({ limit: 2 })) files.push(id)
  assert.deepEqual(new Set(files), new Set([file.id, done.output_file_id, done.error_file_id]))
  assert.deepEqual(await client.files.delete(file.id), { id: file.id, object: 'file', deleted: true })
  await assert.rejects(client.files.retrieve(file.id), { status: 404 })
})

test('openai: a file that is no batch is refused whole, with the numbers of its lines', async (t) => {
  const client = clientOf(await startStack(t))
  const file = await upload(client, [
    chatLine('a', 'openai/echo'),
    chatLine('a', 'openai/echo'),
    { ...chatLine('b', 'openai/echo'), url: '/v1/embeddings' },
    chatLine('c', 'nobody/knows'),
  ])
  const batch = await client.batches.create({
    input_file_id: file.id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
  })
  const done = await ended(client, batch.id)
  assert.equal(done.status, 'failed')
  assert.deepEqual(
    done.errors?.data?.map(({ code, line }) => [code, line]),
    [
      ['duplicate_custom_id', 2],
      ['invalid_url', 3],
      ['model_not_found', 4],
    ],
  )
})

test('openai: a batch that is cancelled says so of each line that was left', async (t) => {
  const client = clientOf(await startStack(t, { config: { batches: { concurrency: 2 } } }))
  const lines = Array.from({ length: 30 }, (_, n) => chatLine(`line-${n}`, 'openai/slow-20ms'))
  const file = await upload(client, lines)
  const batch = await client.batches.create({
    input_file_id: file.id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
  })
  await until('the first results', async () => {
    const { request_counts: counts } = await client.batches.retrieve(batch.id)
    return counts && counts.completed > 0 ? true : undefined
  })
  await assert.rejects(client.files.delete(file.id), { status: 409 })
  const cancelled = await client.batches.cancel(batch.id)
  assert.equal(cancelled.status, 'cancelling')
  const done = await ended(client, batch.id)
  assert.equal(done.status, 'cancelled')
  const answered = await linesOf(client, done.output_file_id)
  const left = await linesOf(client, done.error_file_id)
  assert.equal(answered.length + left.length, 30)
  assert.ok(left.every(({ response, error }) => response === null && error?.code === 'batch_cancelled'))
})

test('anthropic: a batch of messages, on a provider of another dialect too', async (t) => {
  const stack = await startStack(t)
  const client = new Anthropic({ apiKey: testKey, baseURL: stack.gateway.url, maxRetries: 0 })
  const models = ['claude/echo', 'openai/echo', 'google/fault/http-400']
  const batch = await client.messages.batches.create({
    requests: Array.from({ length: 12 }, (_, n) => ({
      custom_id: `m-${n}`,
      params: {
        model: models[n % 3]!,
        max_tokens: 100,
        messages: [{ role: 'user' as const, content: `I am m-${n}` }],
      },
    })),
  })
  assert.deepEqual([batch.type, batch.processing_status], ['message_batch', 'in_progress'])
  const done = await until('the end of the batch', async () => {
    const now = await client.messages.batches.retrieve(batch.id)
    return now.processing_status === 'ended' ? now : undefined
  })
  assert.deepEqual(done.request_counts, { processing: 0, succeeded: 8, errored: 4, canceled: 0, expired: 0 })
  const results = []
  for await (const result of await client.messages.batches.results(batch.id)) results.push(result)
  assert.deepEqual(
    results.map(({ custom_id }) => custom_id),
    Array.from({ length: 12 }, (_, n) => `m-${n}`),
  )
  for (const [n, { custom_id, result }] of results.entries()) {
    if (n % 3 === 2) {
      assert.equal(result.type, 'errored')
      assert.equal(result.type === 'errored' && result.error.type, 'error')
    } else if (result.type === 'succeeded') {
      const [block] = result.message.content
      assert.match(block?.type === 'text' ? block.text : '', new RegExp(`I am ${custom_id}`))
    } else assert.fail(result.type)
  }
  const page = await client.messages.batches.list()
  assert.deepEqual(
    page.data.map(({ id }) => id),
    [batch.id],
  )
  assert.equal((await client.messages.batches.delete(batch.id)).type, 'message_batch_deleted')
  await assert.rejects(client.messages.batches.retrieve(batch.id), { status: 404 })
})
