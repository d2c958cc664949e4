/** A bill made of what the provider received agrees with the ledger; one that says otherwise is told, and corrected once. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { formatUsd, parseUsd } from '../../src/core/money.ts'
import type { LedgerLine } from '../../src/ledger/admin.ts'
import { focusColumns, toFocusRow } from '../../src/ledger/focus.ts'
import { adminToken, startStack, type Stack } from '../support/stack.ts'

/** Dear, so that a few calls cost more than what a comparison lets pass. */
const price = { input: 10_000, output: 40_000 }
const calls = 4

async function startWithCalls(t: Parameters<typeof startStack>[0]): Promise<Stack> {
  const stack = await startStack(t, {
    config: {
      models: { 'openai/*': { price } },
      budgets: [{ scope: 'provider', subject: 'openai', usd: 1_000, period: 'month' }],
    },
  })
  for (let n = 0; n < calls; n++) {
    const messages = [{ role: 'user', content: `call ${n} of the river` }]
    await (await stack.post('/v1/chat/completions', { model: 'openai/words-30', messages })).text()
  }
  return stack
}

/** As OpenAI's usage and costs APIs tell it. `moreUsd` is what the provider charges beyond the price. */
function exportsOf({ simulator }: Stack, moreUsd = 0): string[] {
  const billed = simulator.receipts().map((receipt) => receipt.billed!)
  const sum = (of: (each: (typeof billed)[number]) => number) =>
    billed.reduce((all, each) => all + of(each), 0)
  const [input, output] = [sum(({ inputTokens }) => inputTokens), sum(({ outputTokens }) => outputTokens)]
  const page = (result: JsonObject) => {
    const start = Math.floor(Date.now() / 86_400_000) * 86_400
    const bucket = { object: 'bucket', start_time: start, end_time: start + 86_400, results: [result] }
    return JSON.stringify({ object: 'page', data: [bucket], has_more: false, next_page: null })
  }
  const usage = {
    object: 'organization.usage.completions.result',
    model: 'words-30',
    num_model_requests: billed.length,
    input_tokens: input,
    output_tokens: output,
  }
  const value = (input * price.input + output * price.output) / 1e6 + moreUsd
  const costs = {
    object: 'organization.costs.result',
    amount: { value, currency: 'usd' },
    line_item: 'words-30, all',
  }
  return [page(usage), page(costs)]
}

async function reconcile(stack: Stack, body: JsonObject): Promise<{ status: number; body: JsonObject }> {
  const response = await fetch(`${stack.gateway.url}/admin/v1/ledger/reconcile`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ provider: 'openai', ...body }),
  })
  return { status: response.status, body: (await response.json()) as JsonObject }
}

test('the bill of what was received agrees with the ledger', async (t) => {
  const stack = await startWithCalls(t)
  const { body } = await reconcile(stack, { exports: exportsOf(stack) })
  assert.deepEqual([body['agree'], body['differ']], [1, 0], JSON.stringify(body))
  const unknown = await reconcile(stack, { exports: exportsOf(stack), provider: 'nobody' })
  assert.equal(unknown.status, 400)
  const unread = await reconcile(stack, { exports: ['hello'] })
  assert.equal(unread.status, 400)
})

test('a dearer bill is told with its cause, and the ledger is corrected by the difference, once', async (t) => {
  const stack = await startWithCalls(t)
  const exports = exportsOf(stack, 3)
  const before = await chargedOf(stack)
  const told = (await reconcile(stack, { exports })).body
  const row = asObject(asArray(told['data'])[0])!
  assert.deepEqual([row['model'], row['differing']], ['words-30', ['cost_usd']])
  assert.match(String(asArray(row['causes'])), /the tokens agree, the price does not/)
  assert.equal(await chargedOf(stack), before)

  const kept = asArray((await stack.admin('/reconciliations'))['data']).map((each) => asObject(each)!)
  assert.deepEqual(
    kept.map((each) => [each['id'], each['provider'], each['differ'], each['difference_usd'], each['actor']]),
    [[told['id'], 'openai', 1, '3', 'admin-token']],
  )
  assert.equal(kept[0]?.['cause'], asArray(row['causes'])[0])
  const one = await stack.admin(`/reconciliations/${String(told['id'])}`)
  assert.deepEqual([one['ledger_usd'], one['data']], [formatUsd(before), [row]])

  const adjust = { reason: 'the price went up' }
  const { adjusted } = (await reconcile(stack, { exports, adjust })).body
  assert.equal(asObject(adjusted)?.['lines'], 1)
  assert.equal(await chargedOf(stack), before + parseUsd('3')!)
  const again = (await reconcile(stack, { exports, adjust })).body
  assert.deepEqual([again['differ'], again['adjusted']], [0, undefined])

  const { data } = await stack.admin('/ledger?kind=adjust')
  const lines = asArray(data).map((line) => asObject(line)!)
  assert.deepEqual(
    lines.map((line) => [line['request_id'], line['provider_cost_usd'], line['tags']]),
    [[asObject(adjusted)?.['request_id'], '3', ['reconcile: the price went up']]],
  )
  const proof = await stack.admin('/ledger/verify')
  assert.deepEqual([proof['differences'], proof['adjusted']], [[], 1])
  const budget = asObject(asArray((await stack.admin('/budgets'))['data'])[0])!
  assert.match(JSON.stringify(budget), new RegExp(`"${formatUsd(before + parseUsd('3')!)}"`))
  const audit = JSON.stringify(await stack.admin('/audit?limit=10'))
  assert.match(audit, /ledger\.reconcile/)
  assert.doesNotMatch(audit, /num_model_requests/)
})

