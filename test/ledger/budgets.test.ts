/** Budgets through the real gateway, held against what the provider received and billed. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { startStack, testKey } from '../support/stack.ts'
import { until } from '../support/until.ts'

/** 0.001 USD for each token of an answer; twice that at the dearest tier that OpenAI may serve, which is reserved. */
const price = { input: 1, output: 1_000 }

const stack = await startStack(
  { after },
  {
    config: {
      models: {
        'openai/*': { price, maxOutputTokens: 1_000 },
        'mistral/*': { price },
        'claude/*': { price: { input: 1, output: 4 } },
      },
      routes: { assistant: { targets: ['openai/echo'] }, cheap: { targets: ['claude/echo'] } },
      keys: [
        { name: 'test', secret: 'env:WEIR_TEST_KEY' },
        { name: 'small', secret: 'env:PROVIDER_KEY', maxUsdPerRequest: 0.05 },
      ],
      budgets: [
        { scope: 'user', usd: 1, period: 'day', cap: 'hard', alertAt: [0.2, 1] },
        { scope: 'session', subject: 'thrifty', usd: 0.001, period: 'total', fallback: 'cheap' },
        { scope: 'tag', subject: 'batch', usd: 0.04, period: 'hour', window: 'rolling', cap: 'hard' },
      ],
    },
  },
)

interface Asked {
  readonly status: number
  readonly headers: Headers
  readonly body: JsonObject
}

async function ask(given: JsonObject, headers: Record<string, string> = {}): Promise<Asked> {
  const response = await stack.post(
    '/v1/chat/completions',
    { model: 'openai/echo', messages: [{ role: 'user', content: 'tell of the river' }], ...given },
    headers,
  )
  return { status: response.status, headers: response.headers, body: (await response.json()) as JsonObject }
}

async function budgetOf(scope: string): Promise<JsonObject[]> {
  const { data } = await stack.admin(`/budgets?scope=${scope}`)
  return asArray(asObject(asArray(data)[0])!['states']).map((state) => asObject(state)!)
}

test('500 calls at once against a hard cap: what was let through is within it, and the rest got 429', async () => {
  const before = stack.simulator.receipts().length
  const user = { 'x-weir-user': 'crowd' }
  // Each costs all but what it may cost, 0.01 USD: a hold that ended before the cost counts would let too many through.
  const given = { model: 'mistral/words-30', max_tokens: 10 }
  const answers = await Promise.all(Array.from({ length: 500 }, () => ask(given, user)))
  const through = answers.filter(({ status }) => status === 200)
  const refused = answers.filter(({ status }) => status === 429)
  assert.equal(through.length + refused.length, 500)
  assert.ok(through.length >= 90 && through.length < 100, `${through.length} went through`)
  for (const { headers, body } of refused) {
    assert.equal(asObject(body['error'])?.['code'], 'budget_exceeded')
    assert.equal(headers.get('x-should-retry'), 'false')
  }
  const receipts = stack.simulator.receipts().slice(before)
  assert.equal(receipts.length, through.length)
  const billedNanoUsd = receipts.reduce(
    (sum, { billed }) => sum + (billed?.inputTokens ?? 0) * 1_000 + (billed?.outputTokens ?? 0) * 1_000_000,
    0,
  )
  assert.ok(billedNanoUsd > 9e8 && billedNanoUsd <= 1e9, `${billedNanoUsd}`)
  const [state] = await budgetOf('user')
  assert.deepEqual([state!['subject'], state!['reserved_usd']], ['crowd', '0'])
  assert.equal(Math.round(Number(state!['spent_usd']) * 1e9), billedNanoUsd)
})

test('an answer says what it cost and what is left', async () => {
  const { headers } = await ask({ max_tokens: 100 }, { 'x-weir-user': 'ada' })
  const cost = Number(headers.get('x-weir-cost-usd'))
  const left = Number(headers.get('x-weir-budget-remaining-usd'))
  assert.ok(cost > 0)
  assert.ok(Math.abs(cost + left - 1) < 1e-9, `${cost} + ${left}`)
})

