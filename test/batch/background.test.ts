/** Responses made in the background, as the official SDK makes, polls, cancels and deletes them. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI from 'openai'
import { asArray } from '../../src/core/json.ts'
import { startStack, testKey } from '../support/stack.ts'
import { until } from '../support/until.ts'

const clientOf = (url: string, apiKey = testKey) =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 })
const isOver = ({ status }: OpenAI.Responses.Response) => status !== 'queued' && status !== 'in_progress'

test('made at once, answered later, on a provider of another dialect', async (t) => {
  const { gateway, simulator, admin } = await startStack(t)
  const client = clientOf(gateway.url)
  const made = await client.responses.create({
    model: 'claude/echo',
    input: 'I am here',
    metadata: { mine: 'yes' },
    background: true,
  })
  assert.equal(made.status, 'queued')
  assert.equal(made.background, true)
  const response = await until('its end', async () => {
    const now = await client.responses.retrieve(made.id)
    return isOver(now) ? now : undefined
  })
  assert.deepEqual([response.id, response.status, response.background], [made.id, 'completed', true])
  assert.equal(response.output_text, 'I am here')
  assert.ok(response.usage!.output_tokens > 0)
  assert.equal(simulator.receipts().length, 1)
  await until('one record', async () => {
    const found = asArray((await admin('/requests'))['data'])
    return found.length === 1 ? true : undefined
  })
  // A caller that is in no hurry and one that is are answered alike.
  const direct = await client.responses.create({ model: 'claude/echo', input: 'I am here' })
  assert.equal(direct.output_text, response.output_text)
  assert.equal((await client.batches.list()).data.length, 0)
  await client.responses.delete(made.id)
  await assert.rejects(client.responses.retrieve(made.id), { status: 404 })
})

test('what fails says so in the response; what cannot be is refused at once', async (t) => {
  const { gateway } = await startStack(t, {
    config: {
      keys: [
        { name: 'test', secret: 'env:WEIR_TEST_KEY', models: ['openai/*'] },
        { name: 'other', secret: 'env:OTHER_KEY' },
      ],
    },
    env: { OTHER_KEY: 'another-key-of-16-characters' },
  })
  const client = clientOf(gateway.url)
  const failed = await client.responses.create({
    model: 'openai/fault/http-400',
    input: 'x',
    background: true,
  })
  const response = await until('its end', async () => {
    const now = await client.responses.retrieve(failed.id)
    return isOver(now) ? now : undefined
  })
  assert.deepEqual([response.status, response.error?.code], ['failed', 'invalid_prompt'])
  const create = (more: object) =>
    client.responses.create({ model: 'openai/echo', input: 'x', background: true, ...more })
  await assert.rejects(create({ stream: true }), { status: 400, param: 'stream' })
  await assert.rejects(create({ model: 'claude/echo' }), { status: 403 })
  await assert.rejects(client.responses.retrieve(failed.id, { stream: true }), { status: 400 })
  await assert.rejects(client.responses.retrieve('resp_bg_unknown'), { status: 404 })
  const stranger = clientOf(gateway.url, 'another-key-of-16-characters')
  await assert.rejects(stranger.responses.retrieve(failed.id), { status: 404 })
})

test('cancelled, however far it is', async (t) => {
  const { gateway, simulator } = await startStack(t)
  const client = clientOf(gateway.url)
  const slow = await client.responses.create({ model: 'openai/slow-30000ms', input: 'x', background: true })
  await until('its call', () => (simulator.receipts().length === 1 ? true : undefined))
  assert.equal((await client.responses.cancel(slow.id)).status, 'cancelled')
  await until('the end of its call', () =>
    simulator.receipts()[0]?.ended === 'client-closed' ? true : undefined,
  )
  assert.equal((await client.responses.retrieve(slow.id)).status, 'cancelled')
  assert.equal((await client.responses.cancel(slow.id)).status, 'cancelled')

  const quick = await client.responses.create({ model: 'openai/echo', input: 'done', background: true })
  await until('its end', async () => (isOver(await client.responses.retrieve(quick.id)) ? true : undefined))
  const kept = await client.responses.cancel(quick.id)
  assert.equal(kept.status, 'completed')
  assert.match(JSON.stringify(kept.output), /done/)
})
