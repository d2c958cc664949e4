/** A difference of words leads from one text to the other. */

import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { wordDiff } from './word-diff.ts'

const without = (kind: 'gone' | 'come', before: string, after: string) =>
  wordDiff(before, after)
    .filter((piece) => piece.kind !== kind)
    .map(({ text }) => text)
    .join('')

test('without what has come it is the text before, without what is gone the text after', () => {
  const text = fc.array(fc.constantFrom('a ', 'b ', 'c', ' ', '\n', 'a')).map((words) => words.join(''))
  fc.assert(
    fc.property(text, text, (before, after) => {
      assert.equal(without('come', before, after), before)
      assert.equal(without('gone', before, after), after)
    }),
  )
})

test('one changed word is told alone', () => {
  assert.deepEqual(wordDiff('the old rule', 'the new rule'), [
    { kind: 'same', text: 'the ' },
    { kind: 'gone', text: 'old ' },
    { kind: 'come', text: 'new ' },
    { kind: 'same', text: 'rule' },
  ])
})

test('very long texts are told whole', () => {
  const long = 'word '.repeat(5_000)
  assert.deepEqual(
    wordDiff(long, 'short').map(({ kind }) => kind),
    ['gone', 'come'],
  )
})
