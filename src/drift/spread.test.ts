/** The choice of few texts for many. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { chooseSpread } from './spread.ts'

const kinds = [
  'How long can I return a lamp that I bought in the store?',
  'WHERE IS MY PARCEL, ORDER 4711?',
  'écris-moi un poème sur la mer',
]

test('each kind of what is asked is chosen before a second of one kind', () => {
  const texts = kinds.flatMap((text) =>
    ['', ' Please.', ' Thanks!', ' Now?'].map((end) => ({ text: text + end, weight: 1 })),
  )
  const chosen = chooseSpread(texts, 3).map((at) => Math.floor(at / 4))
  assert.deepEqual(
    chosen.toSorted((a, b) => a - b),
    [0, 1, 2],
  )
})

test('what is asked most comes first', () => {
  const texts = kinds.map((text, at) => ({ text, weight: at === 1 ? 50 : 1 }))
  assert.equal(chooseSpread(texts, 2)[0], 1)
})

test('so many as asked for, each once, also of texts that are alike or empty', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ text: fc.constantFrom('', 'a', 'same text', 'other text'), weight: fc.nat(9) }), {
        maxLength: 12,
      }),
      fc.nat(15),
      (texts, count) => {
        const chosen = chooseSpread(texts, count)
        assert.equal(chosen.length, Math.min(count, texts.length))
        assert.equal(new Set(chosen).size, chosen.length)
      },
    ),
  )
})
