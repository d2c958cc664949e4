/** Limits that several instances count together: the laws of all counters, and what happens while Redis is away. */

import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../../src/core/clock.ts'
import { createMemoryCounters } from '../../src/limits/memory-counters.ts'
import type { LimitCounters } from '../../src/limits/port.ts'
import { createSharedCounters, type SharedCounters } from '../../src/limits/shared-counters.ts'
import { createRedisLimitCounters } from '../../src/storage/redis/limit-counters.ts'
import { createTestClock } from '../support/access.ts'
import { type TestRedis, testRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { holdsItsRate, refundsOnce, type Subject, takesAllOrNothing, tellsTheWait } from './laws.ts'

const isFull = process.env['WEIR_PROVE'] === '1'

const laws = {
  'a rate holds over every window, refunds included': (subject: Subject) =>
    holdsItsRate(subject, isFull ? 1_000 : 40),
  'all buckets or none': takesAllOrNothing,
  'the wait that is told is enough': tellsTheWait,
  'a refund is given once': refundsOnce,
}

for (const [name, law] of Object.entries(laws)) {
  test(`${name} (memory)`, async () => {
    const clock = createTestClock()
    await law({ counters: createMemoryCounters(clock), pass: async (ms) => clock.advance(ms) })
  })
  testRedis(`${name} (Redis)`, async (redis, t) => {
    const [one] = await openInstances(t, redis, 1)
    await law({ counters: one!.counters, pass: passFor })
  })
  test(`${name} (while Redis is away)`, async (t) => {
    const away = () => Promise.reject(new Error('away'))
    const remote = { take: away, correct: away, hold: away, beat: away, leave: away }
    const clock = createTestClock()
    const counters = createSharedCounters({ remote, clock, onState: () => undefined })
    t.after(() => counters.close())
    await counters.open()
    await law({ counters, pass: async (ms) => clock.advance(ms) })
  })
}

/** A timer counts from when its turn of the event loop began, which may be some time ago on a busy machine. */
async function passFor(ms: number): Promise<void> {
  const untilMs = performance.now() + ms
  do await delay(1)
  while (performance.now() < untilMs)
}

interface Instance {
  readonly counters: SharedCounters
  /** What it was told: out of reach, or back. */
  readonly states: ('away' | 'back')[]
}

/** A busy machine must not make Redis seem away where a test is not about that. */
const patientMs = 20_000

async function openInstances(
  t: TestContext,
  redis: TestRedis,
  count: number,
  timeoutMs = patientMs,
): Promise<Instance[]> {
  const instances: Instance[] = []
  for (let n = 0; n < count; n++) {
    const states: Instance['states'] = []
    const counters = createSharedCounters({
      remote: createRedisLimitCounters(await redis.connect(), `instance-${n}`, timeoutMs),
      clock: systemClock,
      onState: (cause) => void states.push(cause === undefined ? 'back' : 'away'),
    })
    await counters.open()
    t.after(() => counters.close())
    instances.push({ counters, states })
  }
  // Each knows how many there are from its own last beat.
  await Promise.all(instances.map(({ counters }) => counters.open()))
  return instances
}

async function admitted(counters: LimitCounters, bucket: string, perMinute: number, tries: number) {
  const verdicts = await Promise.all(
    Array.from({ length: tries }, async () =>
      counters.take({ rates: [{ bucket, perMinute, amount: 1 }], slots: [] }),
    ),
  )
  return verdicts.filter(({ refusedBy }) => refusedBy === undefined).length
}

testRedis(
  'four instances let through together what one may, under 500 parallel requests',
  async (redis, t) => {
    const instances = await openInstances(t, redis, 4)
    const counts = await Promise.all(
      instances.map(({ counters }) => admitted(counters, 'default:tight:requests', 60, 125)),
    )
    const sum = counts.reduce((all, count) => all + count, 0)
    // One comes back each second, while this runs.
    assert.ok(sum >= 60 && sum <= 63, `${sum}`)
  },
)

testRedis('places are held over all instances, and those of one that has died are free', async (redis, t) => {
  const [one, other] = await openInstances(t, redis, 2)
  const slot = { bucket: 'default:slots', max: 3 }
  const take = async ({ counters }: Instance) =>
    (await counters.take({ rates: [], slots: [slot] })).refusedBy === undefined
  assert.deepEqual(await Promise.all([take(one!), take(one!), take(other!)]), [true, true, true])
  assert.deepEqual(await Promise.all([take(one!), take(other!)]), [false, false])
  one!.counters.free(slot.bucket)
  assert.ok(await until('the place to be free', async () => ((await take(other!)) ? true : undefined)))
  // It ends without giving back its place, and its lease ends.
  const client = (await redis.connect()).text
  await client.zAdd('{weir}:limits:1:instances', { score: 1, value: 'instance-0' })
  assert.ok(await take(other!))
  assert.ok(!(await take(other!)))
})

testRedis(
  'paused: each lets through its share within 100 ms; back: they count together again',
  async (redis, t) => {
    const [one, other] = await openInstances(t, redis, 2, 50)
    assert.equal(await admitted(one!.counters, 'b', 100, 10), 10)
    const areAll = (state: 'away' | 'back') => [one!, other!].every(({ states }) => states.at(-1) === state)
    // So little time is given to Redis that it may have seemed away already, on a machine with much else to do.
    await until('Redis to be there', () =>
      [one!, other!].some(({ states }) => states.at(-1) === 'away') ? undefined : true,
    )
    redis.pause()
    const startedMs = performance.now()
    const counts = await Promise.all([
      admitted(one!.counters, 'b', 100, 200),
      admitted(other!.counters, 'b', 100, 200),
    ])
    const tookMs = performance.now() - startedMs
    t.diagnostic(`both were in local mode after ${Math.round(tookMs)} ms`)
    // Half of the limit each; one comes back in 0.6 s.
    for (const count of counts) assert.ok(count >= 50 && count <= 55 + tookMs / 600, `${count}`)
    assert.ok(areAll('away'))
    redis.resume()
    await until('both to be back', () => areAll('back') || undefined)
    assert.equal((await one!.counters.take({ rates: [], slots: [] })).isLocal, undefined)
  },
)

testRedis('killed and started again: no request fails, and scripts are sent again', async (redis, t) => {
  const [one] = await openInstances(t, redis, 1)
  assert.equal(await admitted(one!.counters, 'b', 100, 10), 10)
  await redis.kill()
  assert.equal(await admitted(one!.counters, 'b', 100, 10), 10)
  assert.deepEqual(one!.states, ['away'])
  await redis.start()
  await until('it to be back', () => (one!.states.at(-1) === 'back' ? true : undefined), 10_000)
  const slot = { bucket: 's', max: 1 }
  const verdict = await one!.counters.take({
    rates: [{ bucket: 'b', perMinute: 100, amount: 1 }],
    slots: [slot],
  })
  assert.deepEqual([verdict.refusedBy, verdict.isLocal], [undefined, undefined])
})

const refusals: Readonly<Record<string, readonly [string[], string[]]>> = {
  'out of memory': [
    ['CONFIG', 'SET', 'maxmemory', '1'],
    ['CONFIG', 'SET', 'maxmemory', '0'],
  ],
  'read-only, as after a failover': [
    ['REPLICAOF', '127.0.0.1', '1'],
    ['REPLICAOF', 'NO', 'ONE'],
  ],
}

for (const [fault, [breakIt, mendIt]] of Object.entries(refusals)) {
  testRedis(`${fault}: no request fails, and it is back when that is over`, async (redis, t) => {
    const [one] = await openInstances(t, redis, 1)
    const client = (await redis.connect()).text
    await client.sendCommand(breakIt)
    assert.equal(await admitted(one!.counters, 'b', 6, 3), 3)
    assert.deepEqual(one!.states, ['away'])
    await client.sendCommand(mendIt)
    await until('it to be back', () => (one!.states.at(-1) === 'back' ? true : undefined))
    assert.equal(await admitted(one!.counters, 'b', 6, 20), 6)
  })
}

testRedis('scripts that Redis has forgotten are sent again, and nobody notices', async (redis, t) => {
  const [one] = await openInstances(t, redis, 1)
  assert.equal(await admitted(one!.counters, 'b', 6, 2), 2)
  await (await redis.connect()).text.sendCommand(['SCRIPT', 'FLUSH'])
  assert.equal(await admitted(one!.counters, 'b', 6, 20), 4)
  assert.deepEqual(one!.states, [])
})

testRedis('places taken while Redis was away count when it is back', async (redis, t) => {
  const [one, other] = await openInstances(t, redis, 2)
  const slot = { bucket: 's', max: 2 }
  const take = async ({ counters }: Instance) =>
    (await counters.take({ rates: [], slots: [slot] })).refusedBy === undefined
  await redis.kill()
  // One of the two, whichever is judged last.
  assert.equal((await Promise.all([take(one!), take(one!)])).filter(Boolean).length, 1)
  assert.ok(await take(other!))
  await redis.start()
  await until(
    'both to be back',
    () => ([one!, other!].every(({ states }) => states.at(-1) === 'back') ? true : undefined),
    10_000,
  )
  assert.deepEqual([await take(one!), await take(other!)], [false, false])
})
