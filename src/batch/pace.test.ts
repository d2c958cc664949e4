/** Calls are spaced out by what is left of a limit: it is used, and not passed, however the provider counts. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Pace, type ToldBudget } from './pace.ts'

/** What a provider says to a call at this time; undefined where it refuses it. */
type Provider = (nowMs: number) => ToldBudget | undefined

const minuteMs = 60_000

/** It refills by and by. */
function bucket(perMinute: number): Provider {
  let fullAtMs = 0
  return (nowMs) => {
    const after = Math.max(fullAtMs, nowMs) + minuteMs / perMinute
    if (after - nowMs > minuteMs + 1e-6) return undefined
    fullAtMs = after
    const fullInMs = fullAtMs - nowMs
    const left = Math.floor(perMinute * (1 - fullInMs / minuteMs) + 1e-6)
    return { unit: 'requests', limit: perMinute, left, fullInMs }
  }
}

/** It is full again at the beginning of each minute. */
function fixedWindow(perMinute: number): Provider {
  let [minute, used] = [-1, 0]
  return (nowMs) => {
    const now = Math.floor(nowMs / minuteMs)
    if (now !== minute) [minute, used] = [now, 0]
    if (used >= perMinute) return undefined
    used++
    return {
      unit: 'requests',
      limit: perMinute,
      left: perMinute - used,
      fullInMs: (now + 1) * minuteMs - nowMs,
    }
  }
}

/** As many calls at once as are allowed, each of which takes `callMs`. */
function run(provider: Provider, atOnce: number, callMs: number, forMs: number) {
  const pace = new Pace()
  const underWay: { endsAtMs: number; call: number; told: ToldBudget | undefined }[] = []
  let [served, refused] = [0, 0]
  for (let nowMs = 0; nowMs < forMs; nowMs += 5) {
    while (underWay[0] !== undefined && underWay[0].endsAtMs <= nowMs) {
      const { call, told } = underWay.shift()!
      if (told) pace.learn(call, nowMs, [told], 10)
    }
    while (underWay.length < atOnce && pace.nextAtMs <= nowMs) {
      const told = provider(nowMs)
      if (told) served++
      else refused++
      underWay.push({ endsAtMs: nowMs + callMs, call: pace.begin(nowMs), told })
    }
  }
  return { served, refused }
}

for (const [name, make] of [
  ['a bucket that refills', bucket],
  ['windows of a minute', fixedWindow],
] as const) {
  for (const perMinute of [60, 600, 6000]) {
    test(`${name}, ${perMinute} a minute: used to nine tenths, and never passed`, () => {
      const { served, refused } = run(make(perMinute), 32, 200, 10 * minuteMs)
      const possible = perMinute * (name === 'windows of a minute' ? 10 : 11)
      assert.equal(refused, 0)
      assert.ok(served >= possible * 0.9, `${served} of ${possible}`)
    })
  }
}

test('of tokens it is known what a call takes; what is not limited does not space calls out', () => {
  const pace = new Pace()
  const tokens = { unit: 'tokens', limit: 100_000, left: 40_000, fullInMs: 36_000 } as const
  pace.learn(pace.begin(0), 100, [tokens, { unit: 'requests', left: 1e9, fullInMs: minuteMs }], 1000)
  pace.begin(200)
  // 40 calls for 36 s, four times as fast.
  assert.ok(Math.abs(pace.nextAtMs - (175 + 225)) < 1, `${pace.nextAtMs}`)
  pace.learn(pace.begin(500), 600, [], 1000)
  pace.learn(pace.begin(600), 700, [{ ...tokens, fullInMs: 0 }], 1000)
  pace.begin(1000)
  assert.ok(pace.nextAtMs <= 1000)
})

test('nothing left is waited for; the answer to an earlier call does not change what a later one said', () => {
  const pace = new Pace()
  const [early, late] = [pace.begin(0), pace.begin(0)]
  pace.learn(late, 100, [{ unit: 'requests', left: 0, limit: 2, fullInMs: 30_000 }], 1)
  assert.equal(pace.nextAtMs, 30_100)
  pace.learn(early, 110, [{ unit: 'requests', left: 1, limit: 2, fullInMs: 30_000 }], 1)
  assert.equal(pace.nextAtMs, 30_100)
})

for (const [name, limit] of [
  ['a limit that is not told', {}],
  ['a limit of nothing', { limit: 0 }],
] as const) {
  test(`nothing left of ${name} is waited for, and then calls begin again`, () => {
    const pace = new Pace()
    pace.learn(pace.begin(0), 100, [{ unit: 'requests', left: 0, fullInMs: 1000, ...limit }], 1)
    assert.equal(pace.nextAtMs, 1100)
    pace.begin(1100)
    assert.ok(pace.nextAtMs <= 2100, `${pace.nextAtMs}`)
    pace.begin(2200)
    assert.ok(pace.nextAtMs <= 2200, `${pace.nextAtMs}`)
  })
}

test('whatever answers tell, the next call has a time', () => {
  const figure = fc.oneof(fc.double(), fc.constantFrom(0, -1, NaN, Infinity))
  const told = fc.record(
    {
      unit: fc.constantFrom('requests' as const, 'tokens' as const),
      left: figure,
      limit: figure,
      fullInMs: figure,
    },
    { requiredKeys: ['unit', 'left', 'fullInMs'] },
  )
  fc.assert(
    fc.property(fc.array(told), fc.nat(), (budgets, tokens) => {
      const pace = new Pace()
      const call = pace.begin(0)
      pace.learn(call, 100, budgets, tokens)
      for (let n = 0; n < 3; n++) pace.begin(200)
      assert.ok(!Number.isNaN(pace.nextAtMs))
    }),
  )
})
