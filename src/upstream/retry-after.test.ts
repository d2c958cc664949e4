/** Every form of `retry-after` seen on the wire, and no garbage. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseRetryAfter, retryAfterMs } from './retry-after.ts'

const nowMs = Date.parse('2026-01-01T00:00:00Z')

test('reads seconds, durations and dates', () => {
  const table: [string, number | undefined][] = [
    ['1', 1000],
    ['0', 0],
    ['17.5', 17_500],
    ['130ms', 130],
    ['6m0s', 300_000], // clamped
    ['2m59.56s', 179_560],
    ['17.399999999s', 17_400],
    ['Thu, 01 Jan 2026 00:00:05 GMT', 5000],
    ['2026-01-01T00:00:07Z', 7000],
    ['2025-12-31T23:59:00Z', 0],
    ['-3', undefined],
    ['soon', undefined],
    ['', undefined],
    ['1e400', undefined],
  ]
  for (const [text, expected] of table) assert.equal(parseRetryAfter(text, nowMs), expected, text)
})

test('of two contradicting headers the longer wait wins', () => {
  assert.equal(retryAfterMs({ 'retry-after': '1', 'retry-after-ms': '0' }, nowMs), 1000)
  assert.equal(retryAfterMs({ 'x-ms-retry-after-ms': '2500' }, nowMs), 2500)
  assert.equal(retryAfterMs({}, nowMs), undefined)
})

test('no text gives NaN, a negative wait, or one above the clamp', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const wait = parseRetryAfter(text, nowMs)
      return wait === undefined || (wait >= 0 && wait <= 300_000)
    }),
  )
})
