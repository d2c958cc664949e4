/** Filters are read as they are written: several, none of them, beginnings, and the characters that mean themselves. */

import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { readStatusFilter, readTextFilter } from './filter.ts'

const read = (written: string): string => {
  const { anyOf, isExcluded } = readTextFilter(written)
  return `${isExcluded ? 'not ' : ''}${anyOf.map(({ text, isBeginning }) => text + (isBeginning ? '…' : '')).join('|')}`
}

test('several, none of them, and beginnings', () => {
  assert.deepEqual(
    ['a', 'a,b', '!a,b', 'gpt-5*', '!gpt*,o*', String.raw`a\,b,c`, String.raw`\!a`, String.raw`a\*`].map(
      read,
    ),
    ['a', 'a|b', 'not a|b', 'gpt-5…', 'not gpt…|o…', 'a,b|c', '!a', 'a*'],
  )
})

test('whatever is written can be read, and every value can be written', () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      readTextFilter(value)
      if (value === '') return
      const written = value.replaceAll(/[\\,*!]/g, String.raw`\$&`)
      assert.deepEqual(readTextFilter(written).anyOf, [{ text: value, isBeginning: false }])
    }),
  )
})

test('statuses and their classes', () => {
  assert.deepEqual(readStatusFilter('!429,5xx,error'), {
    isExcluded: true,
    anyOf: [
      { min: 429, max: 429 },
      { min: 500, max: 599 },
      { min: 400, max: 599 },
    ],
  })
  for (const text of ['', '!', '600', '5x', '200,', 'ok'])
    assert.equal(readStatusFilter(text), undefined, text)
})
