/** The search agrees with JavaScript's own on what both can do, refuses what is not linear, and never squares. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { faultOfPattern, patternDetector, wordDetector } from '../own.ts'

const matches = (pattern: string, text: string) =>
  patternDetector('own', [pattern])
    .find(text)
    .map(({ start, end }) => text.slice(start, end))

/** Patterns without choices between prefixes, where the first match of JavaScript is the longest too. */
const pattern = fc
  .array(
    fc.tuple(
      fc.constantFrom('a', 'b', '[ab]', '[^a]', '\\d', '.', '(?:ab)', '(a|b)', 'c', '[a-c1]'),
      fc.constantFrom('', '', '+', '?', '*', '{1,2}', '{2}'),
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((parts) => parts.map(([atom, count]) => atom + count).join(''))
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', ' ', '\n'), maxLength: 40 })

test('there is a match where JavaScript finds one, it begins there, and is no shorter', () => {
  fc.assert(
    fc.property(pattern, text, (source, content) => {
      if (new RegExp(`^(?:${source})$`).test('')) return
      const expected = new RegExp(source, 'g').exec(content)
      const [found] = patternDetector('own', [source]).find(content)
      assert.equal(found?.start, expected?.index)
      if (!found || !expected) return
      assert.ok(found.end >= expected.index + expected[0].length)
      assert.match(content.slice(found.start, found.end), new RegExp(`^(?:${source})$`))
    }),
  )
})

test('the syntax that people write', () => {
  for (const [source, content, expected] of [
    ['ACME-\\d{4,6}', 'see ACME-12345 and ACME-12', ['ACME-12345']],
    ['(?i)project (x|falcon)', 'Project X, PROJECT FALCON', ['Project X', 'PROJECT FALCON']],
    ['\\bcat\\b', 'cat concat cat. cats', ['cat', 'cat']],
    ['[A-Z]{2}\\d+', 'AB1 ab2 CD34', ['AB1', 'CD34']],
    ['a.c', 'abc a\nc', ['abc']],
    ['\\u00e4+', 'xääy', ['ää']],
    ['[\\w.-]+@x', 'to a.b-c@x', ['a.b-c@x']],
    ['a{2,}', 'a aa aaaa', ['aa', 'aaaa']],
    ['colou?r', 'color colour', ['color', 'colour']],
    ['\\[\\d\\]', 'a[1]', ['[1]']],
  ] as const) {
    assert.deepEqual(matches(source, content), expected, source)
  }
})

test('what cannot be matched in linear time, or is no pattern, is refused with the reason', () => {
  for (const source of [
    '(a)\\1',
    '(?=a)b',
    '(?<!a)b',
    '(a',
    'a)',
    '[a',
    '*a',
    'a{3,1}',
    'a{99999}',
    '^a',
    'a$',
    '\\p',
    '[z-a]',
  ]) {
    assert.equal(typeof faultOfPattern(source), 'string', source)
  }
  assert.match(faultOfPattern('a*') ?? '', /empty/)
  assert.match(faultOfPattern('((a{1000}){1000}){1000}') ?? '', /too large/)
})

test('words are found whole, in any case, of any script', () => {
  const detector = wordDetector('words', ['bomb', 'project x', 'Größe', '秘密'])
  const content = 'BOMB bombs Project X größe Größen 秘密'
  const found = detector.find(content).map(({ start, end }) => content.slice(start, end))
  assert.deepEqual(found.slice(0, 3), ['BOMB', 'Project X', 'größe'])
})

test('patterns that explode elsewhere come to their end here', () => {
  const long = 'a'.repeat(200_000)
  for (const source of ['(a+)+b', '(a|a)*b', '(a|aa)+c', 'a*a*a*a*b', '(.*a){12}b', '([a-z]+)*\\d']) {
    assert.deepEqual(matches(source, long), [], source)
  }
  assert.equal(matches('a(.*b)?', 'ac'.repeat(2_000)).length, 2_000)
})
