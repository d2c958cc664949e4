/** Numbers with their units, at the borders between two forms. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { formatCount, formatMs, formatShare, formatUsd, usdFormatter, usdTicks } from './number.ts'

test('money keeps two digits that say something', () => {
  const told = [0, 0.00042, 0.0000012, 0.0123, 12.345, 1234.5, -3].map(formatUsd)
  assert.deepEqual(told, ['$0', '$0.00042', '$0.0000012', '$0.012', '$12.35', '$1,235', '-$3.00'])
})

test('counts are short once they are long', () => {
  assert.deepEqual([0, 950, 9_994, 12_400, 3_100_000].map(formatCount), [
    '0',
    '950',
    '9,994',
    '12.4k',
    '3.10M',
  ])
})

test('durations change their unit with their size', () => {
  assert.deepEqual([0, 0.04, 4.26, 412, 2_310, 80_000].map(formatMs), [
    '0 ms',
    '0.04 ms',
    '4.3 ms',
    '412 ms',
    '2.31 s',
    '1 min 20 s',
  ])
})

test('a small share is not nothing', () => {
  const told = [0, 0.00001, 0.0004, 0.0042, 0.33].map(formatShare)
  assert.deepEqual(told, ['0 %', '<0.01 %', '0.04 %', '0.4 %', '33 %'])
})

test('amounts above each other have the digits of the greatest, and a little is not nothing', () => {
  const told = (amounts: readonly number[]) => amounts.map(usdFormatter(amounts))
  assert.deepEqual(told([12.345, 0.2, 0.004, 0, -3]), ['$12.35', '$0.20', '<$0.01', '$0', '-$3.00'])
  assert.deepEqual(told([1234.5, 99.4]), ['$1,235', '$99'])
  assert.deepEqual(told([0.08, 0.06, 0.0001]), ['$0.080', '$0.060', '<$0.001'])
  assert.deepEqual(told([0.00042, 0.0001]), ['$0.00042', '$0.00010'])
  assert.deepEqual(told([]), [])
})

test('ticks of money have the digits that tell them apart', () => {
  const ticks = (top: number) => [0, 0.25, 0.5, 0.75, 1].map((share) => usdTicks(top)(share * top))
  assert.deepEqual(ticks(0.01), ['$0', '$0.0025', '$0.0050', '$0.0075', '$0.0100'])
  assert.deepEqual(ticks(0.08), ['$0', '$0.02', '$0.04', '$0.06', '$0.08'])
  assert.deepEqual(ticks(10), ['$0', '$2.50', '$5.00', '$7.50', '$10.00'])
  assert.deepEqual(ticks(8_000), ['$0', '$2,000', '$4,000', '$6,000', '$8,000'])
})
