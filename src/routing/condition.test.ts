/** Each condition by itself, and what cannot be carried. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeCandidate, fakeTraits } from '../../test/support/routing.ts'
import { languageOf, looksLikeCode } from '../core/language.ts'
import { cannotCarry } from './carry.ts'
import { compileCondition, type When } from './condition.ts'

const traits = fakeTraits(
  {
    inputBytes: 4_000,
    hasTools: true,
    isStructured: false,
    asksReasoning: true,
    media: ['image'],
    question: 'Wie ist das Wetter, und was soll ich anziehen?',
  },
  {
    keyName: 'search-prod',
    tags: ['batch'],
    header: (name) => (name === 'x-team' ? 'search-eu' : undefined),
  },
  { dialect: 'gemini', stream: true },
)

const cases: readonly (readonly [holds: When, fails: When])[] = [
  [{ keys: ['ci', 'search-*'] }, { keys: ['search'] }],
  [{ tags: ['nightly', 'batch'] }, { tags: ['nightly'] }],
  [{ headers: { 'X-Team': 'search-*' } }, { headers: { 'x-team': 'search-*', 'x-absent': '*' } }],
  [{ dialects: ['gemini'] }, { dialects: ['openai-chat'] }],
  [{ stream: true }, { stream: false }],
  [{ tools: true }, { tools: false }],
  [{ structured: false }, { structured: true }],
  [{ reasoning: true }, { reasoning: false }],
  [{ media: ['audio', 'image'] }, { media: ['audio'] }],
  [{ code: false }, { code: true }],
  [{ languages: ['de', 'fr'] }, { languages: ['en'] }],
  [{ inputTokens: { above: 999, below: 1_001 } }, { inputTokens: { above: 1_000 } }],
]

test('every condition holds where it should, and names itself where it does not', () => {
  for (const [holds, fails] of cases) {
    assert.equal(compileCondition(holds)?.(traits), undefined, JSON.stringify(holds))
    assert.equal(compileCondition(fails)?.(traits), `when.${Object.keys(fails)[0]}`)
  }
  assert.equal(compileCondition({}), undefined)
  assert.equal(compileCondition({ stream: true, tags: ['nightly'], tools: false })?.(traits), 'when.tags')
})

test('a target is passed over for what it is known to lack, never for what is not known', () => {
  const why = (info: Parameters<typeof fakeCandidate>[1]) => cannotCarry(fakeCandidate('p/m', info), traits)
  assert.equal(why({}), undefined)
  assert.equal(why({ capabilities: { tools: true }, inputModalities: ['text', 'image'] }), undefined)
  assert.equal(why({ capabilities: { tools: false } }), 'takes no tools')
  assert.equal(why({ inputModalities: ['text'] }), 'reads no image')
  assert.equal(why({ contextWindow: 799 }), 'the prompt of some 1000 tokens is beyond its window of 799')
  assert.equal(why({ contextWindow: 800 }), undefined)
})

test('languages by script and by their commonest words', () => {
  const texts = {
    en: 'What is the best way to cross the river with my children?',
    de: 'Wie komme ich mit den Kindern am besten über den Fluss?',
    fr: 'Quelle est la meilleure façon de traverser le fleuve avec mes enfants ?',
    es: '¿Cómo puedo cruzar el río con los niños, por favor?',
    it: 'Come posso attraversare il fiume con i miei bambini, e non è molto lontano?',
    pt: 'Como eu posso atravessar o rio com as crianças? Não é muito longe.',
    nl: 'Hoe kan ik met mijn kinderen het beste de rivier oversteken, en wat is het?',
    ja: '川を渡るにはどうすればいいですか',
    zh: '怎样最好地过河？',
    ko: '강을 어떻게 건너나요?',
    ru: 'Как лучше всего перейти реку?',
    uk: 'Як найкраще перейти річку з дітьми?',
    ar: 'كيف أعبر النهر؟',
  }
  for (const [language, text] of Object.entries(texts)) assert.equal(languageOf(text), language)
  assert.equal(languageOf('12345 !!'), undefined)
})

test('code is known by its looks, prose is not taken for it', () => {
  const code = [
    '```\nx\n```',
    'def add(a, b): return a + b',
    'const total = sum(values);',
    'import os\nprint(1)',
    'SELECT name FROM users WHERE id = 1',
    'items.map((item) => item.id)',
  ]
  for (const text of code) assert.ok(looksLikeCode(text), text)
  const prose = [
    'What is the capital of France?',
    'Let us meet from nine to ten; bring the papers (all of them).',
    'The class of 1999 had a function in the public library.',
    'Please select a gift for my mother.',
  ]
  for (const text of prose) assert.ok(!looksLikeCode(text), text)
})