test('the columns of FOCUS hold what the ledger has', async (t) => {
  const stack = await startWithCalls(t)
  const { data } = await stack.admin('/ledger')
  const rows = asArray(data).map((line) => toFocusRow(line as unknown as LedgerLine)!)
  assert.equal(rows.length, calls)
  const billed = rows.reduce((sum, row) => sum + parseUsd(String(row.BilledCost))!, 0)
  assert.equal(billed, await chargedOf(stack))
  for (const row of rows) {
    assert.deepEqual(Object.keys(row), [...focusColumns])
    assert.deepEqual(
      [row.ChargeCategory, row.ChargeClass, row.BillingCurrency, row.ServiceCategory, row.SkuId],
      ['Usage', '', 'USD', 'AI and Machine Learning', 'words-30'],
    )
    assert.ok(row.ChargePeriodStart < row.ChargePeriodEnd)
    assert.match(String(row.BillingPeriodStart), /^\d{4}-\d\d-01T00:00:00Z$/)
  }
})

test('every form of the export has all lines, and what they cost', async (t) => {
  const stack = await startWithCalls(t)
  const exported = async (query: string) => {
    const response = await fetch(`${stack.gateway.url}/admin/v1/ledger/export?${query}`, {
      headers: { authorization: `Bearer ${adminToken}` },
    })
    return { type: response.headers.get('content-type'), text: await response.text() }
  }
  const charged = await chargedOf(stack)
  const sumOf = (values: readonly unknown[]) =>
    values.reduce<number>((sum, value) => sum + parseUsd(String(value))!, 0)
  for (const [format, column] of [
    ['csv', 'charged_usd'],
    ['focus', 'x_ChargedCost'],
  ] as const) {
    const { type, text } = await exported(`format=${format}`)
    assert.match(type ?? '', /^text\/csv/)
    const [head = '', ...lines] = text.trimEnd().split('\r\n')
    // Neither texts nor tags of these calls have a comma in them, and FOCUS quotes its tags.
    const at = head.split(',').indexOf(column)
    const cells = lines.map((line) => line.replaceAll(/"(?:[^"]|"")*"/g, 'quoted').split(',')[at])
    assert.deepEqual([lines.length, sumOf(cells)], [calls, charged])
  }
  const { type, text } = await exported('format=jsonl&provider=openai')
  assert.equal(type, 'application/x-ndjson')
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => asObject(JSON.parse(line))!)
  assert.deepEqual([lines.length, sumOf(lines.map((line) => line['charged_usd']))], [calls, charged])
  for (const [query, found] of [
    ['provider=claude', 0],
    ['provider=!openai', 0],
    ['model=words*,echo&key=!nobody', calls],
    ['key=te*&tag=!later', calls],
  ] as const) {
    const { text: csv } = await exported(`format=csv&${query}`)
    assert.equal(csv.trimEnd().split('\r\n').length - 1, found, query)
    const usage = asArray((await stack.admin(`/usage?${query}`))['data']).map((row) => asObject(row)!)
    if (!query.includes('tag')) assert.equal(usage[0]?.['requests'] ?? 0, found, query)
  }
})

async function chargedOf(stack: Stack): Promise<number> {
  return parseUsd(String((await stack.admin('/ledger/verify'))['charged_usd']))!
}
