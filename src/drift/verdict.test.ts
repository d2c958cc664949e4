import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '../judgement/statistics/random.ts'
import { kernelVector } from './kernel.ts'
import type { RunTable } from './run-table.ts'
import { summarise } from './summary.ts'
import { type EarlierRun, judgeRun } from './verdict.ts'

const random = createRandom('verdicts')
const words = 'red green blue amber violet white black grey'.split(' ')

interface Given {
  readonly length?: number
  readonly refusals?: number
  readonly valid?: number
  readonly failures?: Record<string, number>
  readonly models?: readonly string[]
  readonly blank?: number
}

/** A run of 20 prompts with 5 answers each, which scatter a little. */
function table({
  length = 5,
  refusals = 0,
  valid = 100,
  failures = {},
  models = ['m-1'],
  blank = 0,
}: Given = {}): RunTable {
  const prompts = Array.from({ length: 20 }, (_, prompt) => prompt)
  const each = (value: (prompt: number, sample: number) => number) =>
    summarise(prompts.map((prompt) => Array.from({ length: 5 }, (_, sample) => value(prompt, sample))))
  return {
    runId: 'run',
    startedAtMs: 0,
    expectedRows: 100,
    validRows: valid,
    failures,
    blankRows: blank,
    metrics: {
      length: each(() => length + 0.1 * random.normal()),
      refusal: each((prompt, sample) => (prompt * 5 + sample < refusals ? 1 : 0)),
      latency: each(() => 6 + 0.1 * random.normal()),
    },
    vectors: prompts.map(() => [kernelVector(random.shuffle(words).join(' '))]),
    models,
    fingerprints: [],
  }
}

const baseline = Array.from({ length: 20 }, () => table())
const judge = (run: RunTable, earlier: readonly EarlierRun[] = [], runs = 20) =>
  judgeRun({
    baseline: baseline.slice(0, runs),
    run,
    earlier,
    random: createRandom('judge'),
    permutations: 99,
  })
const codes = (judgement: ReturnType<typeof judge>) => judgement.reasons.map(({ code }) => code)

test('an ordinary run is ok', () => {
  const judgement = judge(table())
  assert.equal(judgement.verdict, 'ok')
  assert.deepEqual(judgement.reasons, [])
})

test('a changed metric is drift, with its effect and interval', () => {
  const judgement = judge(table({ length: 5.3 }))
  const [length] = judgement.metrics
  assert.equal(judgement.verdict, 'drift')
  assert.ok(length!.isAlarm && length!.isHarmful && length!.direction === 'up')
  assert.ok(length!.lower < 0.3 && length!.upper > 0.3)
})

test('an effect below its minimum never alarms, however certain it is', () => {
  const judgement = judge(table({ length: 5 + Math.log(1.06) }))
  assert.ok(judgement.metrics[0]!.p < 1e-4)
  assert.notEqual(judgement.verdict, 'drift')
})

test('fewer than 80 % of the answers are no verdict', () => {
  assert.equal(judge(table({ valid: 80 })).verdict, 'ok')
  const judgement = judge(table({ valid: 79, length: 9, failures: { upstream_unreachable: 21 } }))
  assert.equal(judgement.verdict, 'no-data')
  assert.match(judgement.reasons[0]!.text, /upstream_unreachable 21/)
})

test('a target that is gone is told as such', () => {
  assert.deepEqual(codes(judge(table({ valid: 0, failures: { model_not_found: 100 } }))), ['target_gone'])
})

test('baseline runs without data do not count', () => {
  const broken = Array.from({ length: 20 }, () => table({ valid: 10 }))
  const judgement = judgeRun({ baseline: broken, run: table(), earlier: [], random })
  assert.deepEqual([judgement.verdict, codes(judgement)], ['no-data', ['no_baseline']])
})

test('few baseline runs are at best a warning; one or two are no more than a first look', () => {
  assert.deepEqual([judge(table(), [], 11).verdict, judge(table(), [], 12).verdict], ['warning', 'ok'])
  const look = judge(table({ length: 6 }), [], 2)
  assert.equal(look.verdict, 'warning')
  assert.match(look.reasons[0]!.text, /length stands out/)
})

test('another model under the same name is a warning at once', () => {
  const judgement = judge(table({ models: ['m-2'] }))
  assert.deepEqual([judgement.verdict, codes(judgement)], ['warning', ['model_changed']])
  assert.deepEqual(judgement.reported, {
    models: ['m-2'],
    builds: [],
    before: { models: ['m-1'], builds: [] },
  })
})

test('blank answers are named', () => {
  const judgement = judge(table({ blank: 30, refusals: 30 }))
  assert.ok(codes(judgement).includes('blank_answers'))
  assert.equal(judgement.verdict, 'drift')
})

const alarmed = (direction: 'up' | 'down', metric: 'length' | 'refusal' = 'refusal'): EarlierRun => ({
  verdict: 'drift',
  alarms: [{ metric, direction }],
  trends: [],
})
const clean: EarlierRun = { verdict: 'ok', alarms: [], trends: [] }
const empty: EarlierRun = { verdict: 'no-data', alarms: [], trends: [] }

test('two of three runs with the same harm are confirmed; runs without data neither count nor clear', () => {
  const run = table({ refusals: 30 })
  const confirmed = { metric: 'refusal', direction: 'up' }
  assert.equal(judge(run).confirmed, undefined)
  assert.deepEqual(judge(run, [alarmed('up')]).confirmed, confirmed)
  assert.deepEqual(judge(run, [alarmed('up'), clean]).confirmed, confirmed)
  assert.equal(judge(run, [alarmed('up'), clean, clean]).confirmed, undefined)
  assert.deepEqual(judge(run, [alarmed('up'), empty, empty, clean]).confirmed, confirmed)
  assert.equal(judge(run, [alarmed('down')]).confirmed, undefined)
  assert.equal(judge(run, [alarmed('up', 'length')]).confirmed, undefined)
})

test('slow drift adds up over runs, and is told once', () => {
  let earlier: EarlierRun[] = []
  const told: number[] = []
  for (let turn = 0; turn < 8; turn++) {
    const judgement = judge(table({ length: 5.035 }), earlier)
    if (codes(judgement).includes('slow_change')) told.push(turn)
    earlier = [...earlier, { verdict: judgement.verdict, alarms: [], trends: judgement.trends }]
  }
  assert.ok(told.length > 0 && told[0]! > 0, `told at ${told.join(', ')}`)
  assert.ok(!told.includes(told[0]! + 1))
})
