/** Seconds are those that were read, and in them what has ended since: nothing twice, and nothing left out. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { endedAfter, secondsAt, shownSeconds } from './seconds.ts'

const nowMs = 1_800_000_000_400
const second = Math.floor(nowMs / 1_000)
const reading = {
  atMs: nowMs,
  fromMs: (second - shownSeconds + 1) * 1_000,
  counts: Array.from({ length: shownSeconds }, (_, index) => ({ requests: index === 0 ? 7 : 1, errors: 0 })),
}
const one = (cameMs: number, endedMs: number, errors = 0) => ({ cameMs, endedMs, requests: 1, errors })

test('what ended after a reading is added to the second that it came in', () => {
  const cameMs = nowMs - 3_000
  const ended = [one(cameMs, nowMs + 5, 1), one(cameMs, nowMs), one(nowMs + 60_000, nowMs + 60_000)]
  const { first, counts } = secondsAt(reading, ended, nowMs)
  assert.equal(first, second - shownSeconds + 1)
  assert.equal(counts.length, shownSeconds)
  assert.deepEqual(counts.at(-4), { requests: 3, errors: 1 })
  assert.deepEqual(counts.at(-1), { requests: 1, errors: 0 })
})

test('what ended before a reading is in it', () => {
  const ended = [one(nowMs - 5_000, nowMs - 1), one(nowMs - 5_000, nowMs + 1)]
  assert.deepEqual(endedAfter(reading, ended), [ended[1]])
  assert.deepEqual(secondsAt(reading, ended, nowMs).counts.at(-6), { requests: 2, errors: 0 })
})

test('seconds go by', () => {
  const { counts } = secondsAt(reading, [one(nowMs + 2_000, nowMs + 2_000)], nowMs + 2_000)
  assert.deepEqual(counts[0], { requests: 1, errors: 0 }, 'the oldest are gone')
  assert.deepEqual(
    counts.slice(-3).map(({ requests }) => requests),
    [1, 0, 1],
  )
})
