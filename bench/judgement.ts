/** `node bench/judgement.ts`: what gates, intervals and peeking risk, against the reference's tables; `--run`: one whole evaluation. `--quick`, `--full`, `--write`. */

import { parseArgs } from 'node:util'
import { analyse } from '../src/evals/analysis.ts'
import { gateOdds } from '../src/evals/power.ts'
import { createRandom } from '../src/judgement/statistics/random.ts'
import { noEvalData, readGsm8k } from '../test/support/eval-data.ts'
import { evalRow, runFacts } from '../test/support/eval-rows.ts'
import {
  earlyOdds,
  quantileCoverage,
  sequenceOdds,
  tCoverage,
  wilsonCoverage,
} from '../test/support/judgement-simulation.ts'
import {
  earlyTable,
  gateTable,
  lossesOfTable,
  peekingAlarms,
  sequenceTable,
} from '../test/support/judgement-tables.ts'
import { evaluate } from './judgement-run.ts'
import { settingLine, settingOf, writePage } from './report.ts'

const scales = {
  quick: { runs: 300, cases: 200 },
  normal: { runs: 3_000, cases: 2_000 },
  full: { runs: 20_000, cases: 2_000 },
} as const

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    run: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})
const scaleName = values.full ? 'full' : values.quick ? 'quick' : 'normal'
const { runs, cases } = scales[scaleName]

const setting = settingOf(scaleName)
const lines: string[] = []
const print = (line: string): void => {
  lines.push(line)
  console.log(line)
}
const row = (cells: readonly string[]): void => print(`| ${cells.join(' | ')} |`)
const head = (title: string, columns: readonly string[]): void => {
  print('')
  print(`**${title}**`)
  print('')
  row(columns)
  row(columns.map((_, at) => (at === 0 ? '---' : '---:')))
}
const rate = (value: number, digits = 3): string => value.toFixed(digits)
const simulated = (name: string) => ({ runs, random: createRandom(name) })

/** At exactly the margin, in every row. */
const mostAtMargin = 0.06
/** Power may be this far from the table. */
const powerSlack = 0.03

function gates(): void {
  head(`The gate: margin 3 points, alpha .05, ${runs.toLocaleString('en')} runs each; measured / reference`, [
    'suite',
    'P(pass), equal',
    '-1 pp',
    '-3 pp (the margin)',
    '-5 pp',
    'P(fail), -5 pp',
    'bare average passes -3 pp',
    '',
  ])
  for (const { population, cases: size, repeats, pass, failAt5 } of gateTable) {
    const name = `${population} ${size} x ${repeats}`
    const plan = { cases: size, repeats, margin: 0.03, alpha: 0.05 }
    const odds = lossesOfTable.map((loss) => gateOdds(population, plan, loss, simulated(`${name} ${loss}`)))
    const [, , atMargin, atFive] = odds
    const gaps = odds.map((found, at) => Math.abs(found.pass - pass[at]!))
    const isKept = atMargin!.pass <= mostAtMargin
    row([
      name,
      ...odds.map((found, at) => `${rate(found.pass)} / ${pass[at]}`),
      `${rate(atFive!.fail)} / ${failAt5}`,
      rate(atMargin!.pointPass, 2),
      `${isKept ? '' : 'passes too often; '}${Math.max(...gaps) <= powerSlack ? 'within 3 points' : `off by ${rate(Math.max(...gaps), 2)}`}`,
    ])
  }
}

function earlyStops(): void {
  head('Early stopping, 500 cases x 5 repeats; measured / reference', [
    'population, true difference',
    'P(pass)',
    'P(fail)',
    'cases on average',
  ])
  const beside = (measured: string, reference: number | undefined): string =>
    reference === undefined ? measured : `${measured} / ${reference}`
  for (const { population, loss, pass, fail, cases: expected } of earlyTable) {
    const odds = earlyOdds(population, loss, simulated(`early ${population} ${loss}`))
    row([
      `${population}, ${loss === 0 ? 'equal' : `-${loss * 100} pp`}`,
      beside(rate(odds.pass), pass),
      beside(rate(odds.fail), fail),
      beside(odds.cases.toFixed(0), expected),
    ])
  }
}

