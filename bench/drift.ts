/** `node bench/drift.ts`: how honest the alarms are, against the reference's tables. `--quick`, `--full`, `--write`. */

import { parseArgs } from 'node:util'
import { accuracyOf, acrossModels, crossValidate, type Judged } from '../scripts/fit-refusal.ts'
import { cusumAlarm, cusumSd, cusumStart, cusumStep } from '../src/drift/cusum.ts'
import { type Compared, inThread } from '../src/drift/analysis.ts'
import { readingVersion } from '../src/drift/sample.ts'
import type { RunSamples } from '../src/drift/tabulate.ts'
import { refusalOf } from '../src/judgement/refusal.ts'
import { mean, standardDeviation } from '../src/judgement/statistics/moments.ts'
import { createRandom } from '../src/judgement/statistics/random.ts'
import { simulateDrift, type Shift, usualWorld, type World } from '../test/support/drift-simulation.ts'
import { noEvalData, readLlmDrift, readXstest, xstestModels } from '../test/support/eval-data.ts'
import { idleCost } from './drift-idle.ts'
import { snapshotPairs, snapshotRates } from './drift-snapshots.ts'
import { settingLine, settingOf, writePage } from './report.ts'

const scales = {
  quick: { rounds: 500, charts: 2_000, subsets: 40 },
  normal: { rounds: 4_000, charts: 10_000, subsets: 200 },
  full: { rounds: 20_000, charts: 40_000, subsets: 400 },
} as const

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})
const scaleName = values.full ? 'full' : values.quick ? 'quick' : 'normal'
const scale = scales[scaleName]

const tableRow = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

const setting = settingOf(scaleName)
const lines: string[] = []
const print = (line: string): void => {
  lines.push(line)
  console.log(line)
}
const head = (title: string, columns: readonly string[]): void => {
  print('')
  print(`**${title}**`)
  print('')
  print(tableRow(columns))
  print(tableRow(columns.map((_, at) => (at === 0 ? '---' : '---:'))))
}
/** Three standard errors of a simulated rate and a half percent, as the reference asks for. */
const verdictOf = (measured: number, reference: number): string => {
  const slack = 3 * Math.sqrt((reference * (1 - reference)) / scale.rounds) + 0.005
  return Math.abs(measured - reference) <= slack ? 'as the reference' : 'differs'
}
const rate = (value: number, digits = 4): string => value.toFixed(digits)

// -- without drift

function withoutDrift(): void {
  head(`Without drift, ${scale.rounds.toLocaleString('en')} runs each`, [
    'run effect',
    'alarm',
    'reference',
    'rollback',
    'reference',
    '',
  ])
  const worlds: readonly (readonly [string, Partial<World>, number, number])[] = [
    ['0', { runEffect: 0 }, 0.0014, 0],
    ['.1', { runEffect: 0.1 }, 0.005, 0],
    ['.2', { runEffect: 0.2 }, 0.0083, 0.0001],
    ['.3', { runEffect: 0.3 }, 0.0116, 0.0004],
    ['.2, AR(1) .5', { runEffect: 0.2, phi: 0.5 }, 0.0106, 0.0006],
    ['.2, AR(1) .8', { runEffect: 0.2, phi: 0.8 }, 0.0112, 0.004],
    ['.1, AR(1) .8', { runEffect: 0.1, phi: 0.8 }, 0.0082, 0.0006],
    ['.2, 12 baseline runs', { runEffect: 0.2, baselineRuns: 12 }, 0.0065, 0.0002],
  ]
  const guarded: string[] = []
  for (const [name, world, alarm, rollback] of worlds) {
    const [found] = simulateDrift({ ...usualWorld, ...world }, [{}], scale.rounds, `none ${name}`)
    const isSame = [verdictOf(found!.alarm, alarm), verdictOf(found!.rollback, rollback)]
    const row = [name, rate(found!.alarm), rate(alarm), rate(found!.rollback), rate(rollback)]
    print(tableRow([...row, isSame.includes('differs') ? 'differs' : 'as the reference']))
    if (world.phi)
      guarded.push(`${name}: ${rate(found!.rollbackGuarded)} (${rate(found!.threeOfThree)} if always)`)
  }
  print('')
  print(
    `Rollbacks where three alarms in a row are asked for once runs resemble each other: ${guarded.join('; ')}.`,
  )
}

// -- with drift

