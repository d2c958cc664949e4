/** A lane finds out how much its provider takes, keeps near it, and stands still as long as it is told to. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lane } from './lane.ts'

const half = () => 0.5

test('it grows with every answer until it is refused, then shrinks, once for all that were under way', () => {
  const lane = new Lane(1000)
  assert.equal(lane.window, 8)
  for (let call = 0; call < 32; call++) {
    lane.begin()
    lane.succeed()
  }
  assert.equal(lane.window, 40)
  for (let call = 0; call < 40; call++) lane.begin()
  assert.equal(lane.hasRoom(100), false)
  for (let call = 0; call < 40; call++) lane.refuse(100, 200 + call, undefined, half)
  assert.deepEqual([lane.window, lane.running], [28, 0])
  assert.equal(lane.hasRoom(201), false)
  assert.equal(lane.hasRoom(300), true)
  for (let call = 0; call < 28; call++) {
    lane.begin()
    lane.succeed()
  }
  assert.ok(lane.window > 28.9 && lane.window < 29.1, `${lane.window}`)
})

test('it waits as long as the refusal asks for, and longer with each one in a row', () => {
  const lane = new Lane(10)
  lane.begin()
  assert.equal(lane.refuse(0, 1, 5000, half), 5000)
  assert.equal(lane.hasRoom(5000), false)
  assert.equal(lane.hasRoom(5001), true)
  const waits = [1, 2, 3].map((n) => {
    lane.begin()
    return lane.refuse(n * 10_000, n * 10_000 + 1, undefined, half)
  })
  assert.deepEqual(waits, [75, 150, 300])
  lane.begin()
  lane.succeed()
  lane.begin()
  assert.equal(lane.refuse(90_000, 90_001, undefined, half), 37.5)
})

test('against a provider of any speed it settles within its bound and below its maximum', () => {
  for (const capacity of [3, 20, 200]) {
    const lane = new Lane(128)
    let nowMs = 0
    let served = 0
    let refused = 0
    for (let round = 0; round < 3000; round++) {
      const startedMs = nowMs
      let calls = 0
      while (lane.hasRoom(nowMs)) {
        lane.begin()
        calls++
      }
      nowMs += 100
      for (let call = 0; call < calls; call++) {
        if (call < capacity) {
          lane.succeed()
          served++
        } else {
          lane.refuse(startedMs, nowMs, undefined, half)
          refused++
        }
      }
    }
    const possible = Math.min(capacity, 128) * 3000
    assert.ok(served > possible * (capacity < 10 ? 0.6 : 0.75), `${served} of ${possible} at ${capacity}`)
    assert.ok(refused < served * 0.2, `${refused} refused of ${served} at ${capacity}`)
  }
})
