/** A lane finds out how much its provider takes, keeps near it, and stands still as long as it is told to. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lane, type LaneCall } from './lane.ts'

const half = () => 0.5
const begin = (lane: Lane, nowMs: number, calls = 1) =>
  Array.from({ length: calls }, (): LaneCall => lane.begin('m', nowMs))

test('it grows with every answer until it is refused, then shrinks, once for all that were under way', () => {
  const lane = new Lane(1000)
  assert.equal(lane.window, 8)
  for (let n = 0; n < 32; n++) lane.succeed(lane.begin('m', 0), 0)
  assert.equal(lane.window, 40)
  const calls = begin(lane, 100, 40)
  assert.equal(lane.roomAtMs('m'), Infinity)
  for (const [n, call] of calls.entries()) lane.refuse(call, 200 + n, undefined, half)
  assert.deepEqual([lane.window, lane.running], [28, 0])
  assert.ok(lane.roomAtMs('m') > 201 && lane.roomAtMs('m') <= 300)
  for (let n = 0; n < 28; n++) lane.succeed(lane.begin('m', 300), 300)
  assert.ok(lane.window > 28.9 && lane.window < 29.1, `${lane.window}`)
})

test('it waits as long as the refusal asks for, and longer with each one in a row', () => {
  const lane = new Lane(10)
  assert.equal(lane.refuse(lane.begin('m', 0), 1, 5000, half), 5000)
  assert.equal(lane.roomAtMs('m'), 5001)
  assert.equal(lane.roomAtMs('another model of the same key'), 5001)
  const waits = [1, 2, 3].map((n) =>
    lane.refuse(lane.begin('m', n * 10_000), n * 10_000 + 1, undefined, half),
  )
  assert.deepEqual(waits, [75, 150, 300])
  lane.succeed(lane.begin('m', 80_000), 80_000)
  assert.equal(lane.refuse(lane.begin('m', 90_000), 90_001, undefined, half), 37.5)
})

test('against a provider of any speed it settles within its bound and below its maximum', () => {
  for (const capacity of [3, 20, 200]) {
    const lane = new Lane(128)
    let nowMs = 0
    let served = 0
    let refused = 0
    for (let round = 0; round < 3000; round++) {
      const calls: LaneCall[] = []
      while (lane.roomAtMs('m') <= nowMs) calls.push(lane.begin('m', nowMs))
      nowMs += 100
      for (const [n, call] of calls.entries()) {
        if (n < capacity) {
          lane.succeed(call, nowMs)
          served++
        } else {
          lane.refuse(call, nowMs, undefined, half)
          refused++
        }
      }
    }
    const possible = Math.min(capacity, 128) * 3000
    assert.ok(served > possible * (capacity < 10 ? 0.6 : 0.75), `${served} of ${possible} at ${capacity}`)
    assert.ok(refused < served * 0.2, `${refused} refused of ${served} at ${capacity}`)
  }
})
