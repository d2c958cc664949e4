/** A provider that is switched off gets no request, on no way, until it is switched on; and whether one answers can be tried. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { asArray, asObject, type Json, type JsonObject } from '../../src/core/json.ts'
import { asOwner } from '../support/people.ts'
import { startStack, type Stack } from '../support/stack.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const routes = {
  pair: { targets: ['openai/echo', 'claude/echo'] },
  solo: { targets: ['openai/echo'] },
  nest: { targets: ['solo', 'openai/words-60'] },
}

async function ask(stack: Stack, model: string): Promise<[status: number, of: string | undefined]> {
  const body = { model, messages: [{ role: 'user', content: 'Hello' }] }
  const response = await stack.post('/v1/chat/completions', body)
  const { error } = (await response.json()) as { error?: { code: string; message: string } }
  return [
    response.status,
    error ? `${error.code} ${error.message}` : (response.headers.get('x-weir-target') ?? ''),
  ]
}

async function providerOf(stack: Stack, name: string): Promise<JsonObject> {
  const { data } = await stack.admin('/providers')
  return asArray(data)
    .map((one) => asObject(one)!)
    .find((one) => one['name'] === name)!
}

async function change(stack: Stack, path: string, body?: Json): Promise<JsonObject> {
  const answer = await asOwner(stack)('POST', path, body)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body
}

const receiptsOf = ({ simulator }: Stack) => simulator.receipts().map(({ provider }) => provider)

test('no request reaches it, over a restart too, and each says why', async (t) => {
  const dataDir = join(createTemporaryFolder(), 'data')
  const first = await startStack(t, { dataDir, config: { routes } })
  assert.deepEqual((await providerOf(first, 'openai'))['only_target_of'], ['nest', 'solo'])
  assert.deepEqual((await providerOf(first, 'claude'))['only_target_of'], [])
  assert.equal((await ask(first, 'pair'))[0], 200)
  assert.deepEqual(receiptsOf(first), ['openai'])
  const off = await change(first, '/providers/openai/disable')
  assert.equal(asObject(off['disabled'])?.['by'], 'admin-token')
  assert.deepEqual(off['only_target_of'], ['nest', 'solo'])

  const isOff = async (stack: Stack) => {
    const before = receiptsOf(stack).length
    assert.equal((await ask(stack, 'pair'))[0], 200)
    for (const model of ['solo', 'nest', 'openai/echo']) {
      const [status, error = ''] = await ask(stack, model)
      assert.equal(status, 400, model)
      assert.match(error, /^no_eligible_target .*switched off/, model)
    }
    assert.deepEqual(receiptsOf(stack).slice(before), ['anthropic'])
  }
  await isOff(first)
  const refused = await asOwner(first)('POST', '/providers/openai/test', {})
  assert.equal(refused.status, 409)
  await first.gateway.stop(true)

  const second = await startStack(t, { dataDir, config: { routes } })
  assert.ok((await providerOf(second, 'openai'))['disabled'])
  await isOff(second)
  const on = await change(second, '/providers/openai/enable')
  assert.equal(on['disabled'], undefined)
  assert.equal((await ask(second, 'solo'))[0], 200)
  const { data } = await second.admin('/audit?object=provider:openai')
  assert.deepEqual(
    asArray(data).map((act) => asObject(act)!['action']),
    // A try is an entry, and that it was refused is another.
    ['provider.enable', 'provider.test', 'provider.test', 'provider.disable'],
  )
})

test('a trial tells the answer, its time and its cost, or what is wrong', async (t) => {
  const stack = await startStack(t, {
    config: { routes, models: { 'claude/*': { price: { input: 1, output: 4 } } } },
  })
  const good = await change(stack, '/providers/claude/test', {})
  assert.deepEqual([good['ok'], good['model']], [true, 'echo'])
  assert.match(String(good['answer']), /are you there/)
  assert.ok(Number(good['duration_ms']) >= 0 && Number(good['cost_usd']) > 0)
  assert.equal(receiptsOf(stack).at(-1), 'anthropic')
  const bad = await change(stack, '/providers/openai/test', { model: 'fault/http-429' })
  assert.deepEqual([bad['ok'], asObject(bad['error'])?.['code']], [false, 'upstream_rate_limit'])
  const limited = asArray((await providerOf(stack, 'openai'))['targets']).map((one) => asObject(one)!)
  assert.ok(
    limited.some((target) => target['model'] === 'fault/http-429' && Number(target['rate_limits']) > 0),
  )
  assert.equal((await asOwner(stack)('POST', '/providers/nobody/test', {})).status, 404)
})
