/** Recorded requests become the cases of a suite that runs. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { loadSuite } from '../../src/judgement/suite/load.ts'
import { asOwner } from '../support/people.ts'
import { startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

test('what was recorded, with its feedback, is a suite, and what callers wrote is no template', async (t) => {
  const stack = await startStack(t, {
    config: {
      routes: {
        assistant: { targets: ['openai/echo'], prompt: 'You answer for a shop. Today is {{date}}.' },
      },
      payloads: { routes: { assistant: 'on' } },
    },
  })
  const ask = async (messages: JsonObject[], more: JsonObject = {}): Promise<string> => {
    const response = await stack.post('/v1/chat/completions', { model: 'assistant', messages, ...more })
    await response.arrayBuffer()
    return response.headers.get('x-weir-request-id') ?? ''
  }
  const user = (content: string) => ({ role: 'user', content })
  const liked = await ask([user('What does {{price}} mean {% if %}?')], { temperature: 0.5 })
  const disliked = await ask([user('Hello'), { role: 'assistant', content: 'Hi.' }, user('And now?')])
  await ask([user('What does {{price}} mean {% if %}?')], { temperature: 0.5 })
  const tool = { type: 'function', function: { name: 'look', parameters: { type: 'object' } } }
  await ask([user('Look it up')], { tools: [tool] })
  await stack.post('/v1/feedback', { request_id: liked, score: 1, label: 'good' })
  await stack.post('/v1/feedback', { request_id: disliked, score: 0, comment: 'It only repeats.' })
  await until('the payloads', async () => {
    const { data } = await stack.admin('/payloads?route=assistant')
    return asArray(data).length === 4 ? true : undefined
  })
  const weir = join(import.meta.dirname, '../../bin/weir')
  const folder = dirname(stack.configFile)
  const run = (...args: string[]) =>
    promisify(execFile)(
      weir,
      [
        'eval',
        'dataset',
        'assistant',
        ...args,
        '--data',
        stack.gateway.config.dataDir,
        '--config',
        stack.configFile,
      ],
      { cwd: folder },
    )
  const told = await run('-o', 'traffic.yaml', '--reference', 'equals')
  assert.match(told.stderr, /2 cases; left out: 1 offers tools, 1 asked before/)
  const text = readFileSync(join(folder, 'traffic.yaml'), 'utf8')
  const { suite } = await loadSuite('traffic.yaml', async () => text)
  const byText = new Map(
    suite.cases
      .map((each) => [each.steps.findLast(({ role }) => role === 'user'), each] as const)
      .map(([step, each]) => [step?.role === 'user' ? step.text : '', each] as const),
  )
  const first = byText.get('What does {{price}} mean {% if %}?')
  // The newest of requests that are alike is the case: nobody has said anything of it.
  assert.deepEqual([first?.params.temperature, first?.metadata['score']], [0.5, undefined])
  assert.deepEqual(
    first?.steps.map(({ role }) => role),
    ['user', 'call'],
  )
  const last = first?.steps.at(-1)
  assert.ok(last?.role === 'call' && last.assert[0]?.type === 'equals')
  const second = byText.get('And now?')
  assert.deepEqual(
    [second?.steps.map(({ role }) => role), second?.metadata['score'], second?.metadata['comment']],
    [['user', 'assistant', 'user', 'call'], 0, 'It only repeats.'],
  )
  // What nobody liked is no reference.
  const call = second?.steps.at(-1)
  assert.ok(call?.role === 'call' && call.assert.length === 0)
  const { stdout } = await run('--label', 'good')
  assert.equal(asArray(asObject(parse(stdout))?.['tests']).length, 1)
})

test('requests that are named are cases in their order, failed ones too; what is not recorded is told', async (t) => {
  const stack = await startStack(t, { config: { payloads: { record: 'on' } } })
  const ask = async (model: string, content: string): Promise<string> => {
    const response = await stack.post('/v1/chat/completions', {
      model,
      messages: [{ role: 'user', content }],
    })
    await response.arrayBuffer()
    return response.headers.get('x-weir-request-id') ?? ''
  }
  const failed = await ask('openai/fault/http-400', 'Does this fail?')
  const answered = await ask('openai/echo', 'And this?')
  await ask('openai/echo', 'Nobody wants this.')
  await until('the payloads', async () =>
    asArray((await stack.admin('/payloads'))['data']).length === 3 ? true : undefined,
  )
  const make = async (body: JsonObject) => asOwner(stack)('POST', '/evals/datasets', body)
  const made = await make({ requests: [answered, failed, 'req_none', answered], reference: 'similar' })
  assert.equal(made.status, 200)
  const { suite, cases, skipped } = made.body
  assert.deepEqual([cases, skipped], [2, { 'not recorded': 1 }])
  const turns = asArray(asObject(suite)?.['tests']).map((each) => asArray(asObject(each)?.['turns']))
  assert.deepEqual(
    turns.map(([first]) => asObject(first)?.['user']),
    ['And this?', 'Does this fail?'],
  )
  const asserts = turns.map(
    ([, reply]) => asArray(asObject(asObject(reply)?.['assistant'])?.['assert']).length,
  )
  assert.deepEqual(asserts, [1, 0], 'without an answer there is no reference')
  for (const body of [{}, { route: 'a', requests: [failed] }, { requests: [] }]) {
    assert.equal((await make(body)).status, 400)
  }
})
