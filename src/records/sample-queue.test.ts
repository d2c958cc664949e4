/** Samples are worked on a few at a time, those beyond what may wait are left out, and the end waits for what is under way. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SampleQueue } from './sample-queue.ts'

test('four are open at once, a hundred wait, and the rest is left out', async () => {
  const ends: (() => void)[] = []
  const begun: number[] = []
  const work = (item: number) => {
    begun.push(item)
    return new Promise<void>((resolve) => ends.push(resolve))
  }
  const queue = new SampleQueue(work, assert.ifError)
  for (let item = 0; item < 200; item++) queue.add(item)
  assert.deepEqual(begun, [0, 1, 2, 3])
  for (let end = ends.shift(); end; end = ends.shift()) {
    end()
    await new Promise(setImmediate)
  }
  assert.deepEqual(
    begun,
    Array.from({ length: 104 }, (_, item) => item),
  )
})

test('at the end nothing is begun any more; what is under way hears of it and is waited for', async () => {
  const told: string[] = []
  const work = (item: string, signal: AbortSignal) => {
    told.push(`begun ${item}`)
    return new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => setImmediate(() => resolve(void told.push(`ended ${item}`))))
    })
  }
  const queue = new SampleQueue(work, assert.ifError)
  for (const item of ['a', 'b', 'c', 'd', 'e']) queue.add(item)
  await queue.close()
  queue.add('f')
  assert.deepEqual(told, [
    ...['a', 'b', 'c', 'd'].map((item) => `begun ${item}`),
    ...['a', 'b', 'c', 'd'].map((item) => `ended ${item}`),
  ])
})

test('one that fails is told, and makes room for the next', async () => {
  const faults: unknown[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const queue = new SampleQueue<number>(
    async (item) => {
      if (item < 4) throw new Error(`${item}`)
      resolve()
    },
    (cause) => faults.push(cause),
  )
  for (let item = 0; item < 5; item++) queue.add(item)
  await promise
  assert.equal(faults.length >= 1, true)
})
