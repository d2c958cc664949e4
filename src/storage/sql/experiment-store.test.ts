/** Moments that are kept as outcomes come are those of all outcomes together, whatever the order and the groups. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { testStore } from '../../../test/support/databases.ts'
import { createExperimentStore } from './experiment-store.ts'
import type { Metric, Outcome, StoredExperiment } from '../../experiments/port.ts'

const key = { org: 'default', route: 'assistant', name: 'e1' }
const shares = new Map([
  ['a', 0.5],
  ['b', 0.5],
])

const outcome = fc.record({
  unit: fc.integer({ min: 0, max: 5 }).map((n) => `unit-${n}`),
  metric: fc.constantFrom<Metric>('errors', 'cost', 'feedback'),
  total: fc.integer({ min: 0, max: 9 }),
})
type Seen = typeof outcome extends fc.Arbitrary<infer T> ? T : never
const armOf = (unit: string) => (Number(unit.at(-1)) % 2 === 0 ? 'a' : 'b')

testStore('moments are those of the units', async (database) => {
  const store = createExperimentStore(database)
  let runs = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(outcome, { minLength: 1, maxLength: 6 }), { maxLength: 5 }),
      async (groups) => {
        const own = { ...key, name: `run-${runs++}` }
        for (const group of groups) {
          const units = [...new Set(group.map(({ unit }) => unit))].map((unit) => ({
            unit,
            arm: armOf(unit),
            outcomes: sumOf(group.filter((seen) => seen.unit === unit)),
          }))
          await store.add(own, units, shares)
        }
        const seen = groups.flat()
        const found = await store.moments(own)
        for (const metric of new Set(seen.map((each) => each.metric))) {
          for (const arm of ['a', 'b']) {
            const ofMetric = seen.filter((each) => each.metric === metric)
            const mine = ofMetric.filter(({ unit }) => armOf(unit) === arm)
            const units = [...new Set(mine.map(({ unit }) => unit))]
            const means = units.map((unit) => {
              const values = mine.filter((each) => each.unit === unit).map(({ total }) => total)
              return values.reduce((sum, value) => sum + value, 0) / values.length
            })
            const row = found.find((each) => each.arm === arm && each.metric === metric)
            assert.equal(row?.units ?? 0, units.length)
            assert.equal(row?.outcomes ?? 0, mine.length)
            near(
              row?.sum ?? 0,
              means.reduce((sum, value) => sum + value, 0),
            )
            near(
              row?.squares ?? 0,
              means.reduce((sum, value) => sum + value ** 2, 0),
            )
            near(row?.expectedUnits ?? 0, new Set(ofMetric.map(({ unit }) => unit)).size / 2)
          }
        }
      },
    ),
    { numRuns: 15 },
  )
})

testStore('a unit stays with its first arm, and a change that comes second is refused', async (database) => {
  const store = createExperimentStore(database)
  const unit = { unit: 'u', outcomes: new Map<Metric, Outcome>([['errors', { n: 1, total: 1 }]]) }
  await store.add(key, [{ ...unit, arm: 'a' }], shares)
  await store.add(key, [{ ...unit, arm: 'b' }], shares)
  const units = (await store.moments(key)).map(({ arm, units: count, outcomes }) => [arm, count, outcomes])
  assert.deepEqual(
    units.toSorted(([one], [other]) => (String(one) < String(other) ? -1 : 1)),
    [
      ['a', 1, 2],
      ['b', 0, 0],
    ],
  )
  const plan = { metric: 'errors', alpha: 0.05, minUnits: 20, guardrails: [], arms: [] } as const
  const first: StoredExperiment = {
    ...key,
    state: 'running',
    plan,
    startedAtMs: 1,
    variances: {},
    version: 1,
  }
  await store.open(first)
  await store.open({ ...first, startedAtMs: 2 })
  assert.deepEqual(await store.all(), [first])
  const ended = { ...first, state: 'ended', reason: 'enough', version: 2 } as const
  assert.equal(await store.change(ended), true)
  assert.equal(await store.change({ ...ended, reason: 'late' }), false)
  assert.deepEqual(await store.all(), [ended])
  await store.forgetUnits(key)
  assert.equal((await store.moments(key)).length, 2)
})

testStore('units that are named are forgotten, their outcomes stay in the sums', async (database) => {
  const store = createExperimentStore(database)
  const outcomes = new Map<Metric, Outcome>([['errors', { n: 1, total: 1 }]])
  const units = ['u1', 'u2', 'u3'].map((unit) => ({ unit, arm: 'a', outcomes }))
  await store.add(key, units, shares)
  await store.add({ ...key, name: 'e2' }, units, shares)
  assert.equal(await store.forgetUnits(key, ['u1', 'u3', 'nobody']), 2)
  assert.equal(await store.forgetUnits(key, []), 0)
  assert.equal((await store.moments(key)).find(({ arm }) => arm === 'a')?.units, 3)
  assert.equal(await store.forgetUnits(key), 1)
  assert.equal(await store.forgetUnits({ ...key, name: 'e2' }), 3)
})

function sumOf(seen: readonly Seen[]): Map<Metric, Outcome> {
  const sums = new Map<Metric, Outcome>()
  for (const { metric, total } of seen) {
    const { n, total: before } = sums.get(metric) ?? { n: 0, total: 0 }
    sums.set(metric, { n: n + 1, total: before + total })
  }
  return sums
}

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual}, not ${expected}`)
}

testStore('looks come back by their units, and the first of two with as many stays', async (database) => {
  const store = createExperimentStore(database)
  const look = (units: number, difference: number) => ({
    units,
    atMs: units * 1_000,
    differences: [{ arm: 'b', metric: 'errors' as const, difference, lower: -1, upper: 1 }],
  })
  for (const one of [look(40, 0.25), look(20, 0.5), look(40, 0.75)]) await store.addLook(key, one)
  assert.deepEqual(await store.looks(key), [look(20, 0.5), look(40, 0.25)])
  assert.deepEqual(await store.looks({ ...key, name: 'e2' }), [])
})
