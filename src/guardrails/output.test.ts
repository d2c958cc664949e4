/** However an answer comes in pieces, what the client gets is the same; nothing found slips through between them. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { GenEvent } from '../core/event.ts'
import { builtInDetectors, detectorNames } from '../detectors/built-in.ts'
import { wordDetector } from '../detectors/own.ts'
import { Decisions } from './decisions.ts'
import { openForms, openLength } from './open-tail.ts'
import { OutputGuard } from './output.ts'
import { Placeholders } from './placeholders.ts'
import type { SpanRule } from './rule.ts'

const forms = (action: SpanRule['action']): SpanRule => ({
  type: 'span',
  name: 'forms',
  action,
  on: ['output'],
  detectors: builtInDetectors(detectorNames),
  openFrom: openForms,
})
const words: SpanRule = {
  ...forms('redact'),
  name: 'words',
  detectors: [wordDetector('word', ['project falcon', 'falcon'])],
  openFrom: openLength('project falcon'.length),
}

function namesOf(values: Readonly<Record<string, string>>): Placeholders {
  const placeholders = new Placeholders()
  for (const [value, kind] of Object.entries(values)) placeholders.nameOf(kind, value, () => false)
  return placeholders
}

/** The text that the client gets, the events in between left out. */
function passed(pieces: readonly string[], guard: OutputGuard): string {
  const events: GenEvent[] = [
    { type: 'block-start', block: 0, choice: 0, kind: 'text' },
    ...pieces.map((text): GenEvent => ({ type: 'block-delta', block: 0, text })),
    { type: 'block-end', block: 0 },
  ]
  return events
    .flatMap((event) => guard.push(event))
    .map((event) => (event.type === 'block-delta' ? event.text : event.type === 'fail' ? '<fail>' : ''))
    .join('')
}

function open(spans: readonly SpanRule[], placeholders = new Placeholders(), isJson = false) {
  const decisions = new Decisions()
  const rules = { spans, sizes: [], remotes: [] }
  return { decisions, guard: new OutputGuard({ rules, decisions, placeholders, isJson, inner: undefined }) }
}

const personal = [
  'ada@example.org',
  '4111 1111 1111 1111',
  'DE89 3704 0044 0532 0130 00',
  '+49 30 901820',
  '536-90-4399',
]
const keys = [
  `sk-${'a'.repeat(30)}`,
  '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----',
  'postgres://u:pass@h/db',
]
const plain = [
  '192.168.0.1',
  'Project Falcon',
  'falcon',
  '[EMAIL_1]',
  '[',
  ']',
  'hello',
  'A',
  '7',
  ' ',
  '\n',
  '.',
  'words and more',
]
const foreign = [
  '我的邮箱是',
  '例子',
  '，',
  '😀',
  '4111 1111 1111 1111 12/27',
  '“',
  '://u:密',
  '@',
  'é',
  '\u00a0',
]
const samples = [...personal, ...keys, ...plain, ...foreign]
const text = fc.array(fc.constantFrom(...samples, ' '), { maxLength: 12 }).map((parts) => parts.join(''))

const foundBy = ({ list }: Decisions) => Object.fromEntries(list.map(({ rule, found }) => [rule, found]))

/** The text in pieces, at these places. */
function cut(whole: string, places: readonly number[]): string[] {
  const sorted = [...new Set(places.map((place) => place % (whole.length + 1)))].toSorted((a, b) => a - b)
  return [0, ...sorted].map((from, index) => whole.slice(from, sorted[index] ?? whole.length))
}

test('any split of an answer gives the same text and finds the same', () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat(400), { maxLength: 30 }), (whole, places) => {
      const rules = [forms('redact'), words]
      const once = open(rules, namesOf({ 'bob@example.org': 'email' }))
      const inPieces = open(rules, namesOf({ 'bob@example.org': 'email' }))
      const expected = passed([whole], once.guard)
      assert.equal(passed(cut(whole, places), inPieces.guard), expected)
      assert.deepEqual(foundBy(inPieces.decisions), foundBy(once.decisions))
    }),
  )
})

test('findings that overlap are one, wherever the answer is cut', () => {
  const { guard } = open([forms('redact'), words])
  const pieces = ['ada@example.org.Project Falcon and', ' more']
  assert.equal(passed(pieces, guard), '[email] and more')
})

test('what a finding is told by is held as long as it may', () => {
  const pieces = ['see ://u:密ada@example.org/toTheProject ', 'x']
  const { guard } = open([forms('redact'), words])
  assert.equal(passed(pieces, guard), 'see ://u:[url-password]/toTheProject x')
})

test('a text that has nothing to be found comes through as it was, one word late at most', () => {
  const { guard } = open([forms('redact')])
  guard.push({ type: 'block-start', block: 0, choice: 0, kind: 'text' })
  const first = guard.push({ type: 'block-delta', block: 0, text: 'Once upon a time there' })
  assert.deepEqual(first, [{ type: 'block-delta', block: 0, text: 'Once upon a time ' }])
})

test('what blocks ends the answer, and nothing of what was found has been told', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(60), { maxLength: 20 }), (places) => {
      const { guard } = open([forms('block')])
      const told = passed(cut('the key is AKIAIOSFODNN7EXAMPLE, use it', places), guard)
      assert.equal(told, 'the key is <fail>'.slice(0, told.length - 6) + '<fail>')
      assert.ok(!told.includes('AKIA'))
    }),
  )
})

test('what goes back into JSON is written as JSON', () => {
  const key = '-----BEGIN PRIVATE KEY-----\nMII"E\n-----END PRIVATE KEY-----'
  const { guard } = open([], namesOf({ [key]: 'private-key' }), true)
  const json = passed(['{"key": "[PRIVATE_', 'KEY_1]"}'], guard)
  assert.deepEqual(JSON.parse(json), { key })
})

