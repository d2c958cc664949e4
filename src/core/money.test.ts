import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { divideHalfEven, divideUp, formatUsd, parseUsd, roundUsd, toAmount } from './money.ts'

const amounts = fc.integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER })

test('amounts survive their decimal text', () => {
  fc.assert(fc.property(amounts, (amount) => parseUsd(formatUsd(amount)) === (amount === 0 ? 0 : amount)))
})

test('decimal text is exact or refused', () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ['0', 0],
    ['0.000000001', 1],
    ['0.0000000001', undefined],
    ['0.1000000000', 100_000_000],
    ['12.5', 12_500_000_000],
    ['-0.05', -50_000_000],
    ['2.5e-7', 250],
    ['1e3', 1_000_000_000_000],
    ['9007199.254740991', Number.MAX_SAFE_INTEGER],
    ['9007199.254740992', undefined],
    ['1e999999999', undefined],
    ['', undefined],
    ['.5', undefined],
    ['5.', undefined],
    ['+1', undefined],
    ['1,000', undefined],
    ['0x10', undefined],
    ['Infinity', undefined],
    ['0'.repeat(41), undefined],
  ]
  for (const [text, amount] of cases) assert.equal(parseUsd(text), amount, text)
})

test('rounding text reads what exact reading reads, and rounds the rest half-even', () => {
  fc.assert(fc.property(amounts, (amount) => roundUsd(formatUsd(amount)) === (amount === 0 ? 0 : amount)))
  assert.equal(roundUsd('0.08333333333333334'), 83_333_333)
  assert.equal(roundUsd('0.18000000000000002'), 180_000_000)
  assert.equal(roundUsd('0.0000000005'), 0)
  assert.equal(roundUsd('0.0000000015'), 2)
  assert.equal(roundUsd('0.0000000025'), 2)
  assert.equal(roundUsd('free'), undefined)
})

test('division rounds to the nearest, ties to even; or up', () => {
  const wide = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n })
  const positive = fc.bigInt({ min: 1n, max: 10n ** 12n })
  fc.assert(
    fc.property(wide, positive, (numerator, denominator) => {
      const nearest = divideHalfEven(numerator, denominator)
      const twiceError = 2n * (nearest * denominator - numerator)
      const size = twiceError < 0n ? -twiceError : twiceError
      assert.ok(size <= denominator)
      if (size === denominator) assert.equal(nearest % 2n, 0n)
      const up = divideUp(numerator, denominator)
      assert.ok(up * denominator >= numerator && (up - 1n) * denominator < numerator)
    }),
  )
  assert.deepEqual(
    [1n, 3n, 5n, -1n, -3n].map((numerator) => divideHalfEven(numerator, 2n)),
    [0n, 2n, 2n, 0n, -2n],
  )
})

test('an amount beyond the type stops at its bounds', () => {
  assert.equal(toAmount(10n ** 30n), Number.MAX_SAFE_INTEGER)
  assert.equal(toAmount(-(10n ** 30n)), -Number.MAX_SAFE_INTEGER)
  assert.equal(toAmount(42n), 42)
})
