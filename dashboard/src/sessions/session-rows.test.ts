/** Lines of the ledger become turns, whose growth and cost are told. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { cacheShareOf, growthOf, growthText, type Session, turnsOf } from './session-rows.ts'

const line = (requestId: string, change: Partial<Session['turns'][number]>): Session['turns'][number] => ({
  request_id: requestId,
  attempt: 1,
  kind: 'settle',
  at: '2026-03-01T00:00:00.000Z',
  provider: 'p',
  model: 'm',
  input_tokens: 100,
  output_tokens: 10,
  charged_usd: '0.5',
  ...change,
})
const session = (...turns: Session['turns']): Session => ({
  id: 's',
  key_id: 'k',
  key_name: 'k',
  charged_usd: '0',
  turns,
})

test('attempts of one request are one turn, which costs what all of them cost', () => {
  const turns = turnsOf(
    session(
      line('a', { code: 'upstream_error' }),
      line('a', { attempt: 2, input_tokens: 120, cache_read_tokens: 60 }),
      line('b', { input_tokens: 180 }),
      line('b', { kind: 'adjust', input_tokens: 0, charged_usd: '-0.1' }),
    ),
  )
  assert.deepEqual(
    turns.map(({ requestId, attempts, inputTokens, costUsd }) => [requestId, attempts, inputTokens, costUsd]),
    [
      ['a', 2, 120, 1],
      ['b', 1, 180, 0.4],
    ],
  )
  assert.equal(growthOf(turns), 60)
  assert.deepEqual([60, -3.2, undefined].map(growthText), ['+60', '-3', '-'])
  assert.equal(cacheShareOf(turns), 0.2)
})

test('of a single turn there is no growth, and of none no share', () => {
  assert.equal(growthOf(turnsOf(session(line('a', {})))), undefined)
  assert.equal(cacheShareOf([]), undefined)
})
