/** Budgets become lines, the nearest to its cap first. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { type Budget, capText, isOfTeam, rowsOf, shareOf } from './budget-rows.ts'

const budget: Budget = {
  id: 'b',
  origin: 'stored',
  scope: 'team',
  usd: '10',
  period: 'month',
  window: 'calendar',
  cap: 'hard',
  alert_at: [0.8],
  states: [],
}
const state = (subject: string, spent: string, reserved = '0') => ({
  subject,
  spent_usd: spent,
  reserved_usd: reserved,
  remaining_usd: '1',
})

test('what is held counts, and a budget that nobody used is a line too', () => {
  const rows = rowsOf([
    { ...budget, id: 'unused', subject: 'quiet' },
    { ...budget, states: [state('half', '5'), state('near', '5', '4.5')] },
  ])
  assert.deepEqual(
    rows.map((row) => [row.subject, shareOf(row)]),
    [
      ['near', 0.95],
      ['half', 0.5],
      ['quiet', 0],
    ],
  )
})

test('of the whole organisation, no subject is named; a cap of nothing is full', () => {
  const [row] = rowsOf([{ ...budget, scope: 'organisation', usd: '0', states: [state('default', '0')] }])
  assert.deepEqual([row?.subject, row && shareOf(row)], [undefined, 1])
})

test('caps are told with their period', () => {
  assert.equal(capText(budget), '$10.00 a month')
  assert.equal(capText({ ...budget, window: 'rolling', period: 'day' }), '$10.00 in any day')
  assert.equal(capText({ ...budget, period: 'total' }), '$10.00 in total')
})

test('a team is bounded by its own budgets, those of its users and keys, and those that each of them has', () => {
  const owners = {
    keys: [
      { id: 'key_1', name: 'app', team: 'team_1' },
      { id: 'key_2', name: 'other', team: 'team_2' },
    ],
    users: [{ id: 'user_1', name: 'Ada', team: 'team_1' }],
  }
  const isBounded = (scope: Budget['scope'], subject?: string) => {
    const [row] = rowsOf([{ ...budget, scope, ...(subject !== undefined && { subject }) }])
    return isOfTeam(row!, 'team_1', owners)
  }
  assert.deepEqual(
    [isBounded('team', 'team_1'), isBounded('team', 'team_2'), isBounded('team')],
    [true, false, true],
  )
  assert.deepEqual(
    ['key_1', 'app', 'key_2', 'nobody', undefined].map((subject) => isBounded('key', subject)),
    [true, true, false, false, true],
  )
  assert.deepEqual([isBounded('user', 'user_1'), isBounded('user', 'user_2')], [true, false])
  assert.deepEqual([isBounded('organisation'), isBounded('model', 'openai/echo')], [false, false])
})
