/** What a call may cost: never more than its caps leave, and an open-ended answer is as long as they buy. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ModelInfo } from '../models/model.ts'
import { type AllowanceParts, allow, chargedFor, withMarkup } from './allowance.ts'

const info: ModelInfo = {
  provider: 'openai',
  id: 'm',
  contextWindow: 100_000,
  maxOutputTokens: 10_000,
  capabilities: {},
  price: {
    periods: [{ tiers: [{ aboveTokens: 0, rates: { input: 1_000_000_000, output: 4_000_000_000 } }] }],
  },
}

const request = { inputBytes: 89, turns: 1, images: 0, isUnbounded: false }
/** 100 tokens at 1,000 nano-dollars. */
const inputNanoUsd = 100_000

function of(given: Partial<AllowanceParts>) {
  return allow({
    request,
    info,
    atMs: 0,
    markupBasisPoints: 0,
    leftNanoUsd: undefined,
    ceilingNanoUsd: undefined,
    admitsUnbounded: false,
    ...given,
  })
}

test('without a cap nothing is told to the provider', () => {
  assert.deepEqual(of({}), {
    bounds: { input: 100, output: 10_000, isInputOpen: false },
    reservedNanoUsd: inputNanoUsd + 10_000 * 4_000,
  })
})

test('under a cap with room for all, only a limit that was assumed is told', () => {
  assert.equal(of({ leftNanoUsd: 1e12 }).maxOutputTokens, undefined)
  const { maxOutputTokens: _, ...rest } = info
  assert.equal(of({ leftNanoUsd: 1e12, info: rest }).maxOutputTokens, 100_000)
})

test('what is left buys so many tokens, and the mark-up is paid from it too', () => {
  const leftNanoUsd = inputNanoUsd + 500 * 4_000
  assert.equal(of({ leftNanoUsd }).maxOutputTokens, 500)
  const marked = of({ leftNanoUsd: withMarkup(leftNanoUsd, 2_000), markupBasisPoints: 2_000 })
  assert.equal(marked.maxOutputTokens, 500)
  assert.equal(of({ leftNanoUsd, request: { ...request, choices: 5 } }).maxOutputTokens, 100)
})

test('however much is asked for, the bounds are whole numbers that the journal can keep', () => {
  const count = fc.oneof(fc.nat(3), fc.maxSafeNat(), fc.constant(Number.MAX_SAFE_INTEGER))
  fc.assert(
    fc.property(count, count, count, fc.boolean(), (maxOutputTokens, choices, inputBytes, isCapped) => {
      const { bounds, reservedNanoUsd } = of({
        request: { ...request, maxOutputTokens, choices, inputBytes },
        ...(isCapped && { leftNanoUsd: Number.MAX_SAFE_INTEGER }),
      })
      for (const amount of [bounds.input, bounds.output, reservedNanoUsd ?? 0]) {
        assert.ok(Number.isSafeInteger(amount) && amount >= 0, String(amount))
      }
    }),
  )
})

test('a limit of the request is not made smaller', () => {
  const allowance = of({ leftNanoUsd: inputNanoUsd, request: { ...request, maxOutputTokens: 50 } })
  assert.equal(allowance.maxOutputTokens, undefined)
  assert.equal(allowance.reservedNanoUsd, inputNanoUsd + 50 * 4_000)
})

test('what cannot be bounded is refused under a cap, and let through where that is set', () => {
  for (const given of [{ request: undefined }, { info: undefined }]) {
    assert.throws(() => of({ leftNanoUsd: 1, ...given }), { code: 'price_unknown' })
    assert.equal(of({ leftNanoUsd: 1, admitsUnbounded: true, ...given }).reservedNanoUsd, 0)
    assert.equal(of(given).reservedNanoUsd, 0)
  }
})

test("above the key's ceiling a request is too expensive, whatever its budgets leave", () => {
  const limited = { ...request, maxOutputTokens: 50 }
  const most = inputNanoUsd + 50 * 4_000
  assert.equal(of({ ceilingNanoUsd: most, request: limited }).reservedNanoUsd, most)
  assert.throws(() => of({ ceilingNanoUsd: most - 1, request: limited }), { code: 'request_too_expensive' })
})

test('an allowance that was shortened fits, and one token more does not', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 50_000_000 }),
      fc.integer({ min: 0, max: 30_000 }),
      fc.integer({ min: 1, max: 4 }),
      (leftNanoUsd, markupBasisPoints, choices) => {
        const { maxOutputTokens, reservedNanoUsd } = of({
          leftNanoUsd,
          markupBasisPoints,
          request: { ...request, choices },
        })
        if (maxOutputTokens === undefined) return
        assert.ok(maxOutputTokens >= 16)
        assert.ok(withMarkup(reservedNanoUsd, markupBasisPoints) <= leftNanoUsd)
        const more = reservedNanoUsd + 4_000 * choices
        assert.ok(withMarkup(more, markupBasisPoints) > leftNanoUsd)
      },
    ),
  )
})

test('no charge is above what was held for it', () => {
  const amounts = fc.integer({ min: 0, max: 1e14 })
  fc.assert(
    fc.property(amounts, amounts, fc.integer({ min: 0, max: 100_000 }), (a, b, markup) => {
      assert.ok(chargedFor(Math.min(a, b), markup) <= withMarkup(Math.max(a, b), markup))
    }),
  )
})
