/** Never more calls than allowed, none lost, the urgent first. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { GatewayError } from '../core/error.ts'
import { Interrupt } from '../core/interrupt.ts'
import type { Priority } from '../core/priority.ts'
import { createConcurrencyLimiter, type Release } from './concurrency.ts'

const settings = { max: 2, queue: 3, maxWaitMs: 1000 }
const calm = new Interrupt()

test('up to the limit at once; then in the queue by priority; then refused', async () => {
  const limiter = createConcurrencyLimiter(() => settings)
  const first = limiter.acquire('p', 'default', calm) as Release
  const second = limiter.acquire('p', 'default', calm) as Release
  assert.equal(typeof limiter.acquire('other', 'default', calm), 'function')
  const order: string[] = []
  const wait = (name: string, priority: Priority) =>
    Promise.resolve(limiter.acquire('p', priority, calm)).then(
      (release) => {
        order.push(name)
        return release
      },
      (error: GatewayError) => {
        order.push(`${name}: ${error.code}`)
        return undefined
      },
    )
  const waiting = [wait('probe', 'probe'), wait('default', 'default'), wait('interactive', 'interactive')]
  // The queue is full: the least urgent makes room for a more urgent one, and none for an equal.
  waiting.push(wait('default 2', 'default'))
  assert.throws(() => limiter.acquire('p', 'default', calm), { code: 'overloaded', retryAfterMs: 1000 })
  first()
  second()
  for (const each of waiting) void each.then((release) => release?.())
  await Promise.all(waiting)
  assert.deepEqual(order, ['probe: overloaded', 'interactive', 'default', 'default 2'])
  assert.equal(typeof limiter.acquire('p', 'default', calm), 'function')
})

test('one that waits too long, or whose client leaves, is refused and takes no place', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const limiter = createConcurrencyLimiter(() => ({ ...settings, max: 1 }))
  const release = limiter.acquire('p', 'default', calm) as Release
  const late = limiter.acquire('p', 'default', calm) as Promise<Release>
  const interrupt = new Interrupt()
  const left = limiter.acquire('p', 'default', interrupt) as Promise<Release>
  interrupt.raise(new GatewayError('client_gone', 'gone'))
  await assert.rejects(left, { code: 'client_gone' })
  t.mock.timers.tick(1000)
  await assert.rejects(late, { code: 'overloaded', retryAfterMs: 1000 })
  release()
  assert.equal(typeof limiter.acquire('p', 'default', calm), 'function')
})

test('a limit that is changed while calls wait holds at once, up and down', async () => {
  let max = 1
  const limiter = createConcurrencyLimiter(() => ({ ...settings, max }))
  const admitted: Release[] = []
  const ask = () => {
    const place = limiter.acquire('p', 'default', calm)
    if (place instanceof Promise) void place.then((release) => admitted.push(release))
    else admitted.push(place)
  }
  for (let n = 0; n < 4; n++) ask()
  assert.equal(admitted.length, 1)
  max = 3
  admitted[0]!()
  await setImmediate()
  assert.equal(admitted.length, 4)
  for (let n = 0; n < 3; n++) ask()
  max = 1
  admitted[1]!()
  admitted[2]!()
  await setImmediate()
  assert.equal(admitted.length, 4, 'three were under way, one is allowed')
  admitted[3]!()
  await setImmediate()
  assert.equal(admitted.length, 5)
  for (let n = 4; n < 7; n++) {
    admitted[n]!()
    await setImmediate()
  }
  assert.equal(admitted.length, 7)
})