test('reasoning is looked at and never changed', () => {
  const { guard, decisions } = open([forms('redact')], namesOf({ 'bob@example.org': 'email' }))
  const events: GenEvent[] = [
    { type: 'block-start', block: 0, choice: 0, kind: 'reasoning' },
    { type: 'block-delta', block: 0, text: 'is [EMAIL_1] ada@example.org?' },
    { type: 'block-end', block: 0 },
  ]
  const told = events.flatMap((event) => guard.push(event))
  assert.equal(
    told.map((event) => (event.type === 'block-delta' ? event.text : '')).join(''),
    'is [EMAIL_1] ada@example.org?',
  )
  assert.deepEqual(decisions.list, [])
})

test('a private key without an end is held back no longer than its bound', () => {
  const { guard } = open([forms('redact')])
  const pieces = [
    '-----BEGIN PRIVATE KEY-----\n',
    ...Array.from({ length: 200 }, () => `${'x'.repeat(63)}\n`),
  ]
  const told = passed(pieces, guard)
  assert.equal(told, '[private-key]')
})

test('of a private key that is longer than what may be held, nothing passes, and what follows it does', () => {
  for (const [isJson, lineEnd] of [
    [false, '\n'],
    [true, '\\n'],
  ] as const) {
    const { guard } = open([forms('redact')], new Placeholders(), isJson)
    const lines = Array.from({ length: 200 }, () => `${'x'.repeat(63)}${lineEnd}`).join('')
    const key = `-----BEGIN PRIVATE KEY-----${lineEnd}${lines}-----END PRIVATE KEY-----`
    const whole = isJson ? `{"key":"${key}","other":"y"}` : `see ${key} there`
    const pieces = cut(
      whole,
      Array.from({ length: 300 }, (_, n) => n * 53),
    )
    assert.equal(
      passed(pieces, guard),
      isJson ? '{"key":"[private-key]","other":"y"}' : 'see [private-key] there',
    )
  }
})

test('what only seems to end a private key does not', () => {
  const pieces = [
    '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END x\n',
    'AAAA\n',
    '-----END PRIVATE KEY-----',
    ' ok',
  ]
  assert.equal(passed(pieces, open([forms('redact')]).guard), '[private-key] ok')
})

test('any split of JSON gives the same text, and JSON', () => {
  const strings = fc.array(fc.constantFrom(...samples, '\n', '"', '\\', '/', '\t'), { maxLength: 8 })
  const value = fc.tuple(strings, strings).map(([first, second]) => ({
    first: first.join(''),
    card: 4111111111111111,
    second: second.join(''),
  }))
  fc.assert(
    fc.property(
      value,
      fc.boolean(),
      fc.array(fc.nat(600), { maxLength: 30 }),
      (content, isEscaped, places) => {
        const plain = JSON.stringify(content)
        const json = isEscaped
          ? plain
              .replaceAll('/', '\\/')
              .replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
          : plain
        const rules = [forms('redact'), words]
        const placeholders = () => namesOf({ 'bob@example.org': 'email', 'a "quoted"\nname': 'word' })
        const expected = passed([json], open(rules, placeholders(), true).guard)
        const told = passed(cut(json, places), open(rules, placeholders(), true).guard)
        assert.equal(told, expected)
        assert.equal((JSON.parse(told) as Record<string, unknown>)['card'], '[payment-card]')
      },
    ),
  )
})

test('a text without spaces comes through as it is written', () => {
  const { guard } = open([forms('redact'), words])
  guard.push({ type: 'block-start', block: 0, choice: 0, kind: 'text' })
  const [told] = guard.push({
    type: 'block-delta',
    block: 0,
    text: '这是一个很长的回答，没有空格。'.repeat(4),
  })
  assert.ok(told?.type === 'block-delta' && told.text.length > 40)
})

test('no character is cut in two', () => {
  const pieces = ['a', ...Array.from({ length: 2_100 }, () => '😀')]
  const { guard } = open([forms('redact')])
  guard.push({ type: 'block-start', block: 0, choice: 0, kind: 'text' })
  const told = pieces.flatMap((text) => guard.push({ type: 'block-delta', block: 0, text }))
  for (const event of told) assert.ok(event.type !== 'block-delta' || event.text.isWellFormed())
})

test('nothing of an answer tells what is still looked at: its tokens, its sources, blocks of its own', () => {
  const secret = 'ada@example.org'
  const told = (action: SpanRule['action']) => {
    const { guard } = open([forms(action)], namesOf({ 'bob@example.org': 'email' }))
    const native = { dialect: 'openai-responses', value: { type: 'x', text: `[EMAIL_1] ${secret}` } } as const
    const events: GenEvent[] = [
      { type: 'block-start', block: 0, choice: 0, kind: 'text' },
      { type: 'logprobs', block: 0, values: [{ token: secret, logprob: 0 }] },
      { type: 'block-end', block: 0 },
      { type: 'annotation', block: 0, value: { url: 'https://example.org', title: secret } },
      { type: 'block-start', block: 1, choice: 0, kind: 'native', ...native },
      { type: 'block-delta', block: 1, text: `{"q":"\\n${secret}"}` },
      { type: 'block-end', block: 1 },
      { type: 'native', ...native },
    ]
    return JSON.stringify(events.flatMap((event) => guard.push(event)))
  }
  assert.ok(!told('redact').includes(secret))
  assert.ok(told('redact').includes('bob@example.org'))
  assert.ok(!told('block').includes(secret))
  assert.ok(told('flag').includes(secret))
})
