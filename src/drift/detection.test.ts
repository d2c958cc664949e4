import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulateDrift, usualWorld } from '../../test/support/drift-simulation.ts'
import { noEvalData, readLlmDrift } from '../../test/support/eval-data.ts'
import { createRandom } from '../judgement/statistics/random.ts'
import { cusumAlarm, cusumSd, cusumStart, cusumStep } from './cusum.ts'
import { dot, fnv1a, kernelVector } from './kernel.ts'
import { omnibusTest, pairedOmnibus } from './omnibus.ts'
import { comparePaired } from './paired.ts'
import { baselineOf, testMean, testRun } from './run-test.ts'
import { summarise } from './summary.ts'

const isFull = process.env['WEIR_PROVE'] === '1'

function assertNear(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`)
}

const quietMeans = [0.842, 0.85, 0.836, 0.846, 0.858, 0.84, 0.832, 0.848, 0.854, 0.844].concat([
  0.838, 0.846, 0.85, 0.842, 0.836, 0.852, 0.848, 0.84, 0.846, 0.844,
])

test('the run-level t of the worked example, with and without its floor', () => {
  const floored = testMean(quietMeans, 0.772, 0.000336)
  assertNear(floored.baseline, 0.8446, 1e-9)
  assertNear(floored.t, -3.960655, 5e-7)
  assertNear(floored.p, 0.00083824, 5e-9)
  assertNear(testMean(quietMeans, 0.772, 0).t, -10.805899, 5e-7)
})

test('a baseline that never varied does not make the first other sample a certainty', () => {
  const always = summarise(Array.from({ length: 50 }, () => [1, 1, 1, 1, 1]))
  const once = summarise(
    Array.from({ length: 50 }, (_, at) => (at === 0 ? [1, 1, 1, 1, 0] : [1, 1, 1, 1, 1])),
  )
  const baseline = baselineOf(Array.from({ length: 20 }, () => always))!
  assert.ok(testRun(baseline, once)!.p > 0.2)
})

test('a run that lacks prompts is compared on those it has', () => {
  const levels = Array.from({ length: 20 }, (_, at) => at)
  const random = createRandom('missing')
  const runOf = (kept: number) =>
    summarise(levels.map((level) => (level < kept ? [level + 0.1 * random.normal(), level] : [])))
  const baseline = baselineOf(Array.from({ length: 20 }, () => runOf(20)))!
  const { effect, p } = testRun(baseline, runOf(12))!
  // The mean of the prompts it has is 4 below that of all.
  assert.ok(Math.abs(effect) < 0.1)
  assert.ok(p > 0.01)
})

test('CUSUM: the inflated sd and the worked path', () => {
  assertNear(cusumSd(1, 20), 1.170472, 5e-7)
  const path = [0.4, 1.9, 2.6, 1.2, 3.1].reduce<{ ups: number[]; state: typeof cusumStart }>(
    ({ ups, state }, z) => {
      const next = cusumStep(state, z)
      return { ups: [...ups, next.up], state: next }
    },
    { ups: [], state: cusumStart },
  )
  for (const [at, expected] of [0, 0.9, 2.5, 2.7, 4.8].entries()) assertNear(path.ups[at]!, expected, 1e-9)
  assert.equal(cusumAlarm(path.state), 'up')
})

test('the string kernel: hash, bin and cosine', () => {
  const hash = fnv1a(new TextEncoder().encode('abc'))
  assert.equal(hash, 0x1a47e90b)
  assert.equal(hash % 512, 267)
  assertNear(dot(kernelVector('hello world'), kernelVector('hello there')), 4 / 9, 1e-6)
  assert.equal(dot(kernelVector('ab'), kernelVector('ab')), 0)
  assertNear(dot(kernelVector('日本語のテスト'), kernelVector('日本語のテスト')), 1, 1e-6)
})

test('the omnibus of four pairs, over all sign flips', () => {
  const before = ['The answer is 4.', 'Yes, it is prime.', 'Paris is the capital.', 'I think so.']
  const after = [
    'The answer is **4**.',
    '**Yes**, it is prime.',
    '**Paris** is the capital.',
    'I think **so**.',
  ]
  const found = pairedOmnibus(before.map(kernelVector), after.map(kernelVector), createRandom('flips'))
  assertNear(found.distance, 2.342135, 5e-7)
  assert.equal(found.p, 6 / 16)
})

const words =
  'the river runs under old bridges and slow boats carry grain wool salt and letters to the sea'.split(' ')

test('the omnibus finds a change of wording, and takes runs that merely differ for what they are', () => {
  const random = createRandom('omnibus')
  /** `habit` is how much a run prefers words of its own. */
  const runOf = (habit: number, suffix = '') => {
    const preferred = words[random.below(words.length)]!
    return Array.from({ length: 20 }, () =>
      Array.from({ length: 3 }, () =>
        kernelVector(
          Array.from({ length: 30 }, () =>
            random.next() < habit ? preferred : words[random.below(words.length)]!,
          ).join(' ') + suffix,
        ),
      ),
    )
  }
  const quiet = Array.from({ length: 12 }, () => runOf(0))
  assert.ok(omnibusTest(quiet, runOf(0, ' Let me know if you need more!'), random, 999)!.p < 0.002)
  assert.ok(omnibusTest(quiet, runOf(0), random, 999)!.p > 0.01)
  const moody = Array.from({ length: 12 }, () => runOf(0.2))
  const found = omnibusTest(moody, runOf(0.2), random, 999)!
  assert.ok(found.pPermutation < 0.01, 'permutation alone would alarm')
  assert.ok(found.p > 0.01)
})

test('the reference simulation: alarms without drift, and the promised power', () => {
  const rounds = isFull ? 4_000 : 150
  const slack = 3 * Math.sqrt(0.25 / rounds) + 0.005
  const [none, length, refusal, accuracy, format] = simulateDrift(
    { ...usualWorld, runEffect: 0.1 },
    [{}, { length: Math.log(0.8) }, { refusal: 0.1 }, { accuracy: -0.15 }, { format: -0.08 }],
    rounds,
    'promise',
  )
  assert.ok(none!.alarm <= 0.01 + 3 * Math.sqrt(0.01 / rounds))
  assert.ok(none!.rollback <= 0.001 + 3 * Math.sqrt(0.001 / rounds))
  assertNear(length!.alarm, 1, slack)
  assertNear(refusal!.alarm, 0.96, slack)
  assertNear(accuracy!.alarm, 0.95, slack)
  assertNear(format!.alarm, 0.98, slack)
})

test(
  'real snapshots: the change of GPT-4 shows in 20 pairs, swapped labels do not',
  { skip: noEvalData },
  () => {
    const answers = readLlmDrift('LEETCODE_EASY')
    const of = (model: string) =>
      new Map(answers.filter((row) => row.model.endsWith(model)).map((row) => [row.promptKey, row.text]))
    const [march, june] = [of('gpt-4-0314'), of('gpt-4-0613')]
    const random = createRandom('snapshots')
    const pairs = random.shuffle([...march.keys()]).slice(0, 20)
    const pOf = (swap: () => boolean) => {
      const sides = pairs.map((key) => {
        const pair = [march.get(key)!, june.get(key)!] as const
        return swap() ? ([pair[1], pair[0]] as const) : pair
      })
      const fence = sides.map(([a, b]) => Number(b.includes('```')) - Number(a.includes('```')))
      const vectors = {
        before: sides.map(([a]) => kernelVector(a)),
        after: sides.map(([, b]) => kernelVector(b)),
      }
      const { metrics, omnibus } = comparePaired([fence], vectors, random)
      return Math.min(...metrics, omnibus)
    }
    assert.ok(pOf(() => false) < 0.01)
    assert.ok(pOf(() => random.next() < 0.5) > 0.01)
  },
)
