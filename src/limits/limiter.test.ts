/** Who is let through, who waits for its turn, who is refused, and what is given back. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createTestClock } from '../../test/support/access.ts'
import { GatewayError } from '../core/error.ts'
import { Interrupt } from '../core/interrupt.ts'
import type { Priority } from '../core/priority.ts'
import { type Admission, createLimiter, type LimitedRequest } from './limiter.ts'
import { createMemoryCounters } from './memory-counters.ts'
import { type Bounds, compileRules, type LimitSettings } from './rules.ts'

function open(t: TestContext, settings: readonly LimitSettings[] = []) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const clock = createTestClock(0)
  const rules = compileRules(settings)
  const limiter = createLimiter({ counters: createMemoryCounters(clock), rules: () => rules })
  return {
    limiter,
    /** Lets time pass, and whoever waits look. */
    async pass(ms: number) {
      clock.advance(ms)
      t.mock.timers.tick(ms)
      for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    },
  }
}

interface Wish {
  readonly own?: Bounds
  readonly key?: string
  readonly user?: string
  readonly tokens?: number
  readonly priority?: Priority
  readonly interrupt?: Interrupt
}

function request({
  own,
  key = 'k',
  user,
  tokens = 1,
  priority = 'default',
  interrupt,
}: Wish): LimitedRequest {
  return {
    org: 'default',
    subjects: {
      organisation: named('default'),
      key: named(key),
      ...(user !== undefined && { user: named(user) }),
    },
    own,
    priority,
    interrupt: interrupt ?? new Interrupt(),
    expectedTokens: () => tokens,
  }
}

const named = (name: string) => ({ id: name, name })

function now(admission: Admission | undefined | Promise<Admission>): Admission {
  assert.ok(admission !== undefined && !(admission instanceof Promise))
  return admission
}

test('what has no limit is not counted', (t) => {
  const { limiter } = open(t, [{ scope: 'key', match: 'other', rpm: 1 }])
  assert.equal(limiter.admitRequest(request({})), undefined)
})

test("a key's own limit refuses what goes beyond, tells when to come back, and headers say what is left", async (t) => {
  const { limiter, pass } = open(t)
  const own = { rpm: 2 }
  const first = now(limiter.admitRequest(request({ own })))
  assert.deepEqual(first.headers, {
    'x-ratelimit-limit-requests': '2',
    'x-ratelimit-remaining-requests': '1',
    'x-ratelimit-reset-requests': '30s',
  })
  now(limiter.admitRequest(request({ own })))
  const { error, headers } = now(limiter.admitRequest(request({ own })))
  assert.deepEqual([error?.code, error?.status, error?.retryAfterMs], ['rate_limited', 429, 30_000])
  assert.match(error!.message, /2 requests per minute \(key\)/)
  assert.equal(headers['x-ratelimit-remaining-requests'], '0')
  assert.equal(now(limiter.admitRequest(request({ own, key: 'another' }))).error, undefined)
  await pass(30_000)
  assert.equal(now(limiter.admitRequest(request({ own }))).error, undefined)
})

test('each user has the limit of its scope for itself', (t) => {
  const { limiter } = open(t, [{ scope: 'user', rpm: 1 }])
  assert.equal(limiter.admitRequest(request({})), undefined)
  for (const user of ['ada', 'grace']) {
    assert.equal(now(limiter.admitRequest(request({ user }))).error, undefined)
    assert.equal(now(limiter.admitRequest(request({ user }))).error?.code, 'rate_limited')
  }
})

test('tokens are taken beforehand and what was not used is given back', (t) => {
  const { limiter } = open(t)
  const own = { tpm: 1000 }
  const admission = now(limiter.admitRequest(request({ own, tokens: 900 })))
  assert.equal(now(limiter.admitRequest(request({ own, tokens: 200 }))).error?.code, 'rate_limited')
  admission.settle(100)
  const second = now(limiter.admitRequest(request({ own, tokens: 200 })))
  assert.equal(second.headers['x-ratelimit-remaining-tokens'], '700')
  // More than was foreseen is taken afterwards.
  second.settle(600)
  assert.equal(now(limiter.admitRequest(request({ own, tokens: 301 }))).error?.code, 'rate_limited')
  assert.equal(now(limiter.admitRequest(request({ own, tokens: 300 }))).error, undefined)
})

test('what is not known to be less stays taken; a request beyond a whole minute of tokens waits for a full one', async (t) => {
  const { limiter, pass } = open(t)
  const own = { tpm: 100 }
  now(limiter.admitRequest(request({ own, tokens: 60 }))).settle(undefined)
  assert.equal(now(limiter.admitRequest(request({ own, tokens: 5000 }))).error?.code, 'rate_limited')
  await pass(36_000)
  assert.equal(now(limiter.admitRequest(request({ own, tokens: 5000 }))).error, undefined)
})

