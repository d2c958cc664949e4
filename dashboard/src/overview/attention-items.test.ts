/** What needs attention is told once, the worst first, and what is as it should be is not told. */

import assert from 'node:assert/strict'
import test from 'node:test'
import type { Item } from '../api/client.ts'
import { attentionItems } from './attention-items.ts'

const alert = {
  id: 'al_1',
  kind: 'budget',
  subject: 'b1|mobile',
  severity: 'warning',
  status: 'open',
  summary: 'key mobile has spent 9 of 10 USD per month (90 % reached).',
  detail: { budget: 'b1', subject: 'mobile', subject_id: 'k1' },
  count: 1,
  first_at: '2026-05-01T00:00:00.000Z',
  last_at: '2026-05-01T00:00:00.000Z',
} as const satisfies Item<'GET /alerts'>

const target = {
  model: 'm',
  credential: 'default',
  breaker: 'closed',
  breaker_changes: [],
  rate_limits: 0,
} as const
const provider = (name: string, breaker: 'closed' | 'open'): Item<'GET /providers'> => ({
  name,
  title: name,
  address: '',
  only_target_of: [],
  credentials: [],
  targets: [{ ...target, breaker, breaker_changes: [] }],
})

const budget = {
  id: 'b1',
  origin: 'stored',
  scope: 'key',
  usd: '10',
  period: 'month',
  window: 'calendar',
  cap: 'hard',
} as const
const state = (subject: string, spent: string, reserved = '0') => ({
  subject,
  spent_usd: spent,
  reserved_usd: reserved,
  remaining_usd: '0',
})

test('breakers, caps that are near and alerts are told, each thing once', () => {
  const items = attentionItems({
    alerts: [alert, { ...alert, id: 'al_2', kind: 'disk', acknowledged_at: alert.last_at }],
    providers: [provider('up', 'closed'), provider('down', 'open')],
    budgets: [
      {
        ...budget,
        alert_at: [0.8],
        states: [state('k1', '9'), state('k2', '4', '4.5'), state('k3', '8'), state('k4', '10')],
      },
    ],
    sets: [],
  })
  assert.deepEqual(
    items.map(({ id, tone }) => `${tone} ${id}`),
    ['bad provider down', 'bad budget b1 k4', 'warn alert al_1', 'warn budget b1 k2'],
  )
  assert.equal(items[3]?.text, 'Budget of key k2: $8.50 of $10.00')
})

test('an open alarm of a golden set is told; an acknowledged one and one with an alert are not', () => {
  const set = (name: string, alarmState: 'open' | 'acknowledged'): Item<'GET /drift'> => ({
    name,
    target: 'assistant',
    version: 1,
    prompts: 1,
    samples: 1,
    rollback: 'off',
    alarm: {
      id: name,
      set: name,
      run_id: 'r',
      state: alarmState,
      title: `${name}: refusals +9 pp`,
      created_at: alert.first_at,
      changed_at: alert.first_at,
    },
  })
  const items = attentionItems({
    alerts: [{ ...alert, kind: 'drift', summary: 'told: refusals +9 pp' }],
    providers: [],
    budgets: [],
    sets: [set('shop', 'open'), set('told', 'open'), set('known', 'acknowledged')],
  })
  assert.deepEqual(
    items.map(({ id, to }) => [id, to]),
    [
      ['drift shop', '/drift'],
      ['alert al_1', '/drift'],
    ],
  )
})
