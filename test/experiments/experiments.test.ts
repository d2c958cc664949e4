/** Experiments on live traffic: callers stay with their arm, harm stops one, and a winner goes live as any revision. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { adminToken, type Stack, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const route = (experiment: JsonObject, more: JsonObject = {}): JsonObject => ({
  assistant: {
    strategy: 'experiment',
    targets: ['openai/echo'],
    retry: { attempts: 1 },
    experiment: { name: 'e1', minUnits: 20, ...experiment },
    ...more,
  },
})

const arms = (target: string): JsonObject[] => [{ name: 'control' }, { name: 'new', targets: [target] }]

async function ask(stack: Stack, session: string): Promise<Response> {
  const body = { model: 'assistant', messages: [{ role: 'user', content: 'over the weir' }] }
  return stack.post('/v1/chat/completions', body, { 'x-weir-session': session })
}

/** Asks once for each session, a few at a time, and gives the arms by session. */
async function askAll(stack: Stack, sessions: number): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (let from = 0; from < sessions; from += 10) {
    const names = Array.from({ length: Math.min(10, sessions - from) }, (_, n) => `session-${from + n}`)
    await Promise.all(
      names.map(async (name) => {
        const response = await ask(stack, name)
        await response.arrayBuffer()
        found.set(name, response.headers.get('x-weir-experiment') ?? '')
      }),
    )
  }
  return found
}

async function change(stack: Stack, path: string, body: JsonObject) {
  const response = await fetch(`${stack.gateway.url}/admin/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as JsonObject }
}

const status = (stack: Stack) => stack.admin('/experiments/assistant')
const armsOf = (view: JsonObject) => asArray(view['arms']).map((arm) => asObject(arm)!)

test('a session stays with its arm, the arm is what answers, and the record names it', async (t) => {
  const experiment = { arms: [{ name: 'control' }, { name: 'new', prompt: 'Be brief.' }] }
  const stack = await startStack(t, { config: { routes: route(experiment) } })
  const first = await askAll(stack, 40)
  assert.deepEqual(await askAll(stack, 40), first)
  assert.deepEqual(new Set(first.values()), new Set(['e1=control', 'e1=new']))
  const withPrompt = stack.simulator
    .receipts()
    .filter(({ body }) => JSON.stringify(body).includes('Be brief.'))
  assert.equal(withPrompt.length, 2 * [...first.values()].filter((arm) => arm === 'e1=new').length)
  const [record] = await until('the record', async () => {
    const { data } = await stack.admin('/requests?session=session-7')
    return asArray(data).length === 2 ? asArray(data).map((each) => asObject(each)!) : undefined
  })
  assert.equal(`e1=${String(asObject(record!['experiment'])?.['arm'])}`, first.get('session-7'))
  const view = await until('the units', async () => {
    const found = await status(stack)
    return armsOf(found).reduce((sum, arm) => sum + Number(arm['units']), 0) === 40 ? found : undefined
  })
  assert.equal(view['in_force'], true)
})

const models = {
  'openai/dear': { price: { input: 10, output: 10 } },
  'openai/cheap': { price: { input: 1, output: 1 } },
}

test('an arm that does harm stops the experiment, and its callers get the control', async (t) => {
  const experiment = { metric: 'feedback', guardrails: [{ metric: 'cost' }], arms: arms('openai/dear') }
  const routes = route(experiment, { targets: ['openai/cheap'] })
  const stack = await startStack(t, { config: { routes, models } })
  await askAll(stack, 120)
  const ended = await until('the stop', async () => {
    const found = await status(stack)
    return found['state'] === 'ended' ? found : undefined
  })
  assert.match(asString(ended['reason']) ?? '', /the arm new crosses the guardrail of cost/)
  const after = await askAll(stack, 20)
  assert.deepEqual(new Set(after.values()), new Set(['']))
  await stack.gateway.reload()
  assert.equal((await ask(stack, 'session-1')).status, 200)
  await until('the alert', async () => {
    const { data } = await stack.admin('/alerts?kind=experiment')
    return asArray(data).length > 0 ? true : undefined
  })
})

test('an arm is promoted: at once, and of a protected route after its gate', async (t) => {
  const stack = await startStack(t, { config: { routes: route({ arms: arms('openai/words-2') }) } })
  await until('its beginning', async () => {
    const { data } = await stack.admin('/experiments')
    return asArray(data).length > 0 ? true : undefined
  })
  const early = await change(stack, '/experiments/assistant/promote', {})
  assert.deepEqual([early.status, asObject(early.body['error'])?.['param']], [409, 'arm'])
  const unknown = await change(stack, '/experiments/assistant/promote', { arm: 'other' })
  assert.equal(unknown.status, 400)
  const done = await change(stack, '/experiments/assistant/promote', { arm: 'new', reason: 'shorter' })
  assert.deepEqual([done.body['waits_for_gate'], done.body['revision']], [false, 'assistant@2'])
  const response = await ask(stack, 'session-1')
  assert.deepEqual(
    [response.headers.get('x-weir-model'), response.headers.get('x-weir-experiment')],
    ['words-2', null],
  )
  const { data } = await stack.admin('/audit?object=route:assistant')
  const acts = asArray(data).map((act) => asObject(act)!['action'])
  assert.ok(acts.includes('experiment.promote') && acts.includes('route.revision'), acts.join())

  const config = JSON.parse(readFileSync(stack.configFile, 'utf8')) as JsonObject
  const next = route({ name: 'e2', arms: arms('openai/words-3') }, { protected: true })
  writeFileSync(stack.configFile, JSON.stringify({ ...config, routes: next }))
  await stack.gateway.reload()
  await change(stack, '/routes/assistant/promote', { to: 3, override: true, reason: 'a new experiment' })
  await until('the second', async () => ((await status(stack))['name'] === 'e2' ? true : undefined))
  const waits = await change(stack, '/experiments/assistant/promote', { arm: 'new' })
  assert.deepEqual([waits.body['waits_for_gate'], waits.body['revision']], [true, 'assistant@4'])
  assert.equal((await stack.admin('/routes/assistant'))['live'], 3)
})

test('a winner by cost goes live by itself where the route says so, and the command line tells of it', async (t) => {
  const experiment = { metric: 'cost', onWinner: 'promote', arms: arms('openai/cheap') }
  const routes = route(experiment, { targets: ['openai/dear'] })
  const stack = await startStack(t, { config: { routes, models } })
  await askAll(stack, 200)
  const ended = await until('the winner', async () => {
    const found = await status(stack)
    return found['revision'] === undefined ? undefined : found
  })
  assert.deepEqual([ended['winner'], ended['revision']], ['new', 'assistant@2'])
  assert.equal((await ask(stack, 'session-3')).headers.get('x-weir-model'), 'cheap')
  const weir = join(import.meta.dirname, '../../bin/weir')
  const data = ['--data', stack.gateway.config.dataDir, '--config', stack.configFile]
  const told = await promisify(execFile)(weir, ['experiment', 'status', 'assistant', ...data], {
    cwd: dirname(stack.configFile),
  })
  assert.match(told.stdout, /assistant {2}e1 {2}ended/)
  assert.match(told.stdout, /cost \(decides\)/)
})
