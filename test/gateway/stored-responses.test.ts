/** A kept response continues on any provider, for its own key only, and nothing is kept without being asked. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { startStack, testKey } from '../support/stack.ts'

async function respond(stack: Awaited<ReturnType<typeof startStack>>, body: JsonObject): Promise<JsonObject> {
  const answer = await stack.post('/v1/responses', body)
  return (await answer.json()) as JsonObject
}

const bearer = { authorization: `Bearer ${testKey}` }

test('a response kept from one provider is continued by another', async (t) => {
  const stack = await startStack(t)
  const first = await respond(stack, { model: 'openai/words-3', input: 'My name is Ada.', store: true })
  const id = String(first['id'])
  const second = await respond(stack, { model: 'claude/echo', input: 'And now?', previous_response_id: id })
  assert.equal(second['status'], 'completed')
  const sent = JSON.stringify(stack.simulator.receipts().at(-1)?.body)
  for (const text of ['My name is Ada.', 'river stone water', 'And now?'])
    assert.ok(sent.includes(text), text)
  assert.ok(!sent.includes('previous_response_id'))
})

test('a streamed response is kept too, under the id that the client saw', async (t) => {
  const stack = await startStack(t)
  for (const model of ['openai/words-3', 'google/words-3']) {
    const answer = await stack.post('/v1/responses', {
      model,
      input: 'Remember me.',
      store: true,
      stream: true,
    })
    const events = (await answer.text()).split('\n').filter((line) => line.startsWith('data: {'))
    const last = JSON.parse(events.at(-1)!.slice(6)) as JsonObject
    const id = String(asObject(last['response'])?.['id'])
    const kept = await fetch(`${stack.gateway.url}/v1/responses/${id}`, { headers: bearer })
    assert.equal(kept.status, 200, model)
    assert.equal(((await kept.json()) as JsonObject)['id'], id)
  }
})

test('a response is found until it is deleted, and by no other key', async (t) => {
  const keys = [
    { name: 'test', secret: 'env:WEIR_TEST_KEY' },
    { name: 'other', secret: 'another-key-of-16-characters' },
  ]
  const stack = await startStack(t, { config: { keys, allowPlaintextSecrets: true } })
  const { id } = await respond(stack, { model: 'openai/echo', input: 'secret canary', store: true })
  const url = `${stack.gateway.url}/v1/responses/${String(id)}`
  const other = { headers: { authorization: 'Bearer another-key-of-16-characters' } }
  assert.equal((await fetch(url, other)).status, 404)
  assert.equal((await fetch(url)).status, 401)
  assert.equal((await fetch(url, { headers: bearer })).status, 200)
  const deleted = await fetch(url, { method: 'DELETE', headers: bearer })
  assert.deepEqual(await deleted.json(), { id, object: 'response', deleted: true })
  assert.equal((await fetch(url, { headers: bearer })).status, 404)
})

test('without `store: true` nothing is kept, and what was not kept cannot be continued elsewhere', async (t) => {
  const stack = await startStack(t)
  const { id } = await respond(stack, { model: 'openai/echo', input: 'forget me' })
  const url = `${stack.gateway.url}/v1/responses/${String(id)}`
  assert.equal((await fetch(url, { headers: bearer })).status, 404)
  const refused = await stack.post('/v1/responses', {
    model: 'claude/echo',
    input: 'go on',
    previous_response_id: String(id),
  })
  assert.equal(refused.status, 400)
  const error = asObject(((await refused.json()) as JsonObject)['error'])
  assert.equal(error?.['param'], 'previous_response_id')
})

test('a reference to an item of a kept answer stands for the item, at any provider', async (t) => {
  const stack = await startStack(t)
  for (const made of ['openai/words-3', 'claude/words-3']) {
    const first = await respond(stack, { model: made, input: 'hello', store: true })
    const [item] = asArray(first['output'])
    const { id } = asObject(item)!
    for (const reference of [{ type: 'item_reference', id }, { id }]) {
      for (const model of ['claude/echo', 'google/echo', 'openai/echo']) {
        const next = await respond(stack, { model, input: [reference, { role: 'user', content: 'go on' }] })
        assert.equal(next['status'], 'completed', model)
        const sent = JSON.stringify(stack.simulator.receipts().at(-1)?.body)
        for (const text of ['river stone water', 'go on']) assert.ok(sent.includes(text), `${model}: ${sent}`)
        assert.ok(!sent.includes('item_reference'), sent)
      }
    }
  }
})

test('a reference that leads nowhere is refused, but for the provider that may know it', async (t) => {
  const stack = await startStack(t)
  const input = [
    { type: 'item_reference', id: 'msg_unknown' },
    { role: 'user', content: 'go on' },
  ]
  const refused = await stack.post('/v1/responses', { model: 'claude/echo', input })
  assert.equal(refused.status, 400)
  const error = asObject(((await refused.json()) as JsonObject)['error'])
  assert.equal(error?.['param'], 'input')
  assert.match(String(error?.['message']), /msg_unknown/)
  const passed = await stack.post('/v1/responses', { model: 'openai/echo', input })
  assert.equal(passed.status, 200)
  assert.ok(JSON.stringify(stack.simulator.receipts().at(-1)?.body).includes('msg_unknown'))
})
