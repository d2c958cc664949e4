/** Differences are told where they are, with their cause; corrections take them away, once. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { corrections } from './adjust.ts'
import type { BillRow } from './bill.ts'
import type { UsageRow } from './port.ts'
import { plainModel, reconcile } from './reconcile.ts'

const dayMs = Date.UTC(2026, 10, 1)
const nowMs = dayMs + 10 * 86_400_000

function booked(model: string, given: Partial<UsageRow> = {}): UsageRow {
  return {
    dayMs,
    model,
    requests: 10,
    attempts: 10,
    cached: 0,
    errors: 0,
    estimated: 0,
    unpriced: 0,
    inputTokens: 10_000,
    outputTokens: 5_000,
    cacheReadTokens: 1_000,
    cacheWriteTokens: 0,
    reasoningTokens: 0,
    providerCostNanoUsd: 2_000_000_000n,
    chargedNanoUsd: 2_000_000_000n,
    savedNanoUsd: 0n,
    ...given,
  }
}

function billed(model: string | undefined, given: Partial<BillRow> = {}): BillRow {
  return {
    dayMs,
    ...(model !== undefined && { model }),
    requests: 10,
    inputTokens: 10_000,
    cacheReadTokens: 1_000,
    outputTokens: 5_000,
    costNanoUsd: 2_000_000_000,
    ...given,
  }
}

const compare = (bill: BillRow[], usage: UsageRow[], at = nowMs) => reconcile(bill, usage, at)

test('figures within the tolerance agree, under the dated name of the model too', () => {
  const bill = billed('gpt-4o-mini-2024-07-18', { inputTokens: 10_040, costNanoUsd: 2_099_000_000 })
  const [row] = compare([bill], [booked('gpt-4o-mini')])
  assert.deepEqual([row!.model, row!.differing, row!.causes], ['gpt-4o-mini', [], []])
  assert.equal(plainModel('Claude-3-5-Haiku-20241022'), plainModel('claude-3-5-haiku-latest'))
  assert.notEqual(plainModel('gpt-4'), plainModel('gpt-4o'))
})

test('failed calls may count or not', () => {
  const usage = [booked('m', { attempts: 14, errors: 4 })]
  for (const requests of [10, 12, 14])
    assert.deepEqual(compare([billed('m', { requests })], usage)[0]!.differing, [])
  for (const requests of [9, 15]) {
    assert.deepEqual(compare([billed('m', { requests })], usage)[0]!.differing, ['requests'])
  }
})

for (const [name, bill, usage, differing, cause] of [
  ['a key that is used elsewhere', [billed('x')], [], ['requests', 'inputTokens'], /no call went through/],
  ['calls beside the gateway', [billed('m', { requests: 15 })], [booked('m')], ['requests'], /5 calls more/],
  ['late rows', [billed('m', { requests: 4 })], [booked('m')], ['requests'], /6 calls less/],
  [
    'another price',
    [billed('m', { costNanoUsd: 3e9 })],
    [booked('m')],
    ['costNanoUsd'],
    /the tokens agree, the price does not: 3 USD .* makes 2/,
  ],
  [
    'no price here',
    [billed('m')],
    [booked('m', { unpriced: 10, providerCostNanoUsd: 0n })],
    ['costNanoUsd'],
    /10 attempts have no price/,
  ],
  [
    'estimates',
    [billed('m', { outputTokens: 6_000 })],
    [booked('m', { estimated: 3 })],
    ['outputTokens'],
    /3 attempts were counted by the gateway/,
  ],
  [
    'cached reads',
    [billed('m', { cacheReadTokens: 0 })],
    [booked('m')],
    ['cacheReadTokens'],
    /reads from the provider's cache/,
  ],
  [
    'all models together',
    [billed(undefined, { costNanoUsd: 9e9 })],
    [booked('m')],
    ['costNanoUsd'],
    /the price does not/,
  ],
] as const) {
  test(`told: ${name}`, () => {
    const [row, ...others] = compare([...bill], [...usage])
    assert.deepEqual(others, [])
    for (const figure of differing) assert.ok(row!.differing.includes(figure), row!.differing.join())
    assert.match(row!.causes.join('; '), cause)
  })
}

test('a model that the bill does not name is told, where it names others of that day', () => {
  const rows = compare(
    [billed('m')],
    [booked('m'), booked('forgotten'), booked('later', { dayMs: dayMs + 86_400_000 })],
  )
  assert.deepEqual(
    rows.map(({ model, differing }) => [model, differing.length > 0]),
    [
      ['forgotten', true],
      ['m', false],
    ],
  )
  assert.match(rows[0]!.causes.join(), /the export does not have it/)
})

test('a day that is not over is no cause for alarm, and told as that', () => {
  const [row] = compare([billed('m', { inputTokens: 1 })], [booked('m')], dayMs + 1000)
  assert.match(row!.causes[0]!, /the day is not over/)
})

const amount = fc.integer({ min: 0, max: 10_000_000 })
const figures = fc.record({
  model: fc.constantFrom('a', 'b-2024-01-01', 'c'),
  input: amount,
  output: amount,
  cost: amount,
})

test('what corrections add makes the bill and the ledger agree, and is asked for once', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(figures, { selector: (row) => row.model }),
      fc.uniqueArray(figures, { selector: (row) => row.model }),
      (bills, books) => {
        const bill = bills.map(({ model, input, output, cost }) =>
          billed(model, {
            requests: 10,
            inputTokens: input,
            outputTokens: output,
            cacheReadTokens: 0,
            costNanoUsd: cost * 1_000,
          }),
        )
        const usage = books.map(({ model, input, output, cost }) =>
          booked(model.slice(0, 1), {
            inputTokens: input,
            outputTokens: output,
            cacheReadTokens: 0,
            providerCostNanoUsd: BigInt(cost) * 1_000n,
          }),
        )
        const about = { org: 'default', provider: 'p', reason: 'r', id: 'adjust_1', nowMs }
        const lines = corrections(compare(bill, usage), about)
        const after = [
          ...usage,
          ...lines.map((line) => {
            assert.ok(line.atMs >= dayMs && line.atMs < dayMs + 86_400_000)
            assert.equal(line.chargedNanoUsd, line.providerCostNanoUsd)
            return booked(line.model, {
              attempts: 0,
              inputTokens: line.usage.inputTokens,
              outputTokens: line.usage.outputTokens,
              cacheReadTokens: line.usage.cacheReadTokens!,
              providerCostNanoUsd: BigInt(line.providerCostNanoUsd),
            })
          }),
        ]
        const again = compare(bill, after)
        for (const { differing } of again)
          assert.ok(
            differing.every((name) => name === 'requests'),
            differing.join(),
          )
        assert.deepEqual(corrections(again, about), [])
      },
    ),
  )
})

test('a cost of the whole day is not corrected where its models have theirs', () => {
  const bill = [billed('m', { costNanoUsd: 5e9 }), { dayMs, costNanoUsd: 5_000_000_000 }]
  const about = { org: 'default', provider: 'p', reason: 'r', id: 'adjust_1', nowMs }
  const lines = corrections(compare(bill, [booked('m')]), about)
  assert.deepEqual(
    lines.map(({ model, providerCostNanoUsd }) => [model, providerCostNanoUsd]),
    [['m', 3_000_000_000]],
  )
})