test('what a stream under way may cost is gone for others until it ends, and is told as held', async () => {
  const bob = { 'x-weir-user': 'bob' }
  const leave = new AbortController()
  const stream = await fetch(`${stack.gateway.url}/v1/chat/completions`, {
    method: 'POST',
    signal: leave.signal,
    headers: { authorization: `Bearer ${testKey}`, 'content-type': 'application/json', ...bob },
    body: JSON.stringify({
      model: 'openai/fault/stall-after-3',
      stream: true,
      max_tokens: 300,
      messages: [{ role: 'user', content: 'tell of the river' }],
    }),
  })
  const left = Number(stream.headers.get('x-weir-budget-remaining-usd'))
  assert.ok(left > 0.39 && left < 0.4, `${left}`)
  const refused = await ask({ max_tokens: 300 }, bob)
  assert.equal(refused.status, 429)
  const message = String(asObject(refused.body['error'])?.['message'])
  assert.match(
    message,
    /has no room for this call until \S+Z: of 1 USD, 0 are spent and 0\.6\d* are held by calls under way; this call may cost 0\.6/,
  )
  leave.abort()
  await until('the stream to be settled', async () =>
    (await ask({ max_tokens: 300 }, bob)).status === 200 ? true : undefined,
  )
})

test('a call that costs more than the whole budget is not told to wait for the next one', async () => {
  const { status, body } = await ask({ max_tokens: 9_000 }, { 'x-weir-user': 'carol' })
  const { code, message } = asObject(body['error']) ?? {}
  assert.deepEqual([status, code], [429, 'budget_exceeded'])
  assert.match(String(message), /^The budget of user carol is too small for this call: of 1 USD, 0 are spent/)
})

test('a call without a budget says nothing of one', async () => {
  const { headers } = await ask({ max_tokens: 10 })
  assert.equal(headers.get('x-weir-budget-remaining-usd'), null)
  assert.equal(headers.get('x-weir-max-tokens-clamped'), null)
})

test('without a limit of its own, a call gets the one that what is left buys, in each dialect', async () => {
  for (const stream of [false, true]) {
    const response = await stack.post(
      '/v1/chat/completions',
      { model: 'openai/echo', stream, messages: [{ role: 'user', content: 'hello' }] },
      { 'x-weir-tags': 'batch' },
    )
    await response.text()
    const clamped = Number(response.headers.get('x-weir-max-tokens-clamped'))
    assert.ok(clamped > 10 && clamped < 20, `${clamped}`)
    const { body } = stack.simulator.receipts().at(-1)!
    assert.equal(asObject(body as JsonObject)?.['max_completion_tokens'], clamped)
  }
})

test("a request above its key's ceiling is refused, or kept below it", async () => {
  const key = { authorization: 'Bearer provider-key-canary-0123456789' }
  const dear = await ask({ max_tokens: 900 }, key)
  assert.deepEqual([dear.status, asObject(dear.body['error'])?.['code']], [400, 'request_too_expensive'])
  const open = await ask({}, key)
  assert.equal(open.status, 200)
  const clamped = Number(open.headers.get('x-weir-max-tokens-clamped'))
  assert.ok(clamped > 20 && clamped < 25, `${clamped}`)
})

test('under a hard cap, what has no price is refused; without one it is made', async () => {
  const unknown = { model: 'google/unheard-of' }
  const refused = await ask(unknown, { 'x-weir-user': 'ada' })
  assert.deepEqual([refused.status, asObject(refused.body['error'])?.['code']], [400, 'price_unknown'])
  const made = await ask(unknown)
  assert.notEqual(asObject(made.body['error'])?.['code'], 'price_unknown')
})

