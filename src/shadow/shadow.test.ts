/** Figures of comparisons: how alike answers are, and what many comparisons say. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { likeness } from './likeness.ts'
import type { Comparison } from './port.ts'
import { summarise } from './summary.ts'

test('likeness counts words, not their order, case or marks', () => {
  assert.equal(likeness('Two years, no more.', 'no more: TWO years'), 1)
  assert.equal(likeness('one two three', 'three four five'), 1 / 3)
  assert.equal(likeness('yes yes yes', 'yes'), 0.5)
  assert.equal(likeness('...', ''), 1)
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, other) => {
      const found = likeness(one, other)
      assert.ok(found >= 0 && found <= 1 && found === likeness(other, one))
    }),
  )
})

test('a summary counts each target for itself', () => {
  const comparison = (n: number, given: Partial<Comparison>): Comparison => ({
    org: 'default',
    id: `req_${n}`,
    requestId: `req_of_client_${n}`,
    route: 'assistant',
    target: 'b/new',
    atMs: n,
    primary: { status: 'answered', durationMs: 100, length: 10, costNanoUsd: 1_000 },
    shadow: { status: 'answered', durationMs: 300, length: 20, costNanoUsd: 3_000 },
    spentNanoUsd: 3_000,
    ...given,
  })
  const failed = { status: 'failed', durationMs: 5, length: 0, code: 'upstream_error' } as const
  const [first, second] = summarise([
    comparison(1, { likeness: 0.5, preference: 1, isSwayed: false }),
    comparison(2, { likeness: 1, preference: 0.5, isSwayed: true }),
    comparison(3, { shadow: failed, spentNanoUsd: 0 }),
    comparison(4, { target: 'c/other' }),
  ])
  assert.equal(second!.comparisons, 1)
  assert.deepEqual(
    [first!.comparisons, first!.shadow.failed, first!.shadow.meanMs, first!.shadow.meanCostNanoUsd],
    [3, 1, 300, 3_000],
  )
  assert.deepEqual(
    [first!.likeness, first!.preference!.mean, first!.preference!.judged, first!.swayed, first!.spentNanoUsd],
    [0.75, 0.75, 2, 1, 6_000],
  )
})
