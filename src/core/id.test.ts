/** Ids sort by time, always upwards, and are never twice the same. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { createIdFactory } from './id.ts'

const clockAt = (times: readonly number[]): { nowMs(): number; monotonicMs(): number } => {
  let index = 0
  const next = (): number => times[Math.min(index++, times.length - 1)]!
  return { nowMs: next, monotonicMs: next }
}

test('an id is the prefix and a ULID of the time', () => {
  const next = createIdFactory(() => new Uint8Array(4096), clockAt([1_469_918_176_385]))
  assert.equal(next(), 'req_01ARYZ6S410000000000000000') // the time is the example of the ULID specification
  assert.equal(next(), 'req_01ARYZ6S410000000000000001')
})

test('ids rise within a millisecond, over overflows and when the clock is set back', () => {
  const time = fc.integer({ min: 0, max: 2 ** 48 - 2 })
  fc.assert(
    fc.property(fc.array(time, { minLength: 2, maxLength: 50 }), fc.boolean(), (times, isFull) => {
      const next = createIdFactory(
        isFull ? (size) => new Uint8Array(size).fill(255) : randomBytes,
        clockAt(times),
      )
      const ids = times.map(() => next())
      assert.deepEqual(ids, [...new Set(ids)].toSorted())
      for (const id of ids) assert.match(id, /^req_[0-9A-HJKMNP-TV-Z]{26}$/)
    }),
  )
})

test('random bytes are fetched in batches', () => {
  let calls = 0
  const times = Array.from({ length: 1000 }, (_, index) => index)
  const next = createIdFactory((size) => {
    calls++
    return randomBytes(size)
  }, clockAt(times))
  times.forEach(() => next())
  assert.equal(calls, 4)
})
