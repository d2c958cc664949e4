/** What has changed is asked for soon, seldom enough, and never left as it was a moment before the last change. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { RefreshPace, settleMs } from './refresh-pace.ts'

const everyMs = 5_000

function begin(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let nowMs = 0
  const refreshedAtMs: number[] = []
  const pace = new RefreshPace(
    everyMs,
    () => refreshedAtMs.push(nowMs),
    () => nowMs,
  )
  const pass = (ms: number) => {
    for (let step = 0; step < ms; step += 100) {
      nowMs += 100
      t.mock.timers.tick(100)
    }
  }
  return { pace, pass, refreshedAtMs }
}

test('what comes together is asked for once, when it has settled', (t) => {
  const { pace, pass, refreshedAtMs } = begin(t)
  pace.tell()
  pace.tell()
  pass(10 * everyMs)
  assert.deepEqual(refreshedAtMs, [settleMs])
})

test('what comes a moment before all is asked for is asked for once more', (t) => {
  const { pace, pass, refreshedAtMs } = begin(t)
  pace.tell()
  pass(settleMs - 100)
  pace.tell()
  pass(10 * everyMs)
  assert.deepEqual(refreshedAtMs, [settleMs, settleMs + everyMs])
})

test('what comes all the time is asked for no more often than it can be read', (t) => {
  const { pace, pass, refreshedAtMs } = begin(t)
  for (let n = 0; n < 100; n++) {
    pace.tell()
    pass(100)
  }
  assert.deepEqual(refreshedAtMs, [settleMs, settleMs + everyMs])
  pace.stop()
  pass(10 * everyMs)
  assert.equal(refreshedAtMs.length, 2)
})
