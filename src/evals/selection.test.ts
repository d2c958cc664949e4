import assert from 'node:assert/strict'
import test from 'node:test'
import type { Case } from '../judgement/suite/suite.ts'
import { type Selection, selectCases } from './selection.ts'

const cases = Array.from({ length: 20 }, (_, n) => ({
  id: `case-${n}`,
  metadata: { half: n < 10 ? 'first' : 'second', tens: n, of: [n % 2 === 0 ? 'even' : 'odd', 'all'] },
})) as unknown as Case[]

const chosen = (selection: Selection, seed = '1') =>
  selectCases(cases, selection, seed).map(({ id }) => Number(id.slice('case-'.length)))

test('cases by id, metadata, place and earlier run, each filter on what the one before has left', () => {
  assert.equal(chosen({}).length, 20)
  assert.deepEqual(chosen({ pattern: '-1[0-2]$' }), [10, 11, 12])
  assert.deepEqual(chosen({ metadata: 'half=second', firstN: 2 }), [10, 11])
  assert.deepEqual(chosen({ metadata: 'tens=7' }), [7])
  assert.deepEqual(chosen({ metadata: 'of=odd', range: ':3' }), [1, 3, 5])
  assert.deepEqual(chosen({ range: '18:' }), [18, 19])
  assert.deepEqual(chosen({ range: '3:5' }), [3, 4])
  assert.deepEqual(chosen({ ids: ['case-4', 'case-2', 'gone'] }), [2, 4])
  assert.deepEqual(chosen({ metadata: 'nothing=x' }), [])
})

test('a sample is drawn by the seed', () => {
  const sample = chosen({ sample: 5 })
  assert.equal(new Set(sample).size, 5)
  assert.deepEqual(chosen({ sample: 5 }), sample)
  assert.notDeepEqual(chosen({ sample: 5 }, '2'), sample)
})

test('a pattern that would run for ever is refused', () => {
  const long = [{ id: `${'a'.repeat(60)}!`, metadata: {} }] as unknown as Case[]
  assert.throws(() => selectCases(long, { pattern: '^(a+)+$' }, '1'), /the pattern needs more than/)
})
