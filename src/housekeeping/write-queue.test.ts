/** Whatever the store does, each item is written once and in order, or counted as dropped, or waits. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { WriteQueue } from './write-queue.ts'

interface Item {
  readonly n: number
}

const step = fc.record({
  added: fc.nat(6),
  addedMeanwhile: fc.nat(6),
  isTaken: fc.boolean(),
})

test('nothing is written twice, out of order, or lost without being counted', () => {
  const bounds = fc.record({
    maxQueued: fc.integer({ min: 1, max: 12 }),
    maxGroup: fc.integer({ min: 1, max: 5 }),
  })
  fc.assert(
    fc.property(bounds, fc.array(step, { maxLength: 40 }), (given, steps) => {
      const queue = new WriteQueue<Item>(given)
      const written: number[] = []
      let [added, dropped] = [0, 0]
      const add = (count: number) => {
        for (let i = 0; i < count; i++) queue.add({ n: added++ })
      }
      for (const { added: before, addedMeanwhile, isTaken } of steps) {
        add(before)
        const group = queue.group()
        add(addedMeanwhile)
        if (isTaken) {
          written.push(...group.map(({ n }) => n))
          queue.wrote(group)
        } else queue.failed(group)
        dropped += queue.takeDropped()
        assert.ok(queue.length <= given.maxQueued)
      }
      assert.deepEqual(
        written,
        [...new Set(written)].toSorted((a, b) => a - b),
      )
      // One that is dropped while it is written is counted, and is there nevertheless.
      assert.ok(written.length + dropped + queue.giveUp() >= added)
      assert.equal(queue.length, 0)
    }),
  )
})

test('groups that fail get smaller, and one that fails alone three times goes', () => {
  const queue = new WriteQueue<Item>({ maxQueued: 100, maxGroup: 4 })
  for (const n of [1, 2, 3, 4]) queue.add({ n })
  assert.equal(queue.isGroupFull, true)
  const sizes: number[] = []
  for (let round = 0; round < 5; round++) {
    const group = queue.group()
    sizes.push(group.length)
    queue.failed(group)
  }
  assert.deepEqual([sizes, queue.takeDropped(), queue.isGroupFull], [[4, 2, 1, 1, 1], 1, false])
  const rest = queue.group()
  assert.deepEqual(rest, [{ n: 2 }])
  queue.wrote(rest)
  assert.deepEqual(queue.group(), [{ n: 3 }, { n: 4 }])
})
