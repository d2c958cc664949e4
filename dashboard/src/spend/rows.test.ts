/** The rows of the spend come to the total, whoever is named by them. */

import assert from 'node:assert/strict'
import test from 'node:test'
import type { Usage } from '../api/usage.ts'
import { spendRows } from './rows.ts'

const usage = (charged: string, more: Partial<Usage> = {}): Usage => ({
  requests: 1,
  attempts: 1,
  cached: 0,
  errors: 0,
  estimated: 0,
  unpriced: 0,
  input_tokens: 3,
  output_tokens: 2,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  reasoning_tokens: 0,
  provider_cost_usd: charged,
  charged_usd: charged,
  saved_usd: '0',
  ...more,
})

const told = (rows: ReturnType<typeof spendRows>) => rows.map(({ name, costUsd }) => [name, costUsd])

test('what names nobody is a row too', () => {
  const rows = spendRows({
    dimension: 'user',
    total: usage('10', { requests: 5, input_tokens: 30 }),
    parts: [usage('2', { user: 'ada' }), usage('1', { user: 'bob' })],
    before: [usage('4', { user: 'ada' })],
  })
  assert.deepEqual(told(rows), [
    ['no user', 7],
    ['ada', 2],
    ['bob', 1],
  ])
  assert.deepEqual(
    rows.map(({ beforeUsd, requests }) => [beforeUsd, requests]),
    [
      [undefined, 3],
      [4, 1],
      [0, 1],
    ],
  )
})

test('names that come to the total leave nothing, and neither do tags that overlap', () => {
  const model = { model: 'a' }
  const parts = [usage('0.1', model), usage('0.2', { model: 'b' })]
  const total = usage('0.3', { requests: 2 })
  assert.equal(spendRows({ dimension: 'model', total, parts, before: undefined }).length, 2)
  const tags = [usage('0.3', { tag: 'x', requests: 2 }), usage('0.3', { tag: 'y', requests: 2 })]
  assert.equal(spendRows({ dimension: 'tag', total, parts: tags, before: undefined }).length, 2)
  assert.deepEqual(spendRows({ dimension: 'tag', total: undefined, parts: [], before: [] }), [])
})
