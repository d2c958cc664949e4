/** Teams that are charged with a mark-up and pay in advance: what it cost, what it is charged, and where the credit ends. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { adminToken, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const stack = await startStack(
  { after },
  { config: { models: { 'openai/*': { price: { input: 1, output: 1_000 }, maxOutputTokens: 1_000 } } } },
)

async function admin(method: string, path: string, body: JsonObject): Promise<JsonObject> {
  const response = await fetch(`${stack.gateway.url}/admin/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return (await response.json()) as JsonObject
}

const team = await admin('POST', '/teams', { name: 'search', markup_percent: 12.5, credit_usd: '0.1' })
const key = await admin('POST', '/keys', { name: 'of the team', team: team['id']! })

function ask(maxTokens: number): Promise<Response> {
  const body = {
    model: 'openai/echo',
    max_tokens: maxTokens,
    messages: [{ role: 'user', content: 'of the river' }],
  }
  return stack.post('/v1/chat/completions', body, { authorization: `Bearer ${asString(key['secret'])}` })
}

const nano = (usd: unknown) => Math.round(Number(usd) * 1e9)

test('a call is charged with the mark-up, beside what the provider bills', async () => {
  const response = await ask(20)
  assert.equal(response.status, 200)
  const { billed } = stack.simulator.receipts().at(-1)!
  const cost = billed!.inputTokens * 1_000 + billed!.outputTokens * 1_000_000
  const [line] = asArray(
    (await stack.admin(`/ledger?request=${response.headers.get('x-weir-request-id')}`))['data'],
  ).map((row) => asObject(row)!)
  assert.equal(nano(line!['provider_cost_usd']), cost)
  assert.equal(nano(line!['charged_usd']), cost * 1.125)
  assert.equal(line!['team'], team['id'])
  const left = 100_000_000 - cost * 1.125
  assert.equal(nano(response.headers.get('x-weir-budget-remaining-usd')), Math.floor(left))
  const { data } = await stack.admin('/usage?by=team')
  const [row] = asArray(data).map((one) => asObject(one)!)
  assert.deepEqual(
    [row!['team_name'], nano(row!['provider_cost_usd']), nano(row!['charged_usd'])],
    ['search', cost, cost * 1.125],
  )
})

test('what the credit does not cover is refused, mark-up included, and goes through when it is topped up', async () => {
  // At the dearest tier 48 tokens cost 0.096 USD: within the credit, but not with the mark-up on it.
  const before = stack.simulator.receipts().length
  const refused = await ask(48)
  assert.equal(refused.status, 429)
  assert.equal(asObject(((await refused.json()) as JsonObject)['error'])?.['code'], 'budget_exceeded')
  assert.equal(stack.simulator.receipts().length, before)
  await until('the alert', async () => {
    const { data } = await stack.admin('/alerts?kind=budget')
    return (
      asArray(data).some((alert) => asObject(asObject(alert)?.['detail'])?.['is_refusing'] === true) ||
      undefined
    )
  })
  await admin('PATCH', `/teams/${String(team['id'])}`, { credit_usd: '1' })
  assert.equal((await ask(48)).status, 200)
  const { differences } = await stack.admin('/ledger/verify')
  assert.deepEqual(differences, [])
})
