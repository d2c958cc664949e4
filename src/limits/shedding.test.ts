/** What is shed, and when. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { priorities } from '../core/priority.ts'
import { Pressure } from './shedding.ts'

const settings = { loopLagMs: 200, shedAtMemory: 0.85, refuseAtMemory: 0.95 }
const calm = { loopLagMs: 5, memoryShare: 0.2 }

const admitted = (pressure: Pressure) =>
  priorities.filter((priority) => {
    try {
      pressure.admit(priority)
      return true
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'overloaded')
      return false
    }
  })

test('a short stall sheds nothing; one of five seconds sheds what can wait, until it is over', () => {
  const pressure = new Pressure(settings)
  for (let second = 0; second < 4; second++) pressure.note({ ...calm, loopLagMs: 900 })
  assert.deepEqual(admitted(pressure), priorities)
  pressure.note({ ...calm, loopLagMs: 900 })
  assert.deepEqual(admitted(pressure), ['interactive', 'default'])
  pressure.note(calm)
  assert.deepEqual(admitted(pressure), priorities)
})

test('memory sheds what can wait, then everything', () => {
  const pressure = new Pressure(settings)
  pressure.note({ ...calm, memoryShare: 0.9 })
  assert.deepEqual(admitted(pressure), ['interactive', 'default'])
  pressure.note({ ...calm, memoryShare: 0.96 })
  assert.deepEqual(admitted(pressure), [])
})
