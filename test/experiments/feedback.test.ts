/** Feedback: taken of a key's own requests alone, found when the record is there, and what decides an experiment. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const otherKey = 'another-key-of-16-characters'

async function ask(stack: Stack, session: string) {
  const body = { model: 'assistant', messages: [{ role: 'user', content: 'over the weir' }] }
  const response = await stack.post('/v1/chat/completions', body, { 'x-weir-session': session })
  await response.arrayBuffer()
  return {
    id: response.headers.get('x-weir-request-id') ?? '',
    arm: response.headers.get('x-weir-experiment') ?? '',
  }
}

async function say(stack: Stack, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  const response = await stack.post('/v1/feedback', body, headers)
  return { status: response.status, body: (await response.json()) as JsonObject }
}

const listed = async (stack: Stack, query = '') =>
  asArray((await stack.admin(`/feedback${query}`))['data']).map((each) => asObject(each)!)

test('a key says what it thinks of its own requests', async (t) => {
  const stack = await startStack(t, {
    config: {
      routes: { assistant: { targets: ['openai/echo'] } },
      keys: [
        { name: 'test', secret: 'env:WEIR_TEST_KEY' },
        { name: 'other', secret: 'env:OTHER_KEY' },
      ],
    },
    env: { OTHER_KEY: otherKey },
  })
  const { id } = await ask(stack, 's')
  const first = await say(stack, { request_id: id, score: true, label: 'good', comment: 'It helped.' })
  assert.ok([200, 202].includes(first.status), JSON.stringify(first))
  const [found] = await until('the match', async () => {
    const data = await listed(stack, `?request_id=${id}`)
    return data[0]?.['state'] === 'matched' ? data : undefined
  })
  assert.deepEqual(
    [found!['route'], found!['provider'], found!['score'], found!['label'], found!['comment']],
    ['assistant', 'openai', 1, 'good', 'It helped.'],
  )
  assert.equal((await say(stack, { request_id: id, score: 0.25 })).status, 200)
  assert.deepEqual(
    (await listed(stack)).map(({ score, label }) => [score, label]),
    [[0.25, undefined]],
  )
  const foreign = { authorization: `Bearer ${otherKey}` }
  assert.equal((await say(stack, { request_id: id, score: 0 }, foreign)).status, 404)
  assert.equal((await say(stack, { request_id: id, score: 0 }, { authorization: 'Bearer no' })).status, 401)
})

test('what is no feedback is refused, and says why', async (t) => {
  const stack = await startStack(t, { config: { routes: { assistant: { targets: ['openai/echo'] } } } })
  const cases: readonly (readonly [unknown, string | null])[] = [
    [{ request_id: 'req_1' }, null],
    [{ request_id: '../x', score: 1 }, 'request_id'],
    [{ request_id: 'req_1', score: 2 }, 'score'],
    [{ request_id: 'req_1', score: 'good' }, 'score'],
    [{ request_id: 'req_1', label: 'x'.repeat(65) }, 'label'],
    [{ request_id: 'req_1', comment: 7 }, 'comment'],
    [{ request_id: 'req_1', score: 1, stars: 5 }, 'stars'],
    [[], null],
  ]
  for (const [body, param] of cases) {
    const { status, body: answer } = await say(stack, body)
    assert.deepEqual(
      [status, asObject(answer['error'])?.['param'] ?? null],
      [400, param],
      JSON.stringify(body),
    )
  }
  assert.equal((await say(stack, { request_id: 'req_unknown', score: 1 })).status, 202)
  assert.deepEqual(
    (await listed(stack)).map(({ state }) => state),
    ['waiting'],
  )
})

test('scores decide an experiment, each unit once', async (t) => {
  const experiment = {
    name: 'taste',
    minUnits: 20,
    arms: [{ name: 'plain' }, { name: 'kind', prompt: 'Be kind.' }],
  }
  const routes = { assistant: { strategy: 'experiment', targets: ['openai/echo'], experiment } }
  const stack = await startStack(t, { config: { routes } })
  for (let group = 0; group < 12; group++) {
    const sessions = Array.from({ length: 10 }, (_, n) => `session-${group}-${n}`)
    await Promise.all(
      sessions.map(async (session) => {
        const { id, arm } = await ask(stack, session)
        await say(stack, { request_id: id, score: arm === 'taste=kind' })
      }),
    )
  }
  const view = await until('the winner', async () => {
    const found = await stack.admin('/experiments/assistant')
    return found['winner'] === undefined ? undefined : found
  })
  assert.equal(view['winner'], 'kind')
  assert.equal(view['state'], 'running')
  const arms = asArray(view['arms']).map((arm) => asObject(arm)!)
  assert.ok(arms.every((arm) => Number(arm['outcomes']) <= Number(arm['units'])))
})
