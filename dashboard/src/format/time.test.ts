/** Labels of a time axis differ, however short it is. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { formatTick } from './time.ts'

test('two labels that stand beside each other are not alike', () => {
  for (const [stepMs, steps] of [
    [100, 8],
    [1_000, 60],
    [60_000, 15],
    [3_600_000, 24],
    [86_400_000, 30],
  ] as const) {
    const labels = Array.from({ length: 4 }, (_, n) =>
      formatTick(1_700_000_000_000 + n * stepMs, stepMs * steps),
    )
    assert.equal(new Set(labels).size, 4, labels.join(' '))
  }
})
