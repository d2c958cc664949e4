/** Shadow traffic: candidates are asked what clients ask, and clients do not notice; judges of experiments likewise. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const models = {
  'openai/echo': { price: { input: 1, output: 1 } },
  'claude/echo': { price: { input: 2, output: 2 } },
}

async function ask(stack: Stack, more: JsonObject = {}): Promise<string> {
  const messages = [{ role: 'user', content: 'over the weir' }]
  return (await stack.post('/v1/chat/completions', { model: 'assistant', messages, ...more })).text()
}

const comparisons = async (stack: Stack) =>
  asArray((await stack.admin('/shadow/assistant/comparisons'))['data']).map((each) => asObject(each)!)

/** What the command prints, told by the gateway that runs. */
async function weir(stack: Stack, ...args: readonly string[]): Promise<string> {
  const data = ['--data', stack.gateway.config.dataDir, '--config', stack.configFile]
  const { stdout } = await promisify(execFile)(join(import.meta.dirname, '../../bin/weir'), [
    ...args,
    ...data,
  ])
  return stdout
}

const compared = (stack: Stack, count: number) =>
  until(`${count} comparisons`, async () => {
    const found = await comparisons(stack)
    return found.length >= count ? found : undefined
  })

test('a candidate answers behind the back of the client, streamed or not, and what came of it is kept', async (t) => {
  const shadow = [
    { route: 'assistant', target: 'claude/echo', sample: 1, judge: { target: 'openai/echo', rubric: '(A)' } },
  ]
  const routes = { assistant: { targets: ['openai/echo'], prompt: 'Be brief.' } }
  const stack = await startStack(t, { config: { routes, models, shadow } })
  assert.match(await ask(stack), /over the weir/)
  assert.match(await ask(stack, { stream: true }), /\[DONE\]/)
  const [found] = await compared(stack, 2)
  assert.equal(found!['likeness'], 1)
  // The judge takes the first answer in both orders: no preference.
  assert.deepEqual([found!['preference'], found!['swayed']], [0.5, true])
  const asked = stack.simulator.receipts().filter(({ path }) => path.includes('anthropic'))
  assert.equal(asked.length, 2)
  assert.ok(asked.every(({ body }) => JSON.stringify(body).includes('Be brief.')))
  await until('the records', async () => {
    const { data } = await stack.admin('/requests?key=shadow')
    return asArray(data).length === 2 ? true : undefined
  })
  const [summary] = asArray((await stack.admin('/shadow/assistant'))['data']).map((each) => asObject(each)!)
  assert.deepEqual([summary!['target'], summary!['comparisons'], summary!['swayed']], ['claude/echo', 2, 2])
  assert.ok(Number(summary!['spent_usd']) > 0)
  const told = await weir(stack, 'shadow', 'status', 'assistant')
  assert.match(told, /claude\/echo {2}2 comparisons, 0\.\d+ USD spent/)
  assert.match(told, /callers got +0 .*\n +candidate +0 /)
  assert.match(told, /preferred by the judge: 0\.5 \(0\.5 to 0\.5\) of 2, .* swayed by the order: 2/)
  const listed = await weir(stack, 'shadow', 'list', 'assistant', '--target', 'claude/echo')
  assert.equal(listed.match(/req_\w+ +claude\/echo +answered/g)?.length, 2, listed)
  assert.match(await weir(stack, 'shadow', 'status', 'other'), /nothing of other has been asked/)
})

test('a candidate that fails is told, and one that hangs delays nobody', async (t) => {
  const shadow = [
    { route: 'assistant', target: 'claude/fault/http-500', sample: 1 },
    { route: 'assistant', target: 'google/slow-200', sample: 1 },
  ]
  const stack = await startStack(t, {
    config: { routes: { assistant: { targets: ['openai/echo'] } }, shadow },
  })
  for (let turn = 0; turn < 12; turn++) assert.match(await ask(stack), /over the weir/)
  const found = await compared(stack, 1)
  assert.deepEqual(
    [asObject(found[0]!['shadow'])?.['status'], asObject(found[0]!['primary'])?.['status']],
    ['failed', 'answered'],
  )
})

test('the budget of the day ends it', async (t) => {
  const shadow = [{ route: 'assistant', target: 'claude/echo', sample: 1, maxUsdPerDay: 1e-7 }]
  const routes = { assistant: { targets: ['openai/echo'] } }
  const stack = await startStack(t, { config: { routes, models, shadow } })
  await ask(stack)
  await compared(stack, 1)
  for (let turn = 0; turn < 5; turn++) await ask(stack)
  // Whatever is asked after the budget went by has been looked at when a request for another route has come back.
  assert.equal((await comparisons(stack)).length, 1)
  assert.equal(stack.simulator.receipts().filter(({ path }) => path.includes('anthropic')).length, 1)
})

test('a judge grades a share of the answers of an experiment', async (t) => {
  const experiment = {
    name: 'judged',
    metric: 'judge',
    judge: { target: 'openai/echo', rubric: '{"pass": true, "score": 0.75}', sample: 1 },
    arms: [{ name: 'plain' }, { name: 'kind', prompt: 'Be kind.' }],
  }
  const routes = { assistant: { strategy: 'experiment', targets: ['openai/echo'], experiment } }
  const stack = await startStack(t, { config: { routes } })
  for (let turn = 0; turn < 4; turn++) await ask(stack, { user: `user-${turn}` })
  await until('four grades', async () => {
    const arms = asArray((await stack.admin('/experiments/assistant'))['arms']).map((arm) => asObject(arm)!)
    return arms.reduce((sum, arm) => sum + Number(arm['outcomes']), 0) === 4 ? true : undefined
  })
})
