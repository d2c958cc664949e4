/** A wait ends when what it waits for is there, and lasts as long as the machine needs for its looks. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { until } from './until.ts'

test('what each look takes long for is waited for all the same', async () => {
  let looks = 0
  const found = await until(
    'the fifth look',
    async () => {
      await delay(20)
      return ++looks === 5 ? looks : undefined
    },
    10,
    1,
  )
  assert.equal(found, 5)
})

test('what never comes is told by its name', async () => {
  let looks = 0
  const never = () => void looks++
  await assert.rejects(until('the end', never, 10, 1), /^Error: the end did not happen within \d+ ms/)
  assert.ok(looks >= 5)
})
