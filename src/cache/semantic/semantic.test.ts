/** Trust in semantic hits, the partitions they stay within, and the guards' reading of questions. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { GenEvent } from '../../core/event.ts'
import type { GenRequest, Turn } from '../../core/request.ts'
import type { CachedAnswer } from '../entry.ts'
import { canonicalJson, canonicalRequest } from '../key.ts'
import { whyNotSame } from './guards.ts'
import { semanticQuestionOf } from './question.ts'
import { readQuestion } from './reading.ts'
import { createSemanticCache } from './semantic.ts'
import { Trust, wilson } from './trust.ts'

const why = (one: string, other: string) => whyNotSame(readQuestion(one), readQuestion(other))

test('the guards tell apart what turns an answer round', () => {
  for (const [reason, one, other] of [
    ['number', 'Transfer 100 dollars to Bob', 'Transfer 1000 dollars to Bob'],
    ['number', 'Set it to 20 degrees Celsius', 'Set it to 20 degrees Fahrenheit'],
    ['number', 'Is 5 km far?', 'Is 5 miles far?'],
    ['word', 'Where is order-7?', 'Where is order-77?'],
    ['unit', 'How far is it in miles?', 'How far is it in kilometers?'],
    ['time', 'Is the shop open on Monday?', 'Is the shop open on Tuesday?'],
    ['negation', 'Why does it start?', 'Why does it not start?'],
    ['opposite', 'How do I enable it?', 'How do I disable it?'],
    ['opposite', 'Convert rows to columns', 'Convert columns to rows'],
    ['scope', 'Delete the users', 'Delete all the users'],
    ['name', 'Fly from Paris to London', 'Fly from London to Paris'],
    ['name', 'Who leads Germany?', 'Who leads France?'],
    ['kind', 'When was the bridge built?', 'Why was the bridge built?'],
    ['code', 'What does `ls` do?', 'What does `rm` do?'],
    ['order', 'convert pdf to word', 'convert word to pdf'],
    ['word', 'how do i ripen apples', 'how do i ripen bananas'],
  ] as const) {
    assert.equal(why(one, other), reason, `${one} / ${other}`)
    assert.equal(why(other, one), reason, `${other} / ${one}`)
  }
})

test('the guards let other words for the same pass', () => {
  for (const [one, other] of [
    ['How do I enable 2FA on GitHub?', 'What are the steps to turn on two-factor authentication for GitHub?'],
    ['What is 5km in miles?', 'Convert five kilometres to miles'],
    ['How much does the Pro plan cost?', "What's the price of the Pro plan?"],
    ['Can I get a refund?', 'Is a refund possible?'],
    ['Delete my account', 'How can I remove my account?'],
  ] as const) {
    assert.equal(why(one, other), undefined, `${one} / ${other}`)
  }
})

test('a question is the same as itself, and the guards know no first and second', () => {
  const word = fc.constantFrom(
    ...(
      'how do i not enable disable 5 km Paris to from all the list before rows columns 2nd `x` $3 monday ? , ' +
      'ß é 日本 don’t __proto__ constructor'
    ).split(' '),
  )
  const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(' '))
  fc.assert(
    fc.property(text, text, (one, other) => {
      assert.equal(why(one, one), undefined, one)
      assert.equal(why(one, other) === undefined, why(other, one) === undefined, `${one} / ${other}`)
    }),
    { numRuns: process.env['WEIR_PROVE'] === '1' ? 20_000 : 500 },
  )
})

test('long and hostile texts are read in bounded time', () => {
  for (const piece of [
    'a',
    'A ',
    'a_',
    '$',
    '1',
    'keep a a ',
    'turn a ',
    'a of a ',
    '((',
    '`',
    '-',
    '/',
    'x.y',
  ]) {
    const startMs = process.cpuUsage().user / 1000
    readQuestion(piece.repeat(2000))
    assert.ok(process.cpuUsage().user / 1000 - startMs < 2000, piece)
  }
})

function user(text: string): Turn {
  return { role: 'user', parts: [{ type: 'text', text }] }
}

test('two requests share a partition only where they differ in the last words alone', () => {
  const text = fc.constantFrom('a', 'b', 'a\nb', '')
  const request = fc.record(
    {
      turns: fc.array(
        fc.record({
          role: fc.constantFrom('system' as const, 'user' as const),
          parts: text.map((value) => [{ type: 'text' as const, text: value }]),
        }),
        { maxLength: 2 },
      ),
      tools: fc.constantFrom(
        [{ type: 'function' as const, name: 'a' }],
        [{ type: 'function' as const, name: 'b' }],
      ),
      format: fc.constantFrom({ type: 'json' as const }),
      temperature: fc.constantFrom(0, 0.5),
      maxOutputTokens: fc.constantFrom(1, 2),
    },
    { requiredKeys: ['turns'] },
  )
  const setting = fc.record({
    org: fc.constantFrom('o', 'p'),
    destination: fc.constantFrom('d', 'e'),
    revision: fc.constantFrom('r', 's'),
    isStrict: fc.boolean(),
  })
  const questionOf = (
    of: typeof setting extends fc.Arbitrary<infer S> ? S : never,
    asked: object,
    words: string,
  ) => {
    const { turns, ...rest } = asked as Pick<GenRequest, 'turns'>
    return semanticQuestionOf(of, { model: 'm', stream: false, ...rest, turns: [...turns, user(words)] })
  }
  fc.assert(
    fc.property(setting, setting, request, request, (oneOf, otherOf, one, other) => {
      const [a, b] = [questionOf(oneOf, one, 'x'), questionOf(otherOf, other, 'y')]
      const name = (of: object, asked: object) =>
        canonicalJson([
          JSON.stringify(of),
          canonicalRequest({ model: '', stream: false, ...asked } as GenRequest),
        ])
      assert.equal(a?.partition === b?.partition, name(oneOf, one) === name(otherOf, other))
    }),
    { numRuns: 1000 },
  )
})

test('only a user’s own short words are compared', () => {
  const setting = { org: 'o', destination: 'd', revision: 'r', isStrict: false }
  const asked = (turns: Turn[]) => semanticQuestionOf(setting, { model: 'm', stream: false, turns })?.text
  assert.equal(asked([user(' Hello ')]), 'Hello')
  assert.equal(asked([user('x'.repeat(2000))]), undefined)
  assert.equal(
    asked([user('Hello'), { role: 'assistant', parts: [{ type: 'text', text: 'Hi' }] }]),
    undefined,
  )
  const picture = { type: 'media', media: 'image', source: { at: 'url', url: 'https://x/y.png' } } as const
  assert.equal(
    asked([{ role: 'user', parts: [{ type: 'text', text: 'What is this?' }, picture] }]),
    undefined,
  )
  assert.equal(asked([]), undefined)
})

const hit = (agrees: boolean, similarity: number) => ({ agrees, similarity, id: '' })

test('the interval is Wilson’s, and the threshold rises only when the bound is surely exceeded', () => {
  // Newcombe (1998), table I: 81 of 263, and 0 of 20.
  const close = (interval: readonly number[], ...expected: number[]) =>
    expected.forEach((value, at) =>
      assert.ok(Math.abs(interval[at]! - value) < 1e-4, `${interval[at]} ${value}`),
    )
  close(wilson(81, 263), 0.2553, 0.3662)
  close(wilson(0, 20), 0, 0.1611)
  const good = new Trust(0.9, 0.01)
  for (let n = 0; n < 1000; n++) assert.equal(good.compared(hit(n % 200 !== 0, 0.99)), false)
  assert.equal(good.threshold, 0.9)
  const bad = new Trust(0.9, 0.01)
  let raised = 0
  for (let n = 0; n < 200; n++) if (bad.compared(hit(n % 3 !== 0, 1))) raised++
  assert.ok(raised >= 2)
  assert.ok(bad.threshold > 0.93 && bad.threshold < 1)
  assert.equal(bad.reading.raised, raised)
})

test('the curve tells how often hits above a threshold lie, and a threshold set by hand keeps what is above it', () => {
  const trust = new Trust(0.8, 0.5)
  for (let n = 0; n < 15; n++) trust.compared(hit(n % 3 !== 0, 0.85))
  for (let n = 0; n < 15; n++) trust.compared(hit(true, 0.95))
  const { curve } = trust.reading
  const at = (threshold: number) => curve.filter((point) => point.threshold >= threshold)[0]!
  assert.deepEqual([curve[0]!.samples, curve[0]!.falseHits], [30, 5])
  assert.deepEqual([at(0.86).samples, at(0.86).falseHits], [15, 0])
  assert.deepEqual([curve.at(-1)!.threshold, curve.at(-1)!.samples], [0.999, 0])
  trust.set(0.9)
  assert.deepEqual([trust.threshold, trust.reading.samples, trust.reading.falseHits], [0.9, 15, 0])
  trust.set(0.7)
  assert.deepEqual([trust.threshold, trust.reading.samples, trust.reading.raised], [0.7, 0, 0])
})

test('who judges a comparison counts more than what compared it', () => {
  const trust = new Trust(0.8, 0.1)
  for (let n = 0; n < 30; n++) trust.compared({ agrees: true, similarity: 0.9, id: String(n) })
  assert.equal(trust.judged('3', false), false)
  assert.equal(trust.reading.falseHits, 1)
  assert.equal(trust.judged('3', true), false)
  assert.equal(trust.reading.falseHits, 0)
  const raising = Array.from({ length: 30 }, (_, n) => trust.judged(String(n), false))
  assert.equal(raising.filter(Boolean).length, 1, 'that many wrong ones raise the threshold')
  assert.ok(trust.threshold > 0.8)
  assert.equal(trust.comparisonOf('29'), undefined, 'what was compared below it counts no more')
})

test('answers that differ from those that would have been served raise the threshold, until nothing is near enough', async () => {
  const events = (text: string): GenEvent[] => [
    { type: 'block-start', block: 0, choice: 0, kind: 'text' },
    { type: 'block-delta', block: 0, text },
    { type: 'finish', choice: 0, reason: 'stop', native: 'stop' },
  ]
  const answerOf = (text: string): CachedAnswer => ({
    events: events(text),
    provider: 'p',
    model: 'm',
    dropped: [],
    requestId: 'r',
    atMs: 0,
  })
  const thresholds: number[] = []
  let isOver = (): void => undefined
  const semantic = createSemanticCache({
    search: {
      add: () => isOver(),
      remove: () => undefined,
      search: async ({ threshold }) =>
        threshold <= 0.96 ? { found: { key: 'k', text: 'Is it open?', similarity: 0.96 } } : {},
      forget: async () => undefined,
      close: async () => undefined,
    },
    embed: async (_model, texts) => texts.map(() => [1, 0]),
    ask: () => Promise.reject(new Error('there is no judge')),
    read: async () => answerOf('Yes, until 9.'),
    random: () => 0,
    nowMs: () => 0,
    onLook: () => undefined,
    onCompared: () => undefined,
    onRaised: (_destination, threshold) => thresholds.push(threshold),
    onFault: (cause) => assert.fail(String(cause)),
  })
  const setting = { org: 'o', destination: 'd', revision: 'r', isStrict: false }
  const request = { model: 'm', stream: false, turns: [user('Is it open?')] }
  const policy = {
    embedder: 'e',
    mode: 'serve',
    threshold: 0.9,
    maxFalseHits: 0.005,
    sample: 1,
    timeoutMs: 1000,
    maxEntries: 10,
  } as const
  for (let n = 0; n < 200; n++) {
    const look = semantic.look(setting, request, policy)!
    assert.equal(await look.served, undefined)
    const learned = new Promise<void>((resolve) => (isOver = resolve))
    look.landed('k', answerOf(n % 2 === 0 ? 'yes; until 9' : 'No, it is closed since 7.'), 1)
    await learned
  }
  assert.ok(thresholds.length >= 3 && thresholds.at(-1)! > 0.96, String(thresholds))
  assert.equal(semantic.readings('o').get('d')?.threshold, thresholds.at(-1))
  assert.equal(semantic.readings('other').size, 0)
  assert.equal(semantic.setThreshold('other', 'd', 0.5), undefined)
  assert.equal(semantic.setThreshold('o', 'd', 0.5)?.threshold, 0.5)
  assert.equal(semantic.readings('o').get('d')?.threshold, 0.5)
})
