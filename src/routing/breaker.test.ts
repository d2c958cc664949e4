/** The breaker against a model that keeps every outcome, and the times at which it opens and closes. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Breaker, defaultBreaker, type Outcome } from './breaker.ts'

const steady = () => 0.5 // no jitter: a half of its range

interface Seen {
  readonly atMs: number
  readonly outcome: Outcome
}

/** Must a closed breaker open now? From the whole history since it closed, with no window but time. */
function mustOpen(history: readonly Seen[], nowMs: number): boolean {
  const inARow = (origin: Outcome) => {
    const sinceSuccess = history.slice(history.findLastIndex(({ outcome }) => outcome === 'success') + 1)
    return sinceSuccess.filter(({ outcome }) => outcome === origin).length
  }
  if (Math.max(inARow('local'), inARow('external')) >= 5) return true
  const bucket = (ms: number) => Math.floor(ms / 5_000)
  const recent = history.filter(({ atMs }) => bucket(nowMs) - bucket(atMs) < 6)
  const failed = recent.filter(({ outcome }) => outcome !== 'success').length
  return recent.length >= 10 && failed >= recent.length * 0.5
}

test('it opens exactly when the rules say so, and lets one probe through at a time', () => {
  const step = fc.record({
    afterMs: fc.oneof(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 40_000 })),
    outcome: fc.constantFrom<Outcome>('success', 'success', 'local', 'external'),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const breaker = new Breaker(steady)
      let nowMs = 1_000
      let history: Seen[] = []
      for (const { afterMs, outcome } of steps) {
        nowMs += afterMs
        const before = breaker.state(nowMs)
        if (before === 'open') {
          assert.ok(breaker.withheldUntilMs(nowMs) > nowMs)
          continue
        }
        assert.equal(breaker.withheldUntilMs(nowMs), 0)
        breaker.begin(nowMs)
        if (before === 'half-open') assert.ok(breaker.withheldUntilMs(nowMs) > nowMs, 'a second probe')
        breaker.record(outcome, defaultBreaker, nowMs)
        if (before === 'half-open') {
          assert.equal(breaker.state(nowMs), outcome === 'success' ? 'closed' : 'open')
          if (outcome === 'success') history = [{ atMs: -1e9, outcome }]
          continue
        }
        history.push({ atMs: nowMs, outcome })
        const opens = outcome !== 'success' && mustOpen(history, nowMs)
        assert.equal(breaker.state(nowMs), opens ? 'open' : 'closed')
      }
    }),
    { numRuns: 500 },
  )
})

test('each failed probe doubles the time, up to five minutes; jitter is a fifth either way', () => {
  for (const [random, factor] of [
    [() => 0, 0.8],
    [steady, 1],
    [() => 0.999_999, 1.2],
  ] as const) {
    const breaker = new Breaker(random)
    let nowMs = 0
    for (let n = 0; n < 5; n++) breaker.record('external', defaultBreaker, nowMs)
    for (const fullMs of [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]) {
      const untilMs = breaker.withheldUntilMs(nowMs)
      assert.ok(Math.abs(untilMs - nowMs - fullMs * factor) < 1, `${fullMs} ${untilMs - nowMs}`)
      nowMs = untilMs
      assert.equal(breaker.state(nowMs), 'half-open')
      breaker.begin(nowMs)
      breaker.record('local', defaultBreaker, nowMs)
    }
  }
})

test('a target that fails again at once waits longer; one that stayed well begins anew', () => {
  const breaker = new Breaker(steady)
  const fail = (nowMs: number) => {
    for (let n = 0; n < 5; n++) breaker.record('external', defaultBreaker, nowMs)
    return breaker.withheldUntilMs(nowMs) - nowMs
  }
  assert.equal(fail(0), 5_000)
  breaker.record('success', defaultBreaker, 5_000)
  assert.equal(fail(6_000), 10_000)
  breaker.record('success', defaultBreaker, 16_000)
  assert.equal(fail(30_000), 5_000)
})

test('failures of the network and of the target do not add up to a row', () => {
  const breaker = new Breaker(steady)
  for (let n = 0; n < 4; n++) {
    breaker.record('local', defaultBreaker, n * 30_000)
    breaker.record('external', defaultBreaker, n * 30_000)
  }
  assert.equal(breaker.state(120_000), 'closed')
  breaker.record('local', defaultBreaker, 120_000)
  assert.equal(breaker.state(120_000), 'open')
})

test('a probe that is abandoned makes room for the next', () => {
  const breaker = new Breaker(steady)
  for (let n = 0; n < 5; n++) breaker.record('external', defaultBreaker, 0)
  breaker.begin(5_000)
  assert.ok(breaker.withheldUntilMs(5_000) > 5_000)
  breaker.abandon()
  assert.equal(breaker.withheldUntilMs(5_000), 0)
})
