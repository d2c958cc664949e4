/** What is an alert and what is not: failures, spend, models that end, prices, parked keys. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ErrorCode } from '../core/error.ts'
import type { ModelInfo } from '../models/model.ts'
import type { AttemptRecord } from '../records/record.ts'
import type { Alert, Resolution } from './alert.ts'
import { FailureWatch } from './failure-rate.ts'
import { judgeRetirements, type WatchedModel, watchPrices } from './model-watch.ts'
import { ParkedCredentials } from './parked-credentials.ts'
import type { SpendHour } from './port.ts'
import { median, robustScore } from './robust-score.ts'
import { judgeSpend } from './spend-anomaly.ts'

const attempt = (code?: ErrorCode): AttemptRecord => ({
  n: 1,
  provider: 'openai',
  model: 'm',
  startedMs: 0,
  endedMs: 1,
  dropped: [],
  ...(code && { code }),
})

test('failures by fault of the provider are an alert in numbers, and over when they have passed', () => {
  const watch = new FailureWatch()
  const rule = { share: 0.5, minAttempts: 20 }
  const note = (code: ErrorCode | undefined, times: number, atMs: number) => {
    for (let n = 0; n < times; n++) watch.note({ attempts: [attempt(code)] }, atMs)
  }
  note('upstream_error', 19, 0)
  assert.deepEqual(watch.judge(rule, 0).raised, [])
  note('upstream_rejected', 10, 1000)
  note('upstream_error', 1, 60_000)
  const { raised } = watch.judge(rule, 60_000)
  assert.deepEqual(raised[0]?.detail, { provider: 'openai', attempts: 30, failures: 20, share: 20 / 30 })
  note(undefined, 30, 120_000)
  const lasting = watch.judge(rule, 120_000)
  assert.deepEqual([lasting.raised.length, lasting.resolved], [1, []], 'it lasts until it is well below')
  assert.equal(watch.judge(rule, 360_000).resolved[0]?.subject, 'openai')
  assert.deepEqual(watch.judge(rule, 361_000).resolved, [], 'not all the time')
  assert.equal(watch.judge(rule, 390_000).resolved[0]?.subject, 'openai', 'until it is known to have ended')
  watch.ended({ subject: 'openai' })
  assert.deepEqual(watch.judge(rule, 400_000), { raised: [], resolved: [] })
})

test('an alert of before a restart ends when its failures have passed', () => {
  const watch = new FailureWatch()
  const rule = { share: 0.5, minAttempts: 20 }
  watch.resume({ subject: 'openai', detail: { attempts: 30, failures: 20 } }, 0)
  assert.deepEqual(watch.judge(rule, 240_000).resolved, [])
  assert.equal(watch.judge(rule, 300_000).resolved[0]?.subject, 'openai')
  const parked = new ParkedCredentials()
  parked.resume({ subject: 'openai/key-1' }, 0)
  assert.deepEqual(parked.over(59_000), [])
  assert.equal(parked.over(60_000)[0]?.subject, 'openai/key-1')
})

const hour = (at: number, nanoUsd: number): SpendHour => ({
  org: 'default',
  keyId: 'k',
  keyName: 'app',
  hour: at,
  nanoUsd,
})
const rule = { score: 8, minNanoUsd: 1e9 }

test('an hour far beyond its own history is an anomaly, until an ordinary one comes', () => {
  const past = Array.from({ length: 100 }, (_, at) => hour(at, (1 + (at % 5) / 10) * 1e9))
  const open = new Map<string, Resolution>()
  assert.deepEqual(judgeSpend([...past, hour(100, 2e9)], 100, rule, open).raised, [])
  const { raised } = judgeSpend([...past, hour(100, 20e9)], 100, rule, open)
  assert.match(raised[0]!.summary, /app has spent 20 USD this hour; 1.2 USD is usual/)
  assert.equal(judgeSpend([...past, hour(100, 20e9)], 101, rule, open).resolved[0]?.subject, 'k')
  assert.deepEqual(judgeSpend(past, 102, rule, open), { raised: [], resolved: [] })
})

test('little money, or a short history, is no anomaly; a key that was silent and wakes up is', () => {
  const open = new Map<string, Resolution>()
  const cents = Array.from({ length: 100 }, (_, at) => hour(at, 1000))
  assert.deepEqual(judgeSpend([...cents, hour(100, 0.9e9)], 100, rule, open).raised, [])
  const young = Array.from({ length: 23 }, (_, at) => hour(at, 1e9))
  assert.deepEqual(judgeSpend([...young, hour(23, 90e9)], 23, rule, open).raised, [])
  assert.equal(judgeSpend([hour(0, 1), hour(90, 50e9)], 90, rule, open).raised.length, 1)
})

test('one wild hour in the past hides nothing, and history decides by its middle', () => {
  const past = Array.from({ length: 100 }, (_, at) =>
    hour(at, at === 50 ? 1000e9 : (1 + (at % 3) / 10) * 1e9),
  )
  assert.equal(judgeSpend([...past, hour(100, 30e9)], 100, rule, new Map()).raised.length, 1)
})

test('the score does not depend on the unit or the origin, and is 0 in the middle', () => {
  const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 3, maxLength: 60 })
  fc.assert(
    fc.property(values, fc.integer({ min: -500, max: 500 }), (history, value) => {
      const score = robustScore(value, history)
      const moved = robustScore(
        value * 4 + 64,
        history.map((each) => each * 4 + 64),
      )
      assert.ok(score === moved || Math.abs(score - moved) < 1e-6 * Math.abs(score))
      assert.equal(robustScore(median(history), history), 0)
    }),
  )
  assert.equal(robustScore(5, [1, 1, 1]), Infinity)
})

const model = (given: Partial<ModelInfo> = {}): ModelInfo => ({
  provider: 'openai',
  id: 'm',
  capabilities: {},
  ...given,
})

test('a model that ends soon is an alert with its successor; one that has ended is urgent', () => {
  const retiresAtMs = Date.parse('2026-12-24T00:00:00Z')
  const models = [{ name: 'openai/m', info: model({ retiresAtMs, successor: 'm2' }) }]
  const at = (day: string) => judgeRetirements(models, [], 30, Date.parse(day))
  assert.deepEqual(at('2026-11-01').raised, [])
  assert.match(at('2026-12-01').raised[0]!.summary, /openai\/m ends on 2026-12-24\. Its successor is m2/)
  assert.equal(at('2026-12-25').raised[0]!.severity, 'critical')
})

test('the alert of a model that ends is over when it stays after all, and when no route leads to it any more', () => {
  const what = { org: 'default', kind: 'model-retirement', subject: 'openai/m' } as const
  const open = [
    what,
    { ...what, kind: 'price-change' },
    { ...what, subject: 'openai/n' },
  ] as unknown as Alert[]
  const retiresAtMs = Date.parse('2026-12-24T00:00:00Z')
  const ending = { name: 'openai/n', info: model({ retiresAtMs }) }
  const at = (models: readonly WatchedModel[]) =>
    judgeRetirements(models, open, 30, Date.parse('2026-12-01')).resolved
  assert.deepEqual(at([{ name: 'openai/m', info: model() }, ending]), [what])
  assert.deepEqual(at([ending]), [what])
  assert.deepEqual(
    at([]).map(({ subject }) => subject),
    ['openai/m', 'openai/n'],
  )
})

const priced = (name: string, usd: number) => {
  const rates = { input: usd * 1e9, output: 4 * usd * 1e9 }
  return { name, info: model({ price: { periods: [{ tiers: [{ aboveTokens: 0, rates }] }] } } as never) }
}

test('a price that changed is told once, as it was and as it is, whatever fails after it', async () => {
  const kept = new Map<string, string>()
  const told: string[] = []
  let reads = 0
  let failsAt = -1
  const marks = {
    async get(name: string) {
      if (reads++ === failsAt) throw new Error('down')
      return kept.get(name)
    },
    async set(name: string, value: string) {
      kept.set(name, value)
    },
  }
  const look = (first: number, second: number) =>
    watchPrices([priced('openai/m', first), priced('openai/n', second), { name: 'own/m', info: model() }], {
      marks,
      nowMs: 0,
      raise: ({ summary }) => void told.push(summary),
    })
  await look(0.15, 1)
  assert.deepEqual(told, [])
  failsAt = reads + 1
  await assert.rejects(look(0.3, 2), /down/)
  await look(0.3, 2)
  await look(0.3, 2)
  assert.equal(told.length, 2)
  assert.match(told[0]!, /openai\/m was 0\.15 in, 0\.6 out and is 0\.3 in, 1\.2 out/)
  assert.match(told[1]!, /openai\/n was 1 in/)
})

test('a parked key is over some time after it came back, unless it is parked again', () => {
  const parked = new ParkedCredentials()
  const parking = { provider: 'openai', credential: 'key-1', code: 'upstream_auth', forMs: 300_000 }
  assert.equal(parked.park(parking, 0).subject, 'openai/key-1')
  parked.park(parking, 300_000)
  assert.deepEqual(parked.over(360_000), [])
  assert.equal(parked.over(660_000)[0]?.subject, 'openai/key-1')
  assert.deepEqual(parked.over(900_000), [])
})
