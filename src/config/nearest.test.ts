import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { editDistance, nearest } from './nearest.ts'

test('the distance of known pairs', () => {
  assert.equal(editDistance('kitten', 'sitting'), 3)
  assert.equal(editDistance('', 'abc'), 3)
  assert.equal(editDistance('port', 'port'), 0)
})

test('the distance is a metric', () => {
  const word = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'b', 'c') })
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      assert.equal(editDistance(a, b) === 0, a === b)
      assert.equal(editDistance(a, b), editDistance(b, a))
      assert.ok(editDistance(a, c) <= editDistance(a, b) + editDistance(b, c))
    }),
  )
})

test('the nearest name, whatever its case', () => {
  assert.equal(nearest('HSOT', ['port', 'host']), 'host')
  assert.equal(nearest('x', []), undefined)
})