const shifts: readonly (readonly [string, Shift, ...(readonly [number, number])[]])[] = [
  ['length -10 %', { length: Math.log(0.9) }, [0.96, 0.99], [0.45, 0.44], [0.08, 0.04]],
  ['length -20 %', { length: Math.log(0.8) }, [1, 1], [1, 1], [0.67, 0.72]],
  ['refusal +5 pp', { refusal: 0.05 }, [0.42, 0.39], [0.42, 0.36], [0.33, 0.27]],
  ['refusal +10 pp', { refusal: 0.1 }, [0.98, 1], [0.96, 0.99], [0.88, 0.95]],
  ['accuracy -5 pp', { accuracy: -0.05 }, [0.1, 0.04], [0.1, 0.03], [0.09, 0.02]],
  ['accuracy -10 pp', { accuracy: -0.1 }, [0.74, 0.82], [0.62, 0.66], [0.4, 0.36]],
  ['accuracy -15 pp', { accuracy: -0.15 }, [0.99, 1], [0.95, 0.99], [0.78, 0.86]],
  ['format -5 pp', { format: -0.05 }, [0.81, 0.9], [0.79, 0.87], [0.72, 0.79]],
  ['format -8 pp', { format: -0.08 }, [0.99, 1], [0.98, 1], [0.96, 0.99]],
  ['sentiment +.1', { sentiment: 0.1 }, [1, NaN], [0.66, NaN], [0.14, NaN]],
]

/** Beyond the rounding of the reference to two digits. */
const powerSlack = 0.03

function withDrift(): void {
  const columns = ['drift', 'one run, 0', '.1', '.2', '2 of 3, 0', '.1', '.2', '']
  head('Power, measured / reference, by run effect', columns)
  const byEffect = [0, 0.1, 0.2].map((runEffect) =>
    simulateDrift(
      { ...usualWorld, runEffect },
      shifts.map(([, shift]) => shift),
      Math.ceil(scale.rounds / 4),
      `power ${runEffect}`,
    ),
  )
  for (const [at, [name, , ...references]] of shifts.entries()) {
    const found = byEffect.map((rates) => rates[at]!)
    const pair = (measured: number, reference: number) =>
      Number.isNaN(reference) ? 'not eligible' : `${rate(measured, 2)} / ${rate(reference, 2)}`
    const gaps = references.flatMap(([one, two], which) => [
      Math.abs(found[which]!.alarm - one),
      Number.isNaN(two) ? 0 : Math.abs(found[which]!.rollback - two),
    ])
    print(
      tableRow([
        name,
        ...references.map(([one], which) => pair(found[which]!.alarm, one)),
        ...references.map(([, two], which) => pair(found[which]!.rollback, two)),
        Math.max(...gaps) <= powerSlack
          ? 'within 3 points'
          : `off by ${(Math.max(...gaps) * 100).toFixed(1)}`,
      ]),
    )
  }
  const sizes: readonly (readonly [string, Partial<World>, number, number])[] = [
    ['20 prompts', { prompts: 20 }, 0.24, 0.16],
    ['100 prompts', { prompts: 100 }, 0.88, 0.94],
    ['10 samples', { samples: 10 }, 0.87, 0.94],
  ]
  head('Accuracy -10 pp at run effect .1', ['size', 'one run', 'reference', '2 of 3', 'reference'])
  for (const [name, world, one, two] of sizes) {
    const [found] = simulateDrift(
      { ...usualWorld, runEffect: 0.1, ...world },
      [{ accuracy: -0.1 }],
      Math.ceil(scale.rounds / 4),
      name,
    )
    print(tableRow([name, rate(found!.alarm, 2), rate(one, 2), rate(found!.rollback, 2), rate(two, 2)]))
  }
}

// -- slow drift

function slowDrift(): void {
  const runs = 20
  const random = createRandom('cusum')
  /** Runs until the alarm, at most `limit`; of a mean that has moved by `shift` sd. */
  const length = (shift: number, limit: number): number => {
    const known = Array.from({ length: runs }, () => random.normal())
    const centre = mean(known)
    const sd = cusumSd(standardDeviation(known), runs)
    let state = cusumStart
    for (let run = 1; run <= limit; run++) {
      state = cusumStep(state, (random.normal() + shift - centre) / sd)
      if (cusumAlarm(state)) return run
    }
    return Infinity
  }
  const share = (limit: number) =>
    Array.from({ length: scale.charts }, () => length(0, limit)).filter(Number.isFinite).length / scale.charts
  head('Slow change (CUSUM, 20 baseline runs)', ['', 'measured', 'reference'])
  print(tableRow(['false alarm within 100 runs', `${(share(100) * 100).toFixed(1)} %`, '2.5 %']))
  print(tableRow(['false alarm within 365 runs', `${(share(365) * 100).toFixed(1)} %`, '7 %']))
  for (const [shift, reference] of [
    [2, 8.7],
    [3, 3.6],
    [4, 2.4],
  ] as const) {
    const delays = Array.from({ length: scale.charts / 4 }, () => length(shift, 10_000))
    print(tableRow([`mean delay at ${shift} sd`, `${mean(delays).toFixed(1)} runs`, `${reference} runs`]))
  }
}

// -- real answers

function realSnapshots(): void {
  head('Real snapshots (paired, one answer per prompt)', [
    'pair',
    'power, 20 prompts',
    'power, 50 prompts',
    'false alarms, 20 / 50',
    'found by, 50 prompts',
  ])
  for (const pair of snapshotPairs()) {
    const [few, many] = [20, 50].map((size) => snapshotRates(pair, size, scale.subsets))
    const carriers = Object.entries(many!.carriers)
      .toSorted(([, a], [, b]) => b - a)
      .map(([metric, share]) => `${metric} ${rate(share, 2)}`)
    print(
      tableRow([
        pair.name,
        `${rate(few!.power, 2)} / ${rate(pair.reference[0], 2)}`,
        `${rate(many!.power, 2)} / ${rate(pair.reference[1], 2)}`,
        `${rate(few!.falseAlarms)} / ${rate(many!.falseAlarms)}`,
        carriers.join(', '),
      ]),
    )
  }
}

