/** A model changes under its name: the watch sees it within two runs, and the route goes back, on every instance. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import pg from 'pg'
import { type AdminClient, withAdmin } from '../../src/cli/admin-client.ts'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { type Stack, type StackOptions, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const facts = [
  'Goods may be sent back within 14 days.',
  'The warranty is 24 months.',
  'The store opens at 9.',
].flatMap((fact) => [1, 2, 3, 4].map((n) => `${n}. ${fact}`))

const golden = (rollback: string): string =>
  JSON.stringify({
    name: 'shop',
    target: 'assistant',
    samples: 3,
    rollback,
    baseline: { runs: 12 },
    prompts: facts.map((fact, at) => ({
      id: `fact-${at}`,
      prompt: `${fact} What is the rule?`,
      assert: [{ type: 'contains', value: fact.slice(3).replace(/\.$/, '') }],
    })),
  })

async function run(admin: AdminClient, rollback: string, more: JsonObject = {}): Promise<string | undefined> {
  const files = { 'golden.yaml': golden(rollback) }
  const answer = await admin.post('/drift/runs', { file: 'golden.yaml', files, ...more })
  return asString(asObject(asArray(asObject(answer)?.['data']).at(-1))?.['verdict'])
}

const liveOf = async (stack: Stack) => (await stack.admin('/routes/assistant'))['live']

/** Revision 1, with a baseline, then revision 2 on another provider, whose model then drifts. */
async function drifted(stack: Stack, admin: AdminClient): Promise<void> {
  assert.equal(await run(admin, 'suggest', { baseline: true, times: 12 }), 'ok')
  await admin.post('/routes/assistant/revisions', { settings: { targets: ['openai/clerk'] } })
  assert.notEqual(await run(admin, 'suggest'), 'drift')
  stack.simulator.setScenario({
    rules: [{ match: { model: 'clerk', provider: 'openai' }, respond: 'clerk-short' }],
  })
}

const routes = { assistant: { targets: ['claude/clerk'] } }

/** Two gateways where a server can hold what they share, else one. */
async function startAll(t: TestContext): Promise<readonly [Stack, ...Stack[]]> {
  const server = process.env['WEIR_POSTGRES']
  if (server === undefined) return [await startStack(t, { config: { routes } })]
  const schema = `test_${randomUUID().replaceAll('-', '')}`
  const client = new pg.Client(server)
  await client.connect()
  await client.query(`create schema ${schema}`)
  const url = new URL(server)
  url.searchParams.set('options', `-c search_path=${schema}`)
  const options: StackOptions = {
    config: { routes, store: 'env:DATABASE_URL', access: { pepper: 'env:PEPPER' } },
    env: { DATABASE_URL: url.href, PEPPER: randomUUID() },
  }
  const stacks = [await startStack(t, options), await startStack(t, options)] as const
  t.after(async () => {
    await client.query(`drop schema ${schema} cascade`)
    await client.end()
  })
  return stacks
}

const drift = [{ match: { model: 'clerk', provider: 'openai' }, respond: 'clerk-short' }]
const slowWords = 50

/** A stream of the model that will be left: longer than a golden run takes, and begun when this resolves. */
async function startSlow(stack: Stack): Promise<{ isOver: () => boolean; text: Promise<string> }> {
  stack.simulator.setScenario({
    rules: [{ match: { provider: 'openai' }, respond: 'slow-300ms', times: 1 }, ...drift],
  })
  const response = await stack.post('/v1/chat/completions', {
    model: 'assistant',
    stream: true,
    messages: [{ role: 'user', content: `${facts[0]} What is the rule?` }],
  })
  assert.equal(response.status, 200)
  let isOver = false
  const text = response.text().finally(() => (isOver = true))
  return { isOver: () => isOver, text }
}

/** A rollback holds on every instance within this time of the verdict. */
const heldWithinMs = 5_000

test('the alarm comes within two runs, the route goes back on every instance within 5 s, streams go on', async (t) => {
  const [stack, ...others] = await startAll(t)
  const all = [stack, ...others]
  const everywhere = (live: number) =>
    until(
      `revision ${live} everywhere`,
      async () => ((await Promise.all(all.map(liveOf))).every((each) => each === live) ? true : undefined),
      heldWithinMs,
    )
  await withAdmin({ data: stack.gateway.config.dataDir }, async (admin) => {
    await drifted(stack, admin)
    await everywhere(2)
    const first = await run(admin, 'auto')
    const inFlight = await Promise.all(all.map(startSlow))
    const second = await run(admin, 'auto')
    assert.ok([first, second].includes('drift'), `${first}, ${second}`)
    // One more where the two alarms were of two metrics.
    if ((await liveOf(stack)) === 2) await run(admin, 'auto')
    await everywhere(1)
    assert.ok(
      inFlight.some(({ isOver }) => !isOver()),
      'a stream was under way when the route moved',
    )
    for (const { text } of inFlight) {
      const body = await text
      assert.equal(body.match(/"content":"[^"]/g)?.length, slowWords)
      assert.match(body, /\[DONE\]/)
    }
    const [move] = asArray((await stack.admin('/routes/assistant'))['moves']).map((each) => asObject(each)!)
    assert.deepEqual([move!['kind'], move!['from'], move!['to'], move!['actor']], ['drift', 2, 1, 'drift'])
    const [act] = asArray((await stack.admin('/audit?object=route:assistant&limit=1'))['data'])
    assert.deepEqual([asObject(act)!['action'], asObject(act)!['actor']], ['route.drift', 'drift'])
    // What a person puts back stays, whatever the watch says: one automatic move a day.
    await admin.post('/routes/assistant/promote', { to: 2 })
    await run(admin, 'auto')
    assert.equal(await liveOf(stack), 2)
  })
})

test('an outage of the provider is no drift: no verdict, no alarm, no move', async (t) => {
  const stack = await startStack(t, { config: { routes } })
  await withAdmin({ data: stack.gateway.config.dataDir }, async (admin) => {
    assert.equal(await run(admin, 'auto', { baseline: true, times: 12 }), 'ok')
    for (const respond of ['fault/http-503', 'fault/http-429', 'fault/http-500']) {
      stack.simulator.setScenario({ rules: [{ match: {}, respond }] })
      assert.equal(await run(admin, 'auto'), 'no-data', respond)
    }
    assert.deepEqual(asObject(await admin.get('/drift/alarms'))?.['data'], [])
    assert.equal(await liveOf(stack), 1)
    const alerts = asArray((await stack.admin('/alerts?kind=drift'))['data']).map(asObject)
    assert.ok(alerts.some((alert) => /without data, the last 3 in a row/.test(String(alert?.['summary']))))
  })
})

test('a proposal moves nothing, and a hold wins', async (t) => {
  const stack = await startStack(t, { config: { routes } })
  await withAdmin({ data: stack.gateway.config.dataDir }, async (admin) => {
    await drifted(stack, admin)
    for (let turn = 0; turn < 3; turn++) await run(admin, 'suggest')
    assert.equal(await liveOf(stack), 2)
    await until('the proposal in the alert', async () => {
      const { data } = await stack.admin('/alerts?kind=drift')
      return JSON.stringify(data).includes('weir rollback assistant --to 1') ? true : undefined
    })
    await admin.post('/routes/assistant/hold', { reason: 'a launch' })
    await run(admin, 'auto')
    assert.equal(await liveOf(stack), 2)
    await admin.delete('/routes/assistant/hold')
  })
})
