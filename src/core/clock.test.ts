import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSteadyClock } from './clock.ts'

const hourMs = 3_600_000

/** A clock on the wall that a test sets. */
function wall(atMs: number) {
  const clock = { atMs, nowMs: () => clock.atMs, monotonicMs: () => 7 }
  return clock
}

test('a clock that is set back stands still until it has caught up', () => {
  const clock = wall(100 * hourMs)
  const steady = createSteadyClock(clock, 0)
  assert.equal(steady.nowMs(), 100 * hourMs)
  clock.atMs -= hourMs
  assert.equal(steady.nowMs(), 100 * hourMs)
  clock.atMs += 2 * hourMs
  assert.equal(steady.nowMs(), 101 * hourMs)
})

test('a clock that is behind what was used before the start stands still as well', () => {
  const clock = wall(99 * hourMs)
  assert.equal(createSteadyClock(clock, 100 * hourMs).nowMs(), 100 * hourMs)
})

test('a clock that was ahead by up to a day is waited for, by more it is followed', () => {
  const clock = wall(100 * hourMs)
  const steady = createSteadyClock(clock, 0)
  steady.nowMs()
  clock.atMs = 76 * hourMs
  assert.equal(steady.nowMs(), 100 * hourMs, 'a day')
  clock.atMs -= 1
  assert.equal(steady.nowMs(), 76 * hourMs - 1, 'more than a day')
  clock.atMs += 1
  assert.equal(steady.nowMs(), 76 * hourMs)
})
