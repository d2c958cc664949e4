/** What an admin has the gateway do: charged to them and their team, and no more than a key of theirs could do. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { asOwner, createPerson, type Person } from '../support/people.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import { startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const stack = await startStack(
  { after },
  {
    config: {
      models: {
        'openai/*': { price: { input: 1000, output: 1000 } },
        'openai/words-9': { sensitive: ['pii'] },
      },
      routes: { assistant: { targets: ['openai/echo'] }, dear: { targets: ['claude/echo'] } },
    },
  },
)
const owner = asOwner(stack)
const ofOwner: Pick<Person, 'call'> = { call: owner }
const ceiling = { models: ['openai/*', 'assistant'], clearances: [], tags: ['bounded'] }
const team = asString((await owner('POST', '/teams', { name: 'search' })).body['id'])!
const grace = await createPerson(stack, 'Grace', [{ role: 'admin' }], { team, ceiling })

function suiteOf(candidate: string, more: JsonObject = {}): JsonObject {
  const tests = ['one', 'two', 'three', 'four'].map((id) => ({ id, vars: { q: `this is case ${id}` } }))
  const suite = { name: 'asked', prompts: ['{{q}}'], candidate, tests, ...more }
  return { entry: 'suite.yaml', files: { 'suite.yaml': JSON.stringify(suite) }, concurrency: 1 }
}

interface Finished {
  readonly id: string
  readonly status: string
  readonly rows: readonly JsonObject[]
}

async function finish({ body }: { body: JsonObject }, as = owner): Promise<Finished> {
  const id = asString(body['id'])
  assert.ok(id !== undefined, JSON.stringify(body))
  const { status } = await until(
    'the end of the run',
    async () => {
      const { body: run } = await as('GET', `/evals/${id}`)
      return run['status'] === 'running' ? undefined : { status: String(run['status']) }
    },
    30_000,
  )
  const { body: rows } = await as('GET', `/evals/${id}/rows`)
  return { id, status, rows: asArray(rows['data']).map((row) => asObject(row)!) }
}

async function chargedFor(runId: string): Promise<Set<string>> {
  const { body } = await owner('GET', '/ledger?limit=1000')
  const lines = asArray(body['data']).map((line) => asObject(line)!)
  const ofRun = lines.filter((line) => asArray(line['tags']).includes(`eval:${runId}`))
  return new Set(
    ofRun.map(({ key_name: key, user, team: of, tags }) =>
      JSON.stringify([key, user, of, asArray(tags).includes('bounded')]),
    ),
  )
}

const codeOf = ({ status, body }: { status: number; body: JsonObject }) => [
  status,
  asObject(body['error'])?.['code'],
]
const notAllowed = [403, 'model_not_allowed']

test('an evaluation is charged to whoever starts it and to their team', async () => {
  const ran = await finish(await grace.call('POST', '/evals', suiteOf('assistant')))
  assert.deepEqual([ran.status, ran.rows.length], ['finished', 4])
  assert.deepEqual(await chargedFor(ran.id), new Set([JSON.stringify(['evals', grace.id, team, true])]))
  const ofToken = await finish(await owner('POST', '/evals', suiteOf('openai/words-9')))
  assert.equal(ofToken.rows.filter(({ status }) => status === 'error').length, 0, 'an owner is not bounded')
  assert.deepEqual(await chargedFor(ofToken.id), new Set([JSON.stringify(['evals', null, null, false])]))
})

test('it asks no model that a key of theirs could not ask, and neither does a run of somebody else that they go on with', async () => {
  for (const target of ['claude/echo', 'dear', 'openai/words-9']) {
    for (const suite of [
      suiteOf(target),
      suiteOf('assistant', { baseline: target }),
      suiteOf('assistant', { judge: { target, pairwise: { rubric: 'better' } } }),
    ]) {
      assert.deepEqual(codeOf(await grace.call('POST', '/evals', suite)), notAllowed, JSON.stringify(suite))
      assert.deepEqual(codeOf(await grace.call('POST', '/evals/plan', suite)), notAllowed)
    }
  }
  const { id } = await finish(await owner('POST', '/evals', suiteOf('claude/echo')))
  assert.deepEqual(codeOf(await grace.call('POST', `/evals/${id}/resume`, {})), notAllowed)
  assert.deepEqual(codeOf(await grace.call('POST', '/evals', { entry: `run:${id}` })), notAllowed)
})

test('their budget ends it, and so does the smallest budget that a key of theirs would have', async () => {
  const budget = { usd: '0.02', period: 'day', cap: 'hard' }
  assert.equal((await owner('PATCH', `/users/${grace.id}`, { budgets: [budget] })).status, 200)
  const poor = await finish(await grace.call('POST', '/evals', suiteOf('assistant')))
  assert.deepEqual(
    poor.rows.map(({ status, error }) => [status, asObject(error)?.['code']]),
    poor.rows.map(() => ['error', 'budget_exceeded']),
  )
  const ada = await createPerson(stack, 'Ada', [{ role: 'admin' }], {
    ceiling: {
      budgets: [
        { ...budget, usd: '0.025' },
        { ...budget, usd: '5', period: 'month' },
      ],
    },
  })
  const bounded = await finish(await ada.call('POST', '/evals', suiteOf('assistant')))
  const cost = bounded.rows.reduce((sum, { costUsd }) => sum + Number(costUsd), 0)
  assert.equal(bounded.rows.length, 2)
  assert.ok(cost > 0 && cost <= 0.025, `${cost} USD`)
})

test('who loses the role, or the account, has nothing more asked in their name', async (t) => {
  const provider = await startScriptedProvider(t)
  const held: (() => void)[] = []
  provider.answerWith((_, response) => held.push(() => response.writeHead(400).end('{}')))
  const other = await startStack(t, {
    config: {
      providers: {
        slow: {
          type: 'openai',
          apiKey: 'env:PROVIDER_KEY',
          baseUrl: provider.url,
          allowPrivateNetwork: true,
        },
      },
    },
  })
  const asAdmin = asOwner(other)
  for (const [name, method, path, body] of [
    ['Joan', 'PUT', '/account', { roles: [{ role: 'viewer' }] }],
    ['Jean', 'DELETE', '/account', undefined],
    ['Kay', 'DELETE', '', undefined],
  ] as const) {
    const person = await createPerson(other, name, [{ role: 'admin' }])
    const asked = provider.received.length
    const started = await person.call('POST', '/evals', suiteOf('slow/m'))
    await until('the first call', () => held.length > 0 || undefined)
    const taken = await asAdmin(method, `/users/${person.id}${path}`, body)
    assert.ok(taken.status < 300, JSON.stringify(taken.body))
    for (const answer of held.splice(0)) answer()
    const { rows } = await finish(started, asAdmin)
    const codes = rows.map(({ error }) => asObject(error)?.['code'])
    assert.deepEqual(codes.slice(1), ['permission_denied', 'permission_denied', 'permission_denied'])
    assert.equal(provider.received.length, asked + 1)
  }
})

const golden = (target: string, name = 'kept') => ({
  file: `${name}.yaml`,
  files: {
    [`${name}.yaml`]: JSON.stringify({
      name,
      target,
      samples: 1,
      prompts: [{ id: 'p', prompt: 'say that this is here', assert: [{ type: 'contains', value: 'here' }] }],
    }),
  },
})

test('they keep, run and schedule no golden set of a model that they may not ask', async () => {
  for (const [person, target, status] of [
    [grace, 'assistant', 200],
    [grace, 'dear', 403],
    [grace, 'claude/echo', 403],
    [ofOwner, 'dear', 200],
  ] as const) {
    assert.equal((await person.call('PUT', '/drift/golden-sets/kept', golden(target))).status, status, target)
  }
  const run = { set: 'kept', baseline: true }
  assert.deepEqual(codeOf(await grace.call('POST', '/drift/runs', run)), [403, 'permission_denied'])
  const schedule = { schedule: '0 3 * * *' }
  const scheduled = await grace.call('PUT', '/drift/kept/schedule', schedule)
  assert.deepEqual(codeOf(scheduled), [403, 'permission_denied'])
})

test('they lead no route to a model that they may not ask', async () => {
  const revise = (person: Pick<Person, 'call'>, ...targets: string[]) =>
    person.call('POST', '/routes/assistant/revisions', { settings: { targets } })
  assert.equal((await revise(grace, 'openai/words-3')).status, 201)
  assert.deepEqual(codeOf(await revise(grace, 'openai/echo', 'claude/echo')), [403, 'permission_denied'])
  assert.deepEqual(codeOf(await revise(grace, 'dear')), [403, 'permission_denied'])
  assert.equal((await revise(ofOwner, 'claude/echo')).status, 201)
})
