/** Routes as lines of revisions: what goes live, what waits, and how it goes back. */

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { asArray, asNumber, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { start } from '../../src/main.ts'
import { adminToken, type Stack, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const question = (model: string, text = 'over the weir') => ({
  model,
  messages: [{ role: 'user', content: text }],
})

async function answerOf(stack: Stack, model: string): Promise<string> {
  const body = (await (await stack.post('/v1/chat/completions', question(model))).json()) as JsonObject
  const message = asObject(asObject(asArray(body['choices'])[0])?.['message'])
  return asString(message?.['content']) ?? JSON.stringify(body)
}

async function change({ gateway }: Stack, path: string, body: JsonObject = {}, method = 'POST') {
  const response = await fetch(`${gateway.url}/admin/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    ...(method === 'POST' && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as JsonObject }
}

const codeOf = ({ body }: { readonly body: JsonObject }) => asObject(body['error'])?.['code']

async function rewrite(stack: Stack, routes: JsonObject): Promise<void> {
  const config = JSON.parse(readFileSync(stack.configFile, 'utf8')) as JsonObject
  writeFileSync(stack.configFile, JSON.stringify({ ...config, routes }))
  await stack.gateway.reload()
}

const liveOf = async (stack: Stack) => asNumber((await stack.admin('/routes/assistant'))['live'])

test('a change of the file goes live, the same file makes none, and a rollback outlives reload and restart', async (t) => {
  const stack = await startStack(t, { config: { routes: { assistant: { targets: ['openai/echo'] } } } })
  assert.equal(await answerOf(stack, 'assistant'), 'over the weir')
  await rewrite(stack, { assistant: { targets: ['openai/words-2'] } })
  assert.equal(await liveOf(stack), 2)
  assert.notEqual(await answerOf(stack, 'assistant'), 'over the weir')
  const back = await change(stack, '/routes/assistant/rollback')
  assert.deepEqual([back.status, back.body['live'], back.body['differs_from_file']], [200, 1, true])
  assert.equal(await answerOf(stack, 'assistant'), 'over the weir')
  await stack.gateway.reload()
  const route = await stack.admin('/routes/assistant')
  assert.deepEqual([route['live'], route['revision_count']], [1, 2])
  assert.deepEqual(route['file_differences'], [
    { path: 'targets.0.target', from: 'openai/echo', to: 'openai/words-2' },
  ])
  // Any revision can be asked by its number, and the record names the one that answered.
  assert.notEqual(await answerOf(stack, 'assistant@2'), 'over the weir')
  const records = await until('the records', async () => {
    const { data } = await stack.admin('/requests?route=assistant')
    return asArray(data).length === 4 ? asArray(data) : undefined
  })
  assert.deepEqual(
    records.map((record) => asObject(record)?.['revision']),
    ['assistant@2', 'assistant@1', 'assistant@2', 'assistant@1'],
  )
  await stack.gateway.stop(true)
  const again = await start({
    configPath: stack.configFile,
    folder: dirname(stack.configFile),
    env: {
      WEIR_TEST_KEY: 'test-key-of-16-characters',
      WEIR_ADMIN_TOKEN: adminToken,
      PROVIDER_KEY: 'p-0123456789',
    },
    port: 0,
    dataDir: join(dirname(stack.configFile), 'data'),
  })
  t.after(() => again.stop(true))
  assert.equal(await liveOf({ ...stack, gateway: again, admin: adminOf(again.url) }), 1)
})

const adminOf = (url: string) => async (path: string) =>
  (await (
    await fetch(`${url}/admin/v1${path}`, { headers: { authorization: `Bearer ${adminToken}` } })
  ).json()) as JsonObject

test('a protected route waits for a gate that has passed the revision, or for a reason', async (t) => {
  const stack = await startStack(t, {
    config: { routes: { assistant: { targets: ['openai/words-2'], protected: true } } },
  })
  // Lifting the protection in the same step changes nothing.
  await rewrite(stack, { assistant: { targets: ['openai/echo'] } })
  assert.equal(await liveOf(stack), 1)
  const refused = await change(stack, '/routes/assistant/promote', { to: 2 })
  assert.deepEqual([refused.status, codeOf(refused)], [409, 'gate_missing'])
  assert.equal((await change(stack, '/routes/assistant/promote', { to: 2, override: true })).status, 400)
  const suite = JSON.stringify({
    name: 'gate',
    candidate: 'assistant@2',
    prompts: ['river {{n}}'],
    gate: { minPassRate: 0.5 },
    tests: Array.from({ length: 60 }, (_, n) => ({
      vars: { n: String(n) },
      assert: [{ type: 'contains', value: `river ${n}` }],
    })),
  })
  const run = await change(stack, '/evals', { entry: 'suite.yaml', files: { 'suite.yaml': suite } })
  assert.equal(run.status, 201, JSON.stringify(run.body))
  const verdict = await until(
    'the verdict',
    async () => {
      const found = await stack.admin(`/evals/${asString(run.body['id'])}`)
      return found['status'] === 'finished' ? asString(found['verdict']) : undefined
    },
    30_000,
  )
  const promoted = await change(stack, '/routes/assistant/promote', { to: 2 })
  assert.equal(verdict, 'pass')
  assert.deepEqual([promoted.status, promoted.body['live']], [200, 2], JSON.stringify(promoted.body))
  const [move] = asArray((await stack.admin('/routes/assistant'))['moves']).map((each) => asObject(each)!)
  assert.match(asString(move!['gate_hash']) ?? '', /^[0-9a-f]{64}$/)
  const [act] = asArray((await stack.admin('/audit?action=route.promote&limit=1'))['data'])
  const gate = asObject(asObject(asObject(act)?.['after'])?.['gate'])
  assert.equal(gate?.['hash'], move!['gate_hash'])
  assert.equal((await change(stack, '/routes/assistant/promote', { to: 9 })).status, 404)
})

test('settings are checked before they become a revision: every fault, with its place and its mend', async (t) => {
  const stack = await startStack(t, { config: { routes: { assistant: { targets: ['openai/words-2'] } } } })
  const faultsOf = async (settings: unknown) => {
    const query = new URLSearchParams({ settings: JSON.stringify(settings) })
    const { faults } = await stack.admin(`/routes/assistant/check?${query}`)
    return asArray(faults).map((fault) => asObject(fault)!)
  }
  assert.deepEqual(await faultsOf({ targets: ['openai/echo', 'claude/echo'] }), [])
  const slips = await faultsOf({ strategy: 'ordred', targets: ['openai/echo'], protected: 'yes' })
  assert.deepEqual(
    slips.map(({ path }) => path),
    ['strategy', 'protected'],
  )
  assert.match(asString(slips[0]!['mend']) ?? '', /`ordered`/)
  const lost = await faultsOf({ targets: ['openai/echo', { target: 'nowhere/echo' }] })
  assert.deepEqual(
    lost.map(({ path, message }) => [path, message]),
    [['targets[1]', 'the provider "nowhere" is not configured']],
  )
  const { body } = await change(stack, '/routes/assistant/revisions', {
    settings: { strategy: 'ordred', targets: [] },
  })
  assert.match(
    asString(asObject(body['error'])?.['message']) ?? '',
    /strategy: not a known value.*1 more fault\./,
  )
  const statusOf = async (path: string) => asObject((await stack.admin(path))['error'])?.['code']
  assert.equal(await statusOf('/routes/assistant/check?settings=%7B'), 'invalid_request')
  assert.equal(await statusOf('/routes/nobody/check?settings=%7B%7D'), 'not_found')
  assert.equal(asNumber((await stack.admin('/routes/assistant'))['revision_count']), 1)
})

test('an override is recorded with its reason', async (t) => {
  const stack = await startStack(t, {
    config: { routes: { assistant: { targets: ['openai/words-2'], protected: true } } },
  })
  const added = await change(stack, '/routes/assistant/revisions', {
    settings: { targets: ['openai/echo'], protected: true },
  })
  assert.deepEqual([added.status, added.body['number'], await liveOf(stack)], [201, 2, 1])
  const faulty = { settings: { targets: ['nowhere/echo'] } }
  assert.equal((await change(stack, '/routes/assistant/revisions', faulty)).status, 400)
  const promoted = await change(stack, '/routes/assistant/promote', {
    to: 2,
    override: true,
    reason: 'an incident',
  })
  assert.deepEqual([promoted.status, promoted.body['live']], [200, 2])
  const [move] = asArray((await stack.admin('/routes/assistant'))['moves']).map((each) => asObject(each)!)
  assert.deepEqual(
    [move!['kind'], move!['from'], move!['to'], move!['actor'], move!['reason']],
    ['promote', 1, 2, 'admin-token', 'an incident'],
  )
  const acts = asArray((await stack.admin('/audit?object=route:assistant'))['data']).map((each) =>
    asObject(each)!,
  )
  assert.deepEqual(
    acts.map(({ action, actor }) => [action, actor]),
    [
      ['route.promote', 'admin-token'],
      ['route.revision', 'admin-token'],
      ['route.revision', 'admin-token'],
      ['route.revision', 'admin-token'],
      ['route.revision', 'configuration'],
    ],
  )
  assert.equal(asObject(acts[0]!['after'])?.['reason'], 'an incident')
})

test('a prompt, parameters and tools are a part of the revision, and the request wins over them', async (t) => {
  const stack = await startStack(t, {
    config: {
      routes: {
        assistant: {
          targets: ['openai/echo'],
          prompt: 'You are a lock keeper. It is {{date}}.',
          parameters: { temperature: 0.2, maxOutputTokens: 50 },
          tools: [
            { name: 'open_gate', description: 'Opens it.', schema: { type: 'object', properties: {} } },
          ],
        },
      },
    },
  })
  await stack.post('/v1/chat/completions', { ...question('assistant'), temperature: 0.9 })
  const [receipt] = stack.simulator.receipts()
  const sent = asObject(receipt!.body)!
  assert.equal(sent['temperature'], 0.9)
  assert.equal(sent['max_completion_tokens'] ?? sent['max_tokens'], 50)
  const turns = asArray(sent['messages']).map((turn) => asObject(turn)!)
  assert.match(JSON.stringify(turns[0]), /lock keeper. It is \d{4}-\d\d-\d\d\./)
  assert.equal(turns.length, 2)
  assert.match(JSON.stringify(sent['tools']), /open_gate/)
})

test('a canary takes its share and goes live after its last step', async (t) => {
  const stack = await startStack(t, {
    config: {
      routes: { assistant: { targets: ['openai/echo'] } },
      rollout: { canary: { shares: [1], stepMinutes: 0.05 } },
    },
  })
  await rewrite(stack, { assistant: { targets: ['openai/words-2'] } })
  await change(stack, '/routes/assistant/rollback')
  const begun = await change(stack, '/routes/assistant/promote', { to: 2, canary: true })
  assert.deepEqual([begun.body['live'], asObject(begun.body['canary'])?.['revision']], [1, 2])
  assert.notEqual(await answerOf(stack, 'assistant'), 'over the weir')
  await until('the end of the ladder', async () => ((await liveOf(stack)) === 2 ? true : undefined), 20_000)
})

test('what was decided by a revision that is live no more is not done', async (t) => {
  const stack = await startStack(t, { config: { routes: { assistant: { targets: ['openai/echo'] } } } })
  const settings = { targets: ['openai/words-2'] }
  assert.equal((await change(stack, '/routes/assistant/revisions', { settings, live: 1 })).status, 201)
  for (const [path, body] of [
    ['revisions', { settings: { targets: ['openai/words-3'] } }],
    ['rollback', { to: 1 }],
    ['promote', { to: 1 }],
  ] as const) {
    const late = await change(stack, `/routes/assistant/${path}`, { ...body, live: 1 })
    assert.deepEqual([path, late.status, codeOf(late)], [path, 409, 'conflict'])
    assert.match(String(asObject(late.body['error'])?.['message']), /has moved to @2 since/)
  }
  assert.deepEqual([await liveOf(stack), (await stack.admin('/routes/assistant'))['revision_count']], [2, 2])
  const timely = await change(stack, '/routes/assistant/rollback', { to: 1, live: 2 })
  assert.deepEqual([timely.status, timely.body['live']], [200, 1])
})