test('places are free again when their requests are over', (t) => {
  const { limiter } = open(t)
  const own = { concurrency: 1 }
  const first = now(limiter.admitRequest(request({ own })))
  const { error } = now(limiter.admitRequest(request({ own })))
  assert.match(error!.message, /1 concurrent requests/)
  first.settle(0)
  assert.equal(now(limiter.admitRequest(request({ own }))).error, undefined)
})

test('who may wait goes in its turn, the urgent first; a later one does not overtake', async (t) => {
  const { limiter, pass } = open(t)
  const own = { rpm: 6, maxWaitMs: 60_000 }
  for (let n = 0; n < 6; n++) now(limiter.admitRequest(request({ own })))
  const order: string[] = []
  for (const priority of ['batch', 'default', 'interactive'] as const) {
    void Promise.resolve(limiter.admitRequest(request({ own, priority }))).then((admission) =>
      order.push(`${priority} ${admission?.error?.code ?? 'through'}`),
    )
  }
  await pass(9_999)
  assert.deepEqual(order, [])
  await pass(2)
  assert.deepEqual(order, ['interactive through'])
  await pass(10_001)
  await pass(10_001)
  assert.deepEqual(order, ['interactive through', 'default through', 'batch through'])
})

test('who would wait too long is refused at once; who leaves takes nothing', async (t) => {
  const { limiter, pass } = open(t)
  const own = { rpm: 6, maxWaitMs: 15_000 }
  for (let n = 0; n < 6; n++) now(limiter.admitRequest(request({ own })))
  const interrupt = new Interrupt()
  const leaving = limiter.admitRequest(request({ own, interrupt })) as Promise<Admission>
  const staying = limiter.admitRequest(request({ own })) as Promise<Admission>
  const late = limiter.admitRequest(request({ own })) as Promise<Admission>
  interrupt.raise(new GatewayError('client_gone', 'gone'))
  assert.equal((await leaving).error?.code, 'client_gone')
  await pass(10_001)
  assert.equal((await staying).error, undefined)
  await pass(5_000)
  assert.equal((await late).error?.code, 'rate_limited')
  const small = { rpm: 1, maxWaitMs: 1000 }
  now(limiter.admitRequest(request({ own: small, key: 'small' })))
  assert.equal(now(limiter.admitRequest(request({ own: small, key: 'small' }))).error?.code, 'rate_limited')
})

test('a place that becomes free goes to who waits for it', async (t) => {
  const { limiter, pass } = open(t)
  const own = { concurrency: 1, maxWaitMs: 60_000 }
  const first = now(limiter.admitRequest(request({ own })))
  const second = limiter.admitRequest(request({ own })) as Promise<Admission>
  first.settle(0)
  await pass(1)
  assert.equal((await second).error, undefined)
  const { error } = await race(limiter.admitRequest(request({ own })) as Promise<Admission>, () =>
    pass(60_000),
  )
  assert.equal(error?.code, 'rate_limited')
})

async function race(waiting: Promise<Admission>, meanwhile: () => Promise<void>): Promise<Admission> {
  await meanwhile()
  return waiting
}

test('targets are limited by provider and by model', (t) => {
  const { limiter } = open(t, [
    { scope: 'provider', match: 'openai', rpm: 2 },
    { scope: 'model', match: 'openai/gpt-5*', rpm: 1 },
  ])
  const attempt = (model: string, provider = 'openai') =>
    limiter.admitAttempt({
      provider,
      model,
      priority: 'default',
      interrupt: new Interrupt(),
      expectedTokens: () => 1,
    })
  assert.equal(attempt('x', 'claude'), undefined)
  assert.equal(now(attempt('gpt-5-mini')).error, undefined)
  assert.match(now(attempt('gpt-5-mini')).error!.message, /\(model\)/)
  assert.equal(now(attempt('gpt-4')).error, undefined)
  assert.match(now(attempt('gpt-4')).error!.message, /\(provider\)/)
})

test('two limits for the same things are counted apart, and the tighter one refuses', async (t) => {
  const { limiter } = open(t, [
    { scope: 'key', rpm: 10 },
    { scope: 'key', rpm: 4 },
  ])
  const isRefused = async () => (await limiter.admitRequest(request({})))?.error !== undefined
  for (let n = 0; n < 4; n++) assert.equal(await isRefused(), false, `request ${n + 1}`)
  assert.equal(await isRefused(), true)
})
