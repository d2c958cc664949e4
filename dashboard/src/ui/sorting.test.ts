/** Rows stand in the order that the address says, and what is not known comes last. */

import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { inOrder, readSorting, type Sorting, sortingAfter, sortingText } from './sorting.ts'

const byValue = { name: 'value', of: (thing: { value?: number | string }) => thing.value }

test('what is not known comes last, either way', () => {
  const things = [{ value: 2 }, {}, { value: 10 }, { value: 1 }]
  assert.deepEqual(inOrder(things, byValue, false), [{ value: 1 }, { value: 2 }, { value: 10 }, {}])
  assert.deepEqual(inOrder(things, byValue, true), [{ value: 10 }, { value: 2 }, { value: 1 }, {}])
})

test('names stand as people read them', () => {
  const things = [{ value: 'run 10' }, { value: 'Run 2' }, { value: 'ada' }]
  assert.deepEqual(
    inOrder(things, byValue, false).map(({ value }) => value),
    ['ada', 'Run 2', 'run 10'],
  )
})

test('the address says the same again', () => {
  const sorting: fc.Arbitrary<Sorting> = fc.record({
    name: fc.stringMatching(/^\w{1,32}$/),
    isDown: fc.boolean(),
  })
  fc.assert(fc.property(sorting, (one) => assert.deepEqual(readSorting(sortingText(one)), { ...one })))
  for (const written of [undefined, 5, '', '-', 'a b', '--cost'])
    assert.equal(readSorting(written), undefined)
})

test('a head that is pressed three times is as at first', () => {
  const down = sortingAfter(undefined, 'cost', true)
  const up = sortingAfter(down, 'cost', true)
  assert.deepEqual(
    [down, up],
    [
      { name: 'cost', isDown: true },
      { name: 'cost', isDown: false },
    ],
  )
  assert.equal(sortingAfter(up, 'cost', true), undefined)
  assert.deepEqual(sortingAfter(up, 'name', false), { name: 'name', isDown: false })
})
