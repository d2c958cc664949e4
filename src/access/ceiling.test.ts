/** What is made of a right is never more than that right. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { globPattern } from '../core/glob.ts'
import { checkWithin, withinCeiling } from './ceiling.ts'
import type { KeyRules } from './port.ts'

const glob = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '.'), maxLength: 6 })
const name = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.'), maxLength: 8 })
const amount = fc.integer({ min: 1, max: 5 })
const rules: fc.Arbitrary<KeyRules> = fc.record(
  {
    models: fc.array(glob, { maxLength: 3 }),
    clearances: fc.array(fc.constantFrom('pii', 'eu'), { maxLength: 2 }),
    allowedAddresses: fc.array(fc.constantFrom('10.0.0.0/8', '10.0.0.1'), { maxLength: 2 }),
    dataRegion: fc.constantFrom('eu', 'us'),
    maxNanoUsdPerRequest: amount,
    limits: fc.record({ rpm: amount, tpm: amount, concurrency: amount }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
)

const admits = ({ models }: KeyRules, model: string) =>
  models === undefined || models.some((pattern) => globPattern(pattern).test(model))
const atMost = (value: number | undefined, most: number | undefined) =>
  most === undefined || (value !== undefined && value <= most)

test('whatever passes admits no model, mark, address, region or amount that the ceiling does not', () => {
  fc.assert(
    fc.property(rules, rules, fc.array(name, { maxLength: 20 }), (wish, ceiling, models) => {
      let made: KeyRules
      try {
        made = withinCeiling(wish, ceiling)
      } catch {
        return
      }
      for (const model of models) if (admits(made, model)) assert.ok(admits(ceiling, model), model)
      for (const mark of made.clearances ?? []) assert.ok(ceiling.clearances?.includes(mark) ?? true)
      if (ceiling.allowedAddresses) {
        assert.ok(made.allowedAddresses?.every((range) => ceiling.allowedAddresses!.includes(range)))
      }
      if (ceiling.dataRegion !== undefined) assert.equal(made.dataRegion, ceiling.dataRegion)
      assert.ok(atMost(made.maxNanoUsdPerRequest, ceiling.maxNanoUsdPerRequest))
      for (const limit of ['rpm', 'tpm', 'concurrency'] as const) {
        assert.ok(atMost(made.limits?.[limit], ceiling.limits?.[limit]), limit)
      }
    }),
    { numRuns: 2000 },
  )
})

test('what is within the ceiling passes, and what it leaves open is inherited', () => {
  const ceiling: KeyRules = { models: ['openai/*', 'assistant'], maxNanoUsdPerRequest: 5, limits: { rpm: 9 } }
  assert.deepEqual(withinCeiling({ models: ['openai/gpt-*'], limits: { tpm: 3 } }, ceiling), {
    models: ['openai/gpt-*'],
    maxNanoUsdPerRequest: 5,
    limits: { rpm: 9, tpm: 3 },
  })
  assert.throws(() => withinCeiling({ models: ['*'] }, ceiling), { code: 'permission_denied' })
})

test('what is held against a ceiling as it stands may leave nothing open that the ceiling bounds', () => {
  const ceiling: KeyRules = { models: ['openai/*'], limits: { rpm: 9 }, cacheWrite: false }
  checkWithin({ models: ['openai/a'], limits: { rpm: 9 }, cacheWrite: false, dataRegion: 'eu' }, ceiling)
  for (const open of [
    { limits: { rpm: 9 }, cacheWrite: false },
    { models: ['openai/a'], cacheWrite: false },
    { models: ['openai/a'], limits: { tpm: 1 }, cacheWrite: false },
    { models: ['openai/a'], limits: { rpm: 9 } },
    { models: ['a'], limits: { rpm: 9 }, cacheWrite: false },
  ]) {
    assert.throws(() => checkWithin(open, ceiling), { code: 'permission_denied' }, JSON.stringify(open))
  }
  fc.assert(
    fc.property(rules, rules, (one, other) => {
      try {
        checkWithin(one, other)
      } catch {
        return
      }
      // Nothing is left for it to inherit but clearances, which are named or none.
      assert.deepEqual(Object.keys(withinCeiling(one, other)).toSorted(), Object.keys(one).toSorted())
    }),
  )
})