function coverage(): void {
  head('Intervals at a nominal 95 %', ['interval', 'holds the truth', 'worked out'])
  for (const shape of [
    { clusters: 100, casesInCluster: 1, repeats: 5, shared: 0 },
    { clusters: 300, casesInCluster: 1, repeats: 1, shared: 0 },
    { clusters: 60, casesInCluster: 5, repeats: 3, shared: 0.7 },
  ]) {
    const { clusters, casesInCluster, repeats } = shape
    const name = `t, ${clusters} clusters of ${casesInCluster} x ${repeats}`
    row([name, rate(tCoverage(shape, simulated(name))), '.94 to .96'])
  }
  for (const [n, p] of [
    [50, 0.9],
    [100, 0.95],
    [200, 0.98],
  ] as const) {
    const found = wilsonCoverage(n, p, simulated(`wilson ${n} ${p}`))
    row([`Wilson, n ${n}, rate ${p}`, rate(found.measured), rate(found.exact)])
  }
  for (const [n, q] of [
    [100, 0.5],
    [200, 0.95],
    [1_000, 0.99],
  ] as const) {
    const found = quantileCoverage(n, q, simulated(`quantile ${n} ${q}`))
    row([`order statistics, n ${n}, quantile ${q}`, rate(found.measured), rate(found.exact)])
  }
}

function sequences(): void {
  head('Live arms, 20,000 units each, a look every 100; measured / reference', [
    'rates',
    'difference found',
    'by a plain z interval',
    'units per arm at the median stop',
  ])
  for (const { rates, found, medianUnits } of sequenceTable) {
    const odds = sequenceOdds(rates, simulated(`sequence ${rates.join()}`))
    const isNull = rates[0] === rates[1]
    row([
      `${rates[0]} and ${rates[1]}${isNull ? ' (false alarms, at most .05)' : ''}`,
      `${rate(odds.found)}${found ? ` / ${[...new Set(found)].join(' to ')}` : ''}`,
      `${rate(odds.foundByPeeking)}${isNull ? ` / ${peekingAlarms}` : ''}`,
      medianUnits === undefined ? '' : `${odds.medianUnits} / ${medianUnits}`,
    ])
  }
}

function realAnswers(): void {
  const rows = readGsm8k().flatMap(({ id, finetuned, verified }) => [
    evalRow(id, 'new', { pass: finetuned }),
    evalRow(id, 'old', { pass: verified }),
  ])
  const { comparisons, verdict } = analyse(runFacts(rows.length), rows)
  const { flips, gate } = comparisons[0]!
  const part = gate!.parts.find(({ name }) => name === 'pass rate')!
  head('300 problems of GSM8K, 175b finetuning against 6b verification', ['', 'measured', 'reference'])
  row(['only one of them right', `${flips!.onlyBaseline} and ${flips!.onlyCandidate}`, '40 and 35'])
  row(["McNemar's p", rate(flips!.p, 6), '0.644464'])
  row(['difference', rate(part.estimate!, 6), '-0.016667'])
  row(['bounds', `${rate(part.lower!, 6)} to ${rate(part.upper!, 6)}`, '-0.064606 to 0.031139'])
  row(['verdict', verdict, 'inconclusive'])
}

async function endToEnd(): Promise<void> {
  const { calls, seconds, peakMiB } = await evaluate(cases, 3)
  head(`${cases.toLocaleString('en')} cases x 3 repeats x 2 simulated models, with three reports`, [
    '',
    'measured',
    'target',
  ])
  row(['time, start of the command to its end', `${seconds.toFixed(1)} s`, 'about 60 s'])
  row(['calls a second', (calls / seconds).toFixed(0), ''])
  row(['memory, peak of the whole process', `${peakMiB.toFixed(0)} MiB`, '≤ 400 MiB'])
}

if (values.run) await endToEnd()
else {
  gates()
  earlyStops()
  coverage()
  sequences()
  if (noEvalData === false) realAnswers()
  else console.error(`left out: ${noEvalData}`)
}

const command = `node bench/judgement.ts ${values.run ? '--run ' : ''}--write`
if (values.write) writePage(command, [settingLine(setting), ...lines].join('\n'))
