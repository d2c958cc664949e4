/** Axes, stacks and gaps. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { linePaths, lonePoints, niceTop, spread, stack } from './chart-geometry.ts'

test('an axis ends at a round number that nothing exceeds', () => {
  assert.deepEqual([0, 1, 3, 48, 0.07, 1234].map(niceTop), [1, 1, 4, 80, 0.08, 2000])
})

test('parts stand on each other, and no data is nothing', () => {
  const parts = stack([
    [1, undefined],
    [2, 3],
  ])
  assert.deepEqual(parts, [
    [
      { from: 0, to: 1 },
      { from: 1, to: 3 },
    ],
    [
      { from: 0, to: 0 },
      { from: 0, to: 3 },
    ],
  ])
})

test('a gap stays a gap, and a value alone is a point', () => {
  const values = [1, 2, undefined, 3, undefined]
  const same = (value: number) => value
  assert.equal(linePaths(values, same, same), 'M0.0 1.0L1.0 2.0M3.0 3.0')
  assert.deepEqual(lonePoints(values), [3])
})

test('labels that would cover each other move apart, and all others stay', () => {
  assert.deepEqual(spread([50, 12, 10, 90], 12), [50, 22, 10, 90])
  assert.deepEqual(spread([7, 7, 7], 10), [7, 17, 27])
})
