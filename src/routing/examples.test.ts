/** Examples are embedded once, asked only in doubt, within their time, and whatever fails leaves the rules' default. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import {
  fakeCandidate,
  fakeEntry,
  fakeParts,
  fakeRoute,
  fakeTraits,
  handClock,
} from '../../test/support/routing.ts'
import type { EmbedTexts } from '../core/ask.ts'
import { GatewayError } from '../core/error.ts'
import { compileCondition } from './condition.ts'
import { ExampleBook } from './examples.ts'
import { planRequest } from './plan.ts'
import type { Route, TaskExamples } from './route.ts'

const words = ['water', 'river', 'proof', 'theorem', 'other']
const vectorOf = (text: string) => words.map((word) => text.split(' ').filter((each) => each === word).length)

const examples: TaskExamples = {
  embedder: 'e/m',
  timeoutMs: 500,
  minSimilarity: 0,
  labelled: [
    { label: 'simple', text: 'water' },
    { label: 'simple', text: 'river water' },
    { label: 'hard', text: 'proof theorem' },
    { label: 'hard', text: 'theorem' },
  ],
}

const routeWith = (more: Partial<Route> = {}): Route =>
  fakeRoute(
    'task',
    [
      fakeEntry(fakeCandidate('p/cheap'), { labels: ['simple'] }),
      fakeEntry(fakeCandidate('p/strong'), { labels: ['hard', 'tools'] }),
    ],
    {
      rules: [{ label: 'tools', condition: compileCondition({ tools: true })! }, { label: 'simple' }],
      examples,
      hasExamples: true,
      ...more,
    },
  )

function createBench(t: TestContext, answer?: EmbedTexts) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const clock = handClock()
  const calls: string[][] = []
  const errors: unknown[] = []
  const embed: EmbedTexts = async (model, texts, signal) => {
    calls.push([...texts])
    return answer ? answer(model, texts, signal) : texts.map(vectorOf)
  }
  const book = new ExampleBook({ embed, clock, onError: (cause) => errors.push(cause) })
  const planOf = async (route: Route, question: string, more: Parameters<typeof fakeTraits> = []) => {
    const traits = fakeTraits({ question, ...more[0] }, more[1], more[2])
    const guesses = await book.guess(route, traits)
    const plan = planRequest(route, traits, { ...fakeParts(clock, () => 0.5), ...(guesses && { guesses }) })
    return [plan.choices[0]!.candidate.name, plan.decision!.reason] as const
  }
  return { book, calls, errors, planOf, clock }
}

const asMap = (...routes: readonly Route[]) => new Map(routes.map((route) => [route.name, route]))

test('rules come first, then the nearest examples, and the reason tells which', async (t) => {
  const { book, calls, planOf } = createBench(t)
  const route = routeWith()
  await book.prepare(asMap(route))
  assert.deepEqual(await planOf(route, 'a theorem and its proof'), [
    'p/strong',
    'the nearest examples name the task hard (1.00 near)',
  ])
  assert.deepEqual(await planOf(route, 'how deep is the water'), [
    'p/cheap',
    'the nearest examples name the task simple (1.00 near)',
  ])
  const asked = calls.length
  assert.deepEqual(await planOf(route, 'how deep is the water', [{ hasTools: true }]), [
    'p/strong',
    'rule 1 names the task tools',
  ])
  assert.equal(calls.length, asked, 'a rule that holds leaves nothing to ask')
})

test('three neighbours have a say: one stray example does not decide', async (t) => {
  const { book, planOf } = createBench(t)
  const labelled = [
    { label: 'hard', text: 'water' },
    { label: 'simple', text: 'water river' },
    { label: 'simple', text: 'river water' },
  ]
  const route = routeWith({ examples: { ...examples, labelled } })
  await book.prepare(asMap(route))
  assert.equal((await planOf(route, 'water'))[0], 'p/cheap')
})

test('examples are embedded once, and a reload embeds only what is new', async (t) => {
  const { book, calls } = createBench(t)
  await book.prepare(asMap(routeWith()))
  await book.prepare(asMap(routeWith(), routeWith({ name: 'another' })))
  assert.equal(calls.length, 1)
  const labelled = [...examples.labelled, { label: 'hard', text: 'lemma' }]
  await book.prepare(asMap(routeWith({ examples: { ...examples, labelled } })))
  assert.deepEqual(calls.slice(1), [['lemma']])
  await book.prepare(new Map())
  await book.prepare(asMap(routeWith()))
  assert.equal(calls.length, 3, 'what no route wanted any more was forgotten')
})

test('in batches, and what was embedded before a failure is kept', async (t) => {
  let calls = 0
  const {
    book,
    calls: texts,
    errors,
  } = createBench(t, async (_model, batch) => {
    if (++calls === 2) throw new GatewayError('upstream_overloaded', 'no')
    return batch.map(vectorOf)
  })
  const labelled = Array.from({ length: 100 }, (_, n) => ({ label: 'hard', text: `example ${n}` }))
  const route = routeWith({ examples: { ...examples, labelled } })
  await book.prepare(asMap(route))
  assert.equal(errors.length, 1)
  await book.prepare(asMap(route))
  assert.deepEqual(
    texts.map((batch) => batch.length),
    [64, 36, 36],
  )
})

test('a slow embedder costs its time and no more: the default rule holds, and is told why', async (t) => {
  let isSlow = false
  const aborted: boolean[] = []
  const { book, planOf } = createBench(t, async (_model, texts, signal) => {
    if (!isSlow) return texts.map(vectorOf)
    return new Promise(() => signal?.addEventListener('abort', () => aborted.push(true)))
  })
  const route = routeWith()
  await book.prepare(asMap(route))
  isSlow = true
  const planning = planOf(route, 'theorem')
  t.mock.timers.tick(500)
  assert.deepEqual(await planning, [
    'p/cheap',
    'rule 2 names the task simple (the embedder did not answer within 500 ms)',
  ])
  assert.deepEqual(aborted, [true])
  const slow = planOf(routeWith({ rules: [] }), 'theorem')
  t.mock.timers.tick(500)
  assert.equal(
    (await slow)[1],
    'no rule holds (the embedder did not answer within 500 ms): in the order of the configuration',
  )
})

test('a failed embedder is told, left alone for a while, and asked again', async (t) => {
  let isBroken = true
  const { book, calls, planOf, clock, errors } = createBench(t, async (_model, texts) => {
    if (isBroken) throw new GatewayError('upstream_auth', 'no')
    return texts.map(vectorOf)
  })
  const route = routeWith()
  await book.prepare(asMap(route))
  const notYet = 'rule 2 names the task simple (the examples are not embedded yet)'
  for (let n = 0; n < 3; n++) assert.deepEqual(await planOf(route, 'theorem'), ['p/cheap', notYet])
  assert.deepEqual([calls.length, errors.length], [1, 1])
  isBroken = false
  clock.advance(30_000)
  assert.equal((await planOf(route, 'theorem'))[1], notYet)
  await book.prepare(asMap(route))
  assert.equal((await planOf(route, 'theorem'))[0], 'p/strong')
  isBroken = true
  assert.equal(
    (await planOf(route, 'theorem'))[1],
    'rule 2 names the task simple (the embedder failed: upstream_auth)',
  )
})

test('nothing is asked where nothing is near, nothing is said, or the words must not leave their region', async (t) => {
  const { book, calls, planOf } = createBench(t)
  const route = routeWith({ examples: { ...examples, minSimilarity: 0.9 } })
  await book.prepare(asMap(route))
  assert.match((await planOf(route, 'proof water'))[1], /only 0\.\d\d near/)
  const asked = calls.length
  assert.match((await planOf(route, '  '))[1], /no question/)
  const [, told] = await planOf(
    routeWith({
      entries: routeWith().entries.map((entry) => ({ ...entry, to: fakeCandidate(entry.name, {}, 'eu') })),
    }),
    'theorem',
    [{}, { dataRegion: 'eu' }],
  )
  assert.match(told, /must stay in the data region eu/)
  assert.equal(calls.length, asked)
})

test('a route within a route asks its own examples; a route without any asks nothing', async (t) => {
  const { book, planOf } = createBench(t)
  const inner = routeWith({ name: 'inner' })
  const outer = fakeRoute('ordered', [fakeEntry(inner)], { hasExamples: true })
  await book.prepare(asMap(inner, outer))
  assert.equal((await planOf(outer, 'theorem'))[0], 'p/strong')
  const plain = fakeRoute('ordered', [fakeEntry(fakeCandidate('p/m'))])
  assert.equal(book.guess(plain, fakeTraits({ question: 'theorem' })), undefined)
})
