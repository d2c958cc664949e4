/** Breakers that opened and closed are drawn in the minutes in which they were open. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { openMinutes, stripText } from './breaker-strip.ts'

const nowMs = Date.parse('2026-03-01T12:00:00Z')
const ago = (minutes: number) => new Date(nowMs - minutes * 60_000).toISOString()
const minutesOf = (open: readonly boolean[]) => open.flatMap((isOpen, at) => (isOpen ? [at] : []))

test('a breaker is open from its opening to its closing, over a half-open time too', () => {
  const changes = [
    { at: ago(50.5), to: 'open' },
    { at: ago(49.9), to: 'open' },
    { at: ago(48.5), to: 'closed' },
    { at: ago(2.5), to: 'open' },
  ] as const
  const now = openMinutes({ breaker: 'half-open', breaker_changes: [...changes] }, nowMs)
  assert.deepEqual(minutesOf(now), [9, 10, 11, 57, 58, 59])
  assert.equal(stripText(now), 'open in 6 minutes')
})

test('what was over an hour ago is not drawn, what lasts since then is', () => {
  const old = [{ at: ago(90), to: 'open' } as const]
  const over = [...old, { at: ago(70), to: 'closed' } as const]
  assert.equal(stripText(openMinutes({ breaker: 'closed', breaker_changes: over }, nowMs)), 'never open')
  assert.equal(minutesOf(openMinutes({ breaker: 'open', breaker_changes: old }, nowMs)).length, 60)
})
