/** Spans of time as addresses say them, and the periods before them. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { boundsBefore, boundsOf, fixedSpan, readSpanSearch, spanOf } from './ranges.ts'

const nowMs = Date.UTC(2026, 4, 31, 12)
const nothing = { range: undefined, from: undefined, to: undefined, cmp: undefined }
const day = (month: number, of: number, hour = 0) => Date.UTC(2026, month, of, hour)

test('an address names a range or two moments, and nothing else is taken for one', () => {
  assert.deepEqual(readSpanSearch({ range: '7d', cmp: 'off' }), { ...nothing, range: '7d', cmp: 'off' })
  for (const range of ['2y', 'toString', 7, undefined]) assert.deepEqual(readSpanSearch({ range }), nothing)
  const window = { from: '2026-05-01T00:00Z', to: '2026-05-02T06:30:05Z' }
  assert.deepEqual(readSpanSearch({ ...window, range: '7d' }), { ...nothing, ...window })
  assert.deepEqual(readSpanSearch({ from: day(4, 1), to: '2026-05-02T08:30:05+02:00' }), {
    ...nothing,
    ...window,
  })
  for (const bad of [
    { from: window.from },
    { from: window.to, to: window.from },
    { from: window.from, to: window.from },
    { from: 'yesterday', to: window.to },
    { from: -1, to: 1e15 },
  ]) {
    assert.deepEqual(readSpanSearch(bad), nothing)
  }
})

test('the period before is as long; of the month so far, as much of the month before', () => {
  const span = { from: '2026-05-02T00:00Z', to: '2026-05-05T00:00Z' }
  assert.deepEqual(boundsBefore(span, nowMs), { fromMs: day(3, 29), toMs: day(4, 2) })
  assert.deepEqual(boundsOf({ range: 'mtd' }, day(4, 5, 7)), { fromMs: day(4, 1), toMs: day(4, 5, 7) })
  assert.deepEqual(boundsBefore({ range: 'mtd' }, day(4, 5, 7)), { fromMs: day(3, 1), toMs: day(3, 5, 7) })
  // April has no 31st.
  assert.deepEqual(boundsBefore({ range: 'mtd' }, nowMs), { fromMs: day(3, 1), toMs: day(4, 1) })
})

test('a moment is kept: read again, it is the same time', () => {
  const fixed = fixedSpan({ range: '24h' }, nowMs + 1_234)
  assert.deepEqual(
    boundsOf(spanOf(readSpanSearch(fixed), '24h'), 0),
    boundsOf({ range: '24h' }, nowMs + 1_234),
  )
})