test('how much of a budget is used is a metric, of those that name no person', async (t) => {
  const budgets = [
    { scope: 'organisation', usd: 0.5, period: 'month' },
    { scope: 'provider', usd: 2, period: 'day', cap: 'hard' },
    { scope: 'user', usd: 1, period: 'day', cap: 'hard' },
    { scope: 'key', usd: 1, period: 'day', cap: 'hard' },
  ]
  const watched = await startStack(t, { config: { models: { 'openai/*': { price } }, budgets } })
  const body = { model: 'openai/echo', max_tokens: 20, messages: [{ role: 'user', content: 'of the river' }] }
  const answer = await watched.post('/v1/chat/completions', body, { 'x-weir-user': 'ada' })
  await answer.text()
  const cost = Number(answer.headers.get('x-weir-cost-usd'))
  assert.ok(cost > 0)
  const text = await (await fetch(`${watched.gateway.url}/metrics`)).text()
  const told = [...text.matchAll(/^weir_budget_used_ratio\{budget="[^"]+",(.+)\} (\S+)$/gm)].map(
    ([, labels, value]) => `${labels}: ${Number(value).toFixed(9)}`,
  )
  assert.deepEqual(told.toSorted(), [
    `scope="organisation",subject="default",period="month": ${(cost / 0.5).toFixed(9)}`,
    `scope="provider",subject="openai",period="day": ${(cost / 2).toFixed(9)}`,
  ])
})

test('where unknown costs are allowed, they are counted as far as they can be, and marked', async (t) => {
  const lenient = await startStack(t, {
    config: {
      ledger: { unknownCost: 'allow' },
      budgets: [{ scope: 'organisation', usd: 1, period: 'day', cap: 'hard' }],
    },
  })
  const body = { model: 'openai/echo', messages: [{ role: 'user', content: 'hello' }] }
  const response = await lenient.post('/v1/chat/completions', body)
  assert.equal(response.status, 200)
  const { data } = await lenient.admin(`/ledger?request=${response.headers.get('x-weir-request-id')}`)
  const line = asObject(asArray(data)[0])!
  assert.deepEqual([line['flags'], line['charged_usd']], [['unpriced'], '0'])
})

test('a soft budget that is used up sends its calls to the fallback', async () => {
  const session = { 'x-weir-session': 'thrifty' }
  const first = await ask({ model: 'assistant', max_tokens: 50 }, session)
  assert.equal(first.headers.get('x-weir-provider'), 'openai')
  const second = await ask({ model: 'assistant', max_tokens: 50 }, session)
  assert.deepEqual([second.status, second.headers.get('x-weir-provider')], [200, 'claude'])
})

test('operators are told once of each threshold, and of the first refusal', async () => {
  const alerts = await until('the alerts', async () => {
    const { data } = await stack.admin('/alerts?kind=budget')
    const found = asArray(data).map((alert) => asObject(alert)!)
    return found.some(({ subject }) => String(subject).endsWith('|crowd')) ? found : undefined
  })
  assert.ok(alerts.length >= 1)
})

test('an alert on a budget ends when its cap is raised, and a crossing after that is told anew', async () => {
  const write = async (method: string, path: string, usd: string): Promise<JsonObject> => {
    const response = await fetch(`${stack.gateway.url}/admin/v1${path}`, {
      method,
      headers: { authorization: 'Bearer admin-token-of-16-characters', 'content-type': 'application/json' },
      body: JSON.stringify({ scope: 'session', subject: 'watched', usd, period: 'month', alert_at: [0.5] }),
    })
    return (await response.json()) as JsonObject
  }
  const session = { 'x-weir-session': 'watched' }
  const alertsNow = (wanted: string) =>
    until(
      wanted,
      async () => {
        const { data } = await stack.admin('/alerts?kind=budget')
        const found = asArray(data).map((alert) => asObject(alert)!)
        const states = found
          .filter(({ subject }) => String(subject).endsWith('|watched'))
          .map(({ status }) => status)
        return states.join() === wanted ? true : undefined
      },
      20_000,
    )
  const { id } = await write('POST', '/budgets', '0.01')
  await ask({ max_tokens: 10 }, session)
  await alertsNow('open')
  await write('PUT', `/budgets/${String(id)}`, '0.02')
  await alertsNow('resolved')
  await ask({ max_tokens: 10 }, session)
  await alertsNow('open,resolved')
})

test('a budget made through the API counts what was spent before it, and refuses from then on', async () => {
  const write = (method: string, path: string, body?: JsonObject) =>
    fetch(`${stack.gateway.url}/admin/v1${path}`, {
      method,
      headers: {
        authorization: 'Bearer admin-token-of-16-characters',
        'content-type': 'application/json',
      },
      ...(body && { body: JSON.stringify(body) }),
    })
  const terms = { scope: 'provider', subject: 'openai', usd: '0.001', period: 'month', cap: 'hard' }
  const made = await write('POST', '/budgets', terms)
  assert.equal(made.status, 201)
  const budget = (await made.json()) as JsonObject
  assert.ok(Number(asObject(asArray(budget['states'])[0])?.['spent_usd']) > 0.001)
  assert.equal((await ask({ max_tokens: 10 })).status, 429)
  const raised = await write('PUT', `/budgets/${String(budget['id'])}`, { ...terms, usd: '100' })
  assert.equal(raised.status, 200)
  assert.equal((await ask({ max_tokens: 10 })).status, 200)
  assert.equal((await write('DELETE', `/budgets/${String(budget['id'])}`)).status, 204)
  assert.equal((await write('DELETE', `/budgets/${String(budget['id'])}`)).status, 404)
  const [declared] = asArray((await stack.admin('/budgets'))['data'])
  assert.equal((await write('DELETE', `/budgets/${String(asObject(declared)!['id'])}`)).status, 409)
})

test('usage is told apart by what is asked for, and a session by its turns', async () => {
  const { data } = await stack.admin('/usage?by=provider,model')
  const rows = asArray(data).map((row) => asObject(row)!)
  const crowded = rows.find(({ provider }) => provider === 'mistral')!
  assert.ok(Number(crowded['requests']) >= 90 && Number(crowded['charged_usd']) > 0.9)
  const byUser = asArray((await stack.admin('/usage?by=user,day'))['data']).map((row) => asObject(row)!)
  assert.deepEqual(new Set(byUser.map(({ user }) => user)), new Set(['crowd', 'ada', 'bob']))
  const wrong = await stack.admin('/usage?by=user,tag')
  assert.equal(asObject(wrong['error'])?.['code'], 'invalid_request')
  const session = await stack.admin('/sessions/thrifty')
  const turns = asArray(session['turns']).map((turn) => asObject(turn)!)
  assert.equal(turns.length, 2)
  const split = asObject(turns[0]!['input_estimate'])!
  assert.equal(split['new_turn'], turns[0]!['input_tokens'])
})

test('stored keys, teams and users have budgets of their own, from the call that makes them', async () => {
  const write = async (method: string, path: string, body: JsonObject): Promise<JsonObject> => {
    const response = await fetch(`${stack.gateway.url}/admin/v1${path}`, {
      method,
      headers: { authorization: 'Bearer admin-token-of-16-characters', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return (await response.json()) as JsonObject
  }
  const tight = [{ usd: '0.001', period: 'day', cap: 'hard' }]
  const team = await write('POST', '/teams', { name: 'thrifty', budgets: tight })
  const user = await write('POST', '/users', { name: 'ada', budgets: tight })
  for (const [name, given, path, owner] of [
    ['key', { budgets: tight }, '/keys', undefined],
    ['team', { team: team['id']! }, '/teams', team],
    ['user', { user: user['id']! }, '/users', user],
  ] as const) {
    const key = await write('POST', '/keys', { name, ...given })
    const { id, budgets } = owner ?? key
    const terms = { usd: '0.001', period: 'day', window: 'calendar', cap: 'hard', alert_at: [0.8, 1] }
    assert.deepEqual(budgets, [terms], name)
    const headers = { authorization: `Bearer ${String(key['secret'])}` }
    const refused = await ask({ max_tokens: 10 }, headers)
    assert.deepEqual(
      [refused.status, asObject(refused.body['error'])?.['code']],
      [429, 'budget_exceeded'],
      name,
    )
    await write('PATCH', `${path}/${String(id)}`, { budgets: [{ ...tight[0], usd: '0.5' }] })
    const { status, headers: told } = await ask({ max_tokens: 10 }, headers)
    assert.equal(status, 200, name)
    const left = Number(told.get('x-weir-budget-remaining-usd')) + Number(told.get('x-weir-cost-usd'))
    assert.ok(Math.abs(left - 0.5) < 1e-6, `${name}: ${left}`)
    const listed = asArray((await stack.admin(`/budgets?scope=${name}`))['data']).map((one) => asObject(one)!)
    const own = listed.find(({ origin, subject }) => origin === 'own' && subject === id)
    assert.ok(Number(asObject(asArray(own?.['states'])[0])?.['spent_usd']) > 0, name)
    await write('PATCH', `${path}/${String(id)}`, { budgets: null })
    const { data } = await stack.admin(`/budgets?scope=${name}`)
    assert.ok(!asArray(data).some((one) => asObject(one)?.['origin'] === 'own'), name)
  }
  const twice = await write('POST', '/keys', { name: 'twice', budgets: [...tight, ...tight] })
  assert.equal(asObject(twice['error'])?.['code'], 'invalid_request')
  const lost = { usd: '1', period: 'day', fallback: 'nowhere' }
  const unrouted = await write('POST', '/keys', { name: 'unrouted', budgets: [lost] })
  assert.equal(asObject(unrouted['error'])?.['param'], 'budgets')
})

test('the metric of costs is what the ledger charged, broken answers included', async () => {
  const { data } = await stack.admin('/usage?by=provider')
  const charged = new Map(
    asArray(data).map((row) => [asObject(row)!['provider'], Number(asObject(row)!['charged_usd'])]),
  )
  const text = await (await fetch(`${stack.gateway.url}/metrics`)).text()
  const told = [...text.matchAll(/^weir_cost_usd_total\{provider="([^"]+)"\} (\S+)$/gm)]
  assert.ok(told.length >= 2 && charged.get('openai')! > 0, text)
  for (const [, provider, usd] of told)
    assert.ok(Math.abs(Number(usd) - (charged.get(provider!) ?? 0)) < 1e-9, `${provider}: ${usd}`)
})

test('counters and sums are what the ledger makes of them', async () => {
  const { differences, open } = await stack.admin('/ledger/verify')
  assert.deepEqual([differences, open], [[], 0])
})
