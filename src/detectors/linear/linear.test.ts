/** The search agrees with JavaScript's own on what both can do, refuses what is not linear, and never squares. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { faultOfPatterns, faultOfWords, patternDetector, wordDetector } from '../own.ts'

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
    assert.equal(typeof faultOfPatterns([source]), 'string', source)
  }
  assert.match(faultOfPatterns(['a*']) ?? '', /empty/)
  assert.match(faultOfPatterns(['((a{1000}){1000}){1000}']) ?? '', /too large/)
})

test('words are found whole, in any case, of any script', () => {
  const detector = wordDetector('words', ['bomb', 'project x', 'Größe', '秘密'])
  const content = 'BOMB bombs Project X größe Größen 秘密'
  const found = detector.find(content).map(({ start, end }) => content.slice(start, end))
  assert.deepEqual(found, ['BOMB', 'Project X', 'größe', '秘密'])
  assert.equal(detector.find('project\nx, project\u00a0x').length, 2)
})

test('words are whole beside the marks and pictures of all scripts, and in scripts without spaces', () => {
  const detector = wordDetector('words', ['bomb', '秘密', 'ระเบิด'])
  const found = (content: string) => detector.find(content).map(({ start, end }) => content.slice(start, end))
  for (const content of ['“bomb”', 'bomb\u{1f600}', 'bomb，', '一bomb。', 'bomb—', 'bomb\u00a0x']) {
    assert.deepEqual(found(content), ['bomb'], content)
  }
  assert.deepEqual(found('これは秘密です'), ['秘密'])
  assert.deepEqual(found('ทำระเบิดอย่างไร'), ['ระเบิด'])
  assert.deepEqual(found('bombé'), [])
})

test('as many words as a rule may have are searched for, in a text that has some of them', () => {
  const words = Array.from({ length: 5_000 }, (_, n) => `word${n.toString(36)}of the list`)
  assert.equal(faultOfWords(words), undefined)
  const detector = wordDetector('words', words)
  const text = `${'the words of a list of wordy things, '.repeat(30_000)}${words[4_321]!}`
  assert.equal(detector.find(text).length, 1)
  assert.equal(detector.find(words.join(' ')).length, 5_000)
  const long = Array.from({ length: 5_000 }, (_, n) => `${n}${'x'.repeat(190)}`)
  assert.match(faultOfWords(long) ?? '', /too large/)
})

test('patterns that explode elsewhere come to their end here', () => {
  const long = 'a'.repeat(200_000)
  for (const source of ['(a+)+b', '(a|a)*b', '(a|aa)+c', 'a*a*a*a*b', '(.*a){12}b', '([a-z]+)*\\d']) {
    assert.deepEqual(matches(source, long), [], source)
  }
  assert.equal(matches('a(.*b)?', 'ac'.repeat(2_000)).length, 2_000)
  // What looks like a match until its beginning is looked at is not looked at again from each of its places.
  assert.deepEqual(matches('\\b[a-z]+\\d', `_${long}1`), [])
  assert.deepEqual(matches('\\b[a-z]+\\d', `_${long}1 ab2`), ['ab2'])
})

test('a text that makes ever new sets of states is searched all the same, and so is the next', () => {
  const detector = patternDetector('own', ['(?:a|b)*a(?:a|b){12}c'])
  let seed = 1
  const letters = Array.from({ length: 200_000 }, () =>
    (seed = (seed * 48_271) % 2_147_483_647) & 64 ? 'a' : 'b',
  )
  const text = letters.join('')
  assert.deepEqual(detector.find(text), [])
  assert.deepEqual(detector.find(`${text} abbbbbbbbbbbbc`), [{ kind: 'own', start: 200_001, end: 200_015 }])
  assert.deepEqual(detector.find('abbbbbbbbbbbbc'), [{ kind: 'own', start: 0, end: 14 }])
})