function refusals(): void {
  head('Refusals (any refusal against compliance)', ['', 'precision', 'recall', 'F1', 'bar'])
  const answers = readXstest()
  const row = (name: string, judged: readonly Judged[], bar = ''): void => {
    const { precision, recall, f1 } = accuracyOf(judged)
    print(tableRow([name, rate(precision, 3), rate(recall, 3), rate(f1, 3), bar]))
  }
  const judged = crossValidate(answers, 10, '1')
  row('XSTest, 900 answers, cross-validated by prompt', judged, '≥ .900')
  for (const model of xstestModels)
    row(
      `of them ${model}`,
      judged.filter(({ answer }) => answer.model === model),
    )
  row(
    'of them on contrast prompts',
    judged.filter(({ answer }) => answer.isContrast),
  )
  row(
    'of them on safe prompts',
    judged.filter(({ answer }) => !answer.isContrast),
  )
  for (const model of xstestModels)
    row(`${model}, learnt on the other model alone`, acrossModels(answers, model))
  const benign = [...readLlmDrift('PRIME_FULL'), ...readLlmDrift('LEETCODE_EASY')]
  const hits = benign.filter(({ text }) => refusalOf({ text }).class !== 'comply').length
  print(tableRow([`hits on ${benign.length} answers to sums and coding tasks`, '', '', String(hits), '≤ 5']))
}

// -- time

const vocabulary =
  'the a river order parcel lamp returns within days costs francs store opens at and we will'.split(' ')

/** `start`: how each answer begins. */
function syntheticRun(runId: string, start = ''): RunSamples {
  const random = createRandom(runId)
  const words = (count: number) =>
    Array.from({ length: count }, () => vocabulary[random.below(vocabulary.length)]).join(' ')
  return {
    runId,
    startedAtMs: 0,
    expectedRows: 250,
    samples: Array.from({ length: 50 }, () =>
      Array.from({ length: 5 }, () => ({
        requestId: '',
        text: start + words(180 + random.below(40)),
        toolCalls: [],
        outputTokens: 250 + random.below(40),
        durationMs: 900 + random.below(200),
        firstTokenMs: 200 + random.below(50),
        finish: 'stop' as const,
        isRight: random.next() < 0.95,
        reading: {
          version: readingVersion,
          isRefusal: false,
          sentiment: random.next(),
          language: 'en',
          isJson: false,
          hasFence: false,
          hasMarkdown: false,
        },
      })),
    ),
  }
}

const judge = (compared: Compared) =>
  inThread((analysis) => analysis.judge(compared, { earlier: [], seed: 'time' }))

async function analysisTime(): Promise<void> {
  const baseline = Array.from({ length: 20 }, (_, at) => syntheticRun(`baseline ${at}`))
  const times: number[] = []
  const cpuTimes: number[] = []
  for (let turn = 0; turn < 3; turn++) {
    // Texts that have changed take longest: all permutations are drawn.
    const run = syntheticRun(`run ${turn}`, '**Answer.** ')
    const before = process.cpuUsage()
    const startMs = performance.now()
    await judge({ baseline, run })
    times.push(performance.now() - startMs)
    const { user, system } = process.cpuUsage(before)
    cpuTimes.push((user + system) / 1000)
  }
  head('Analysis of a run: 50 prompts x 5 answers, 20 baseline runs', ['', 'measured', 'bar'])
  const seconds = (measured: readonly number[]) => `${(Math.min(...measured) / 1000).toFixed(2)} s`
  print(tableRow(['least of three, its thread started anew', seconds(times), '≤ 2 s']))
  print(tableRow(['CPU of it', seconds(cpuTimes), '']))
}

async function idleTime(): Promise<void> {
  const baseline = Array.from({ length: 20 }, (_, at) => syntheticRun(`baseline ${at}`))
  const judgement = await judge({ baseline, run: syntheticRun('run') })
  const { share, heapBytes } = await idleCost(judgement)
  head('100 golden sets of 50 prompts on hourly schedules, between runs', ['', 'measured', 'bar'])
  print(tableRow(['CPU, of one core', `${(share * 100).toFixed(3)} %`, '< 1 %']))
  print(tableRow(['memory of the sets', `${(heapBytes / 2 ** 20).toFixed(1)} MiB`, '']))
}

withoutDrift()
withDrift()
slowDrift()
if (noEvalData === false) {
  realSnapshots()
  refusals()
} else console.error(`left out: ${noEvalData}`)
await analysisTime()
await idleTime()

if (values.write) writePage('node bench/drift.ts --write', [settingLine(setting), ...lines].join('\n'))
