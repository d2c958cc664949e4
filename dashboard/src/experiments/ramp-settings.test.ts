/** Ramps: what becomes of a route's settings, and of the experiment's name. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { armsOf, nextName, rampedSettings } from './ramp-settings.ts'

const settings = {
  strategy: 'experiment',
  targets: ['a/b'],
  experiment: {
    name: 'shorter',
    metric: 'cost',
    arms: [{ name: 'control' }, { name: 'brief', weight: 3, targets: ['a/c'] }],
  },
}

test('a ramp changes the weights and the name, and nothing else', () => {
  assert.deepEqual(armsOf(settings), [
    { name: 'control', weight: 1 },
    { name: 'brief', weight: 3 },
  ])
  const ramped = rampedSettings(settings, 'shorter-2', [
    { name: 'control', weight: 50 },
    { name: 'brief', weight: 50 },
  ])
  assert.deepEqual(ramped, {
    ...settings,
    experiment: {
      name: 'shorter-2',
      metric: 'cost',
      arms: [
        { name: 'control', weight: 50 },
        { name: 'brief', weight: 50, targets: ['a/c'] },
      ],
    },
  })
  assert.deepEqual([armsOf(undefined), armsOf({ experiment: { arms: [null, 'x'] } })], [[], []])
})

test('names count on', () => {
  assert.deepEqual(['shorter', 'shorter-2', 'v-9', ''].map(nextName), [
    'shorter-2',
    'shorter-3',
    'v-10',
    '-2',
  ])
})
