/** What each failure does to a target, to its keys, and to neither. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeProvider, handClock } from '../../test/support/routing.ts'
import { type ErrorCode, GatewayError, type UpstreamFault } from '../core/error.ts'
import { defaultBreaker } from './breaker.ts'
import { createCandidate } from './candidate.ts'
import { createHealth, type HealthChange } from './health.ts'

function setUp() {
  const clock = handClock()
  const changes: HealthChange[] = []
  const health = createHealth({ clock, random: () => 0.5, onChange: (change) => changes.push(change) })
  const provider = fakeProvider('p', [{ alias: 'one' }, { alias: 'two' }])
  const [a1, a2] = createCandidate(provider, 'a')!.legs
  const [b1] = createCandidate(provider, 'b')!.legs
  const fail = (
    leg: typeof a1,
    code: ErrorCode,
    detail: { retryAfterMs?: number; upstream?: UpstreamFault } = {},
  ) => health.record(leg!, new GatewayError(code, code, detail), defaultBreaker)
  const why = (leg: typeof a1) => {
    const found = health.withheld(leg!, clock.monotonicMs())
    return found && [found.kind, found.untilMs - clock.monotonicMs()]
  }
  return { clock, changes, health, a1, a2, b1, fail, why }
}

test('429 cools this key with this model only, for as long as it says', () => {
  const { clock, changes, a1, a2, b1, fail, why } = setUp()
  fail(a1, 'upstream_rate_limit', { retryAfterMs: 4_000 })
  assert.deepEqual([why(a1), why(a2), why(b1)], [['cooling', 4_000], undefined, undefined])
  clock.advance(4_000)
  assert.equal(why(a1), undefined)
  fail(a1, 'upstream_rate_limit')
  assert.deepEqual(why(a1), ['cooling', 10_000])
  assert.deepEqual(
    changes.map(({ kind, forMs }) => [kind, forMs]),
    [
      ['cooling', 4_000],
      ['cooling', 10_000],
    ],
  )
})

test('401 and money park the key for all models; 403 only for this one', () => {
  const { clock, a1, a2, b1, fail, why, health } = setUp()
  fail(a1, 'upstream_auth', { upstream: { status: 401 } })
  assert.deepEqual([why(a1), why(b1), why(a2)], [['parked', 300_000], ['parked', 300_000], undefined])
  health.pardon()
  assert.equal(why(a1), undefined)
  fail(a1, 'upstream_quota', { retryAfterMs: 60_000, upstream: { status: 429 } })
  assert.deepEqual(
    [why(a1), why(b1)],
    [
      ['parked', 60_000],
      ['parked', 60_000],
    ],
  )
  clock.advance(60_000)
  fail(a1, 'upstream_auth', { upstream: { status: 403 } })
  assert.deepEqual([why(a1), why(b1)], [['cooling', 300_000], undefined])
})

test('only faults of the target open its breaker', () => {
  const upstream = { status: 400 }
  const harmless: [ErrorCode, UpstreamFault?][] = [
    ['upstream_rejected', upstream],
    ['context_length_exceeded', upstream],
    ['client_gone'],
    ['deadline_exceeded'],
    ['server_shutdown'],
    ['superseded'],
    ['internal'],
    ['unsupported_parameter'],
  ]
  for (const [code, fault] of harmless) {
    const { a1, fail, why } = setUp()
    for (let n = 0; n < 20; n++) fail(a1, code, fault && { upstream: fault })
    assert.equal(why(a1), undefined, code)
  }
  const harmful: ErrorCode[] = ['upstream_error', 'upstream_timeout', 'upstream_dns', 'upstream_truncated']
  for (const code of harmful) {
    const { a1, a2, fail, why } = setUp()
    for (let n = 0; n < 5; n++) fail(a1, code)
    assert.deepEqual([why(a1), why(a2)], [['open', 5_000], undefined], code)
  }
})

test('a refusal of the request is a sign of life: it closes a half-open breaker', () => {
  const { clock, changes, health, a1, fail, why } = setUp()
  for (let n = 0; n < 5; n++) fail(a1, 'upstream_overloaded')
  clock.advance(5_000)
  health.begin(a1!)
  assert.deepEqual(why(a1)?.[0], 'open')
  fail(a1, 'upstream_rejected', { upstream: { status: 400 } })
  assert.equal(why(a1), undefined)
  assert.deepEqual(
    changes.map(({ kind, code }) => [kind, code]),
    [
      ['breaker-opened', 'upstream_overloaded'],
      ['breaker-closed', undefined],
    ],
  )
  const startMs = clock.nowMs() - 5_000
  assert.deepEqual(health.list(), [
    {
      provider: 'p',
      model: 'a',
      credential: 'one',
      breaker: 'closed',
      rateLimits: 0,
      changes: [
        { atMs: startMs, to: 'open' },
        { atMs: startMs + 5_000, to: 'closed' },
      ],
    },
  ])
})
