/** Units fall to arms by the reference's numbers, evenly, and stay where they are while a share grows. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Asker, assign, dealOut } from './experiment.ts'
import type { Experiment, Route } from './route.ts'

const route = (name: string) => ({ name }) as Route
const experiment = (name: string, weights: readonly number[]): Experiment => ({
  name,
  unit: 'session',
  arms: dealOut(weights.map((weight, at) => ({ name: `arm-${at}`, weight, route: route(`arm-${at}`) }))),
})
const asker: Asker = { session: undefined, user: undefined, keyId: 'key-1' }

test('a unit has the place that the reference gives it', () => {
  const { assignment } = assign(experiment('exp-42', [1, 1]), { ...asker, session: 'user-1' })
  assert.deepEqual(assignment, { name: 'exp-42', arm: 'arm-1', unit: 'aa3bc8d920271' })
  const placeOf = (name: string, user: string) =>
    Number.parseInt(assign(experiment(name, [1, 1]), { ...asker, user }).assignment.unit, 16) / 2 ** 52
  assert.equal(placeOf('exp-42', 'user-1').toFixed(6), '0.664975')
  assert.equal(placeOf('exp-42', 'user-2').toFixed(6), '0.369023')
  assert.equal(placeOf('exp-43', 'user-1').toFixed(6), '0.263418')
})

test('the session counts first, then the user, then the key, as far as the experiment wants it', () => {
  const unitOf = (unit: Experiment['unit'], who: Partial<Asker>) =>
    assign({ ...experiment('e', [1, 1]), unit }, { ...asker, ...who }).assignment.unit
  const all = { session: 's', user: 'u' }
  assert.equal(unitOf('session', all), unitOf('user', { user: 's' }))
  assert.equal(unitOf('user', all), unitOf('user', { user: 'u' }))
  assert.equal(unitOf('key', all), unitOf('session', {}))
})

test('arms have their shares, and one that grows loses nobody', () => {
  const sessions = Array.from({ length: 20_000 }, (_, n) => `session-${n}`)
  const armsOf = (weights: readonly number[]) =>
    sessions.map((session) => assign(experiment('share', weights), { ...asker, session }).assignment.arm)
  const small = armsOf([9, 1])
  const taken = small.filter((arm) => arm === 'arm-1').length
  assert.ok(Math.abs(taken - 2_000) < 200, `${taken} of 20,000`)
  const large = armsOf([5, 5])
  assert.ok(small.every((arm, at) => arm !== 'arm-1' || large[at] === 'arm-1'))
})

test('every place falls to exactly one arm, whatever the weights', () => {
  const weights = fc.array(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 10 })
  fc.assert(
    fc.property(weights, fc.string(), (given, session) => {
      const { arm } = assign(experiment('any', given), { ...asker, session }).assignment
      assert.ok(/^arm-\d$/.test(arm))
    }),
  )
})
