/** Of today the hour is told, of the days before the day alone. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { lastUsedText } from './last-used.ts'

test('the hour of today, the day of what was before', () => {
  const nowMs = Date.parse('2026-03-10T14:59:00Z')
  const told = [
    '2026-03-10T14:00:00Z',
    '2026-03-10T13:00:00Z',
    '2026-03-10T00:00:00Z',
    '2026-03-09T00:00:00Z',
    '2026-02-28T00:00:00Z',
  ].map((at) => lastUsedText(at, nowMs))
  assert.deepEqual(told, ['this hour', 'in the last 2 h', '14 h ago', 'yesterday', '10 days ago'])
})
