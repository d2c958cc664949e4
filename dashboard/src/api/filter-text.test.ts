/** What the gateway finds, a live row is judged by too. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { exactly, matchesText } from './filter-text.ts'

test('several, none of them, and beginnings', () => {
  const cases: [written: string, value: string | undefined, isIt: boolean][] = [
    ['a,b', 'b', true],
    ['a,b', 'c', false],
    ['!a,b', 'b', false],
    ['!a,b', undefined, true],
    ['gpt*', 'gpt-5', true],
    [String.raw`gpt\*`, 'gpt-5', false],
    ['', 'anything', true],
  ]
  for (const [written, value, isIt] of cases) assert.equal(matchesText(written, [value]), isIt, written)
  assert.equal(matchesText('b', ['a', 'b']), true, 'one of several tags is enough')
  assert.equal(matchesText('!b', ['a', 'b']), false)
})

test('a value is found by its writing, and no other is', () => {
  for (const value of ['a,b', '!a', 'a*', String.raw`a\b`, '=1+1']) {
    assert.equal(matchesText(exactly(value), [value]), true, value)
    assert.equal(matchesText(exactly(value), ['a']), false, value)
  }
})
