/** What lets a revision of a protected route go live: a gate of its own, that has passed, and not long ago. */

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { adminToken, type Stack, startStack } from '../support/stack.ts'
import { testInstances } from '../support/instances.ts'
import { until } from '../support/until.ts'

async function send({ gateway }: Stack, path: string, body: JsonObject) {
  const response = await fetch(`${gateway.url}/admin/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return (await response.json()) as JsonObject
}

async function rewrite(stack: Stack, more: JsonObject): Promise<void> {
  const config = JSON.parse(readFileSync(stack.configFile, 'utf8')) as JsonObject
  writeFileSync(stack.configFile, JSON.stringify({ ...config, ...more }))
  await stack.gateway.reload()
}

/** Runs a gate on the target, which passes where the model repeats what it is told. */
async function gate(stack: Stack, candidate: string, more: JsonObject = {}): Promise<string> {
  const suite = JSON.stringify({
    name: 'gate',
    candidate,
    prompts: ['river {{n}}'],
    gate: { minPassRate: 0.5 },
    tests: Array.from({ length: 40 }, (_, n) => ({
      vars: { n: String(n) },
      assert: [{ type: 'contains', value: `river ${n}` }],
    })),
  })
  const files = { 'suite.yaml': suite }
  const run = await send(stack, '/evals', { entry: 'suite.yaml', files, concurrency: 8, ...more })
  return until(
    'the verdict',
    async () => {
      const found = await stack.admin(`/evals/${asString(run['id'])}`)
      return found['status'] === 'finished' ? asString(found['verdict']) : undefined
    },
    30_000,
  )
}

const refusalOf = async (stack: Stack) => {
  const error = asObject((await send(stack, '/routes/assistant/promote', { to: 2 }))['error'])
  return `${String(error?.['code'])}: ${String(error?.['message'])}`
}

test('a gate on another revision, another route, a part of the suite, or too long ago does not count', async (t) => {
  const routes = (target: string): JsonObject => ({
    assistant: { targets: [target], protected: true },
    other: { targets: [target], protected: true },
  })
  const stack = await startStack(t, { config: { routes: routes('openai/echo') } })
  await rewrite(stack, { routes: routes('openai/echo-2') })
  assert.match(await refusalOf(stack), /gate_missing: .*no gate has been run on it/)
  for (const candidate of ['assistant', 'assistant@1', 'other@2', 'openai/echo-2']) {
    assert.equal(await gate(stack, candidate), 'pass', candidate)
    assert.match(await refusalOf(stack), /no gate has been run on it/, candidate)
  }
  assert.equal(await gate(stack, 'assistant@2', { filter: { first_n: 30 } }), 'inconclusive')
  assert.match(await refusalOf(stack), /its last gate says inconclusive/)
  assert.equal(await gate(stack, 'assistant@2'), 'pass')
  await rewrite(stack, { rollout: { maxGateAgeHours: 1e-9 } })
  assert.match(
    await refusalOf(stack),
    /its last gate passed on 2.*, longer ago than `rollout.maxGateAgeHours`/,
  )
  await rewrite(stack, { rollout: {} })
  assert.equal((await send(stack, '/routes/assistant/promote', { to: 2 }))['live'], 2)
})

testInstances(
  'what one instance promotes or takes back is in force on the other within 5 s',
  2,
  async ({ admin, post }) => {
    const modelAt = async (at: number) => {
      const body = { model: 'assistant', messages: [{ role: 'user', content: 'over the weir' }] }
      const response = await post(at, '/v1/chat/completions', body)
      await response.arrayBuffer()
      return response.headers.get('x-weir-model')
    }
    const change = (at: number, path: string, body: JsonObject = {}) =>
      admin(at, `/routes/assistant/${path}`, 'POST', body)
    await change(0, 'revisions', { settings: { targets: ['openai/words-2'] } })
    const both = (model: string) =>
      until(`${model} on both`, async () =>
        (await modelAt(0)) === model && (await modelAt(1)) === model ? true : undefined,
      )
    await both('words-2')
    assert.equal((await change(1, 'rollback', { reason: 'it is worse' }))['live'], 1)
    await both('echo')
    assert.equal((await change(0, 'promote', { to: 2 }))['live'], 2)
    await both('words-2')
  },
  { routes: { assistant: { targets: ['openai/echo'] } } },
)
