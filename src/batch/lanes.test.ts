/** A line goes where there is room, by what is known of each way. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lanes, type Way } from './lanes.ts'

test('a way of which no time is known does not stand before one that has room', () => {
  const lanes = new Lanes({ clock: { monotonicMs: () => 0 }, random: () => 0.5, maxWindow: () => 8 })
  const wayOf = (lane: string): Way => ({ lane, model: 'm', isWithheld: () => false })
  lanes.begin([[wayOf('unknown')]]).refuse(NaN)
  lanes.begin([[wayOf('unknown'), wayOf('free')]])
  assert.deepEqual(
    lanes.list().map(({ name, running }) => [name, running]),
    [
      ['unknown', 0],
      ['free', 1],
    ],
  )
})
