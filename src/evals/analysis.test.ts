import assert from 'node:assert/strict'
import test from 'node:test'
import { noEvalData, readGsm8k } from '../../test/support/eval-data.ts'
import { evalRow, lostRow, runFacts } from '../../test/support/eval-rows.ts'
import type { GateSettings } from '../judgement/suite/settings.ts'
import { analyse, withSelfConsistency } from './analysis.ts'
import { EarlyStopWatch } from './early-stop.ts'
import { normalisedAnswer } from './figures.ts'
import type { GatePart, Report, RunFacts } from './report.ts'
import { factsFromJson, reportToJson } from './reports/json.ts'
import type { CaseRow } from './row.ts'

const near = (actual: number | undefined, expected: number, digits = 6): void =>
  assert.ok(Math.abs((actual ?? NaN) - expected) <= 0.51 * 10 ** -digits, `${actual} is not ${expected}`)

/** Both arms over `n` cases; `fails` says which answers are wrong. */
function bothArms(
  n: number,
  fails: (index: number, arm: 'new' | 'old') => boolean,
  given: Partial<CaseRow> = {},
) {
  return Array.from({ length: n }, (_, index) =>
    (['new', 'old'] as const).map((arm) => evalRow(`c${index}`, arm, { pass: !fails(index, arm), ...given })),
  ).flat()
}

const gateWith = (more: Partial<GateSettings>): Partial<RunFacts> => ({
  gate: { ...runFacts(0).gate!, ...more },
})

function report(rows: readonly CaseRow[], given: Partial<RunFacts> = {}): Report {
  return analyse(runFacts(rows.length, given), rows)
}

function partOf({ comparisons }: Report, name: string): GatePart {
  const part = comparisons[0]!.gate!.parts.find((candidate) => candidate.name === name)
  assert.ok(part, `there is no part ${name}`)
  return part
}

const withData = noEvalData === false ? {} : { skip: noEvalData }

test('real graded answers: McNemar, bounds and verdict of two models on 300 problems', withData, () => {
  const rows = readGsm8k().flatMap(({ id, finetuned, verified }) => [
    evalRow(id, 'new', { pass: finetuned }),
    evalRow(id, 'old', { pass: verified }),
  ])
  const result = report(rows)
  const { flips, gate } = result.comparisons[0]!
  assert.deepEqual([flips!.onlyBaseline, flips!.onlyCandidate], [40, 35])
  near(flips!.p, 0.644464)
  const part = partOf(result, 'pass rate')
  near(part.estimate, -0.016667)
  near(part.lower, -0.064606)
  near(part.upper, 0.031139)
  assert.equal(part.method, 'tango')
  assert.equal(result.verdict, 'inconclusive')
  assert.ok(gate!.casesNeeded! > 300)
})

test('equal arms pass from 99 cases on, and a worse candidate fails', () => {
  assert.equal(report(bothArms(98, () => false)).verdict, 'inconclusive')
  assert.equal(report(bothArms(99, () => false)).verdict, 'pass')
  assert.equal(report(bothArms(300, (index, arm) => arm === 'new' && index % 8 === 0)).verdict, 'fail')
})

test('repeats stay inside their case, and cases inside their cluster', () => {
  const rows = Array.from({ length: 5 }, (_, repeat) =>
    bothArms(40, (index, arm) => arm === 'new' && index < 2).map((row) => ({ ...row, repeat })),
  ).flat()
  const part = partOf(report(rows), 'pass rate')
  assert.equal(part.method, 'hall')
  assert.ok(part.lower! < -0.1, 'two of forty cases are worse, however often they were asked')
  const clustered = rows.map((row) => ({ ...row, cluster: `g${Number(row.caseId.slice(1)) % 10}` }))
  assert.match(partOf(report(clustered), 'pass rate').reason ?? '', /too few clusters: 10 of 20/)
})

test('a fault removes the pair from both arms and is never a wrong answer', () => {
  const rows = bothArms(200, () => false)
  const spoiled = rows.map((row) => (row.caseId === 'c5' && row.arm === 'new' ? lostRow('c5', 'new') : row))
  const result = report(spoiled)
  assert.equal(result.verdict, 'pass')
  assert.equal(result.comparisons[0]!.gate!.cases, 199)
  assert.deepEqual([result.arms[0]!.figures.errors, result.arms[0]!.figures.passRate!.value], [1, 1])
  const many = rows.map((row, index) => (index % 20 === 0 ? lostRow(row.caseId, row.arm) : row))
  const broken = report(many)
  assert.equal(broken.verdict, 'inconclusive')
  assert.match(partOf(broken, 'lost to faults').reason ?? '', /lost to faults/)
})

test('answers to different questions are not compared', () => {
  const rows = bothArms(120, () => false).map((row) =>
    row.arm === 'new' && row.caseId === 'c7' ? { ...row, inputHash: 'other' } : row,
  )
  assert.equal(report(rows).comparisons[0]!.gate!.cases, 119)
})

test('what does not gate: filtered, cached, stopped and incomplete runs', () => {
  const rows = bothArms(120, () => false)
  const reasonOf = (given: Partial<RunFacts>, own = rows): string => {
    const result = report(own, given)
    assert.equal(result.verdict, 'inconclusive')
    return result.reason ?? ''
  }
  assert.match(reasonOf({ isFiltered: true }), /filtered/)
  assert.match(reasonOf({ stopped: 'max-usd' }), /max-usd/)
  assert.match(reasonOf({ plannedRows: 300 }), /60 rows are missing/)
  assert.match(
    reasonOf(
      {},
      rows.map((row, index) => (index === 3 ? { ...row, isCached: true } : row)),
    ),
    /cached_rows/,
  )
  const failing = bothArms(300, (index, arm) => arm === 'new' && index % 5 === 0)
  assert.equal(report(failing, { isFiltered: true }).verdict, 'fail')
})

test('further parts: each is decided by its bound, and all must hold', () => {
  const rows = bothArms(300, () => false).map((row, index) => ({
    ...row,
    isCritical: index < 10,
    totalMs: 100 + (index % 50) * (row.arm === 'new' ? 2 : 1),
    firstTokenMs: 20,
    costNanoUsd: row.arm === 'new' ? 1_200_000 + (index % 7) : 1_000_000,
    asserts: [
      {
        type: 'x',
        metric: 'polite',
        weight: 1,
        pass: true,
        score: row.arm === 'new' ? 0.7 : 0.9,
        reason: '',
      },
    ],
  }))
  const settings: Partial<GateSettings> = {
    minPassRate: 0.95,
    critical: 'all',
    latencyP95: { maxMs: 250, maxRatio: 1.1 },
    ttftP95: { maxMs: 10 },
    cost: { maxUsd: 0.01, maxRatio: 1.1 },
    consistency: { minAgreement: 0.9 },
    metrics: { polite: { min: 0.6, margin: 0.1 } },
  }
  const result = report(rows, gateWith(settings))
  const verdicts = Object.fromEntries(
    result.comparisons[0]!.gate!.parts.map(({ name, verdict }) => [name, verdict]),
  )
  assert.deepEqual(verdicts, {
    'pass rate': 'pass',
    'pass rate, floor': 'pass',
    'critical cases': 'pass',
    'latency p95, ms': 'pass',
    'latency p95, ratio': 'fail',
    'time to first token p95, ms': 'fail',
    'cost, USD': 'pass',
    'cost, ratio': 'fail',
    agreement: 'inconclusive',
    'polite, floor': 'pass',
    polite: 'fail',
    'lost to faults': 'pass',
  })
  near(partOf(result, 'cost, ratio').estimate, 1.2, 3)
  assert.equal(result.verdict, 'fail')
})

test('a critical case that fails once fails the gate; one that is lost leaves it open', () => {
  const critical = (change: Partial<CaseRow>) =>
    bothArms(150, () => false).map((row, index) =>
      index === 0 ? { ...row, isCritical: true, ...change } : row,
    )
  const settings = gateWith({ critical: 'all' })
  assert.equal(report(critical({}), settings).verdict, 'pass')
  const failed = report(critical({ pass: false }), settings)
  assert.match(partOf(failed, 'critical cases').reason ?? '', /c0/)
  assert.equal(failed.verdict, 'fail')
  assert.equal(
    partOf(report(critical({ status: 'error' }), settings), 'critical cases').verdict,
    'inconclusive',
  )
})

test('an unknown price leaves the cost open, and inconclusive may count as failed', () => {
  const rows = bothArms(120, () => false).map((row) => {
    const { costNanoUsd: _, ...rest } = row
    return rest
  })
  const open = report(rows, gateWith({ cost: { maxUsd: 1 } }))
  assert.equal(open.verdict, 'inconclusive')
  assert.equal(report(rows, gateWith({ cost: { maxUsd: 1 }, onInconclusive: 'fail' })).verdict, 'fail')
})

test('without baseline and gate: every test must pass, and faults leave it open', () => {
  const arms = [{ label: 'new', target: 'p/new', isBaseline: false }]
  const { gate: _, ...rest } = runFacts(30, { arms })
  const rows = Array.from({ length: 30 }, (_, index) => evalRow(`c${index}`, 'new'))
  assert.equal(analyse(rest, rows).verdict, 'pass')
  assert.equal(analyse(rest, [lostRow('c0', 'new'), ...rows.slice(1)]).verdict, 'inconclusive')
  assert.equal(analyse(rest, [evalRow('c0', 'new', { pass: false }), ...rows.slice(1)]).verdict, 'fail')
  assert.equal(analyse(rest, rows.slice(1)).verdict, 'inconclusive')
})

test('figures: consistency, self-consistency, tags, clusters, derived metrics', () => {
  const answers = ['A', 'A', 'A', 'B', 'C']
  const rows = Array.from({ length: 24 }, (_, index) =>
    answers.flatMap((output, repeat) =>
      ['new', 'old'].map((arm) =>
        evalRow(`c${index}`, arm, {
          repeat,
          tags: [index % 2 === 0 ? 'even' : 'odd'],
          cluster: `g${index % 12}`,
          pass: arm === 'old' || index % 2 === 0 || repeat > 0,
          replies: [{ output: arm === 'new' ? output : 'same', toolCalls: [] }],
          asserts: [{ type: 'x', metric: 'm', weight: 1, pass: true, score: 0.5, reason: '' }],
          ...(arm === 'new' && index === 0 && { minAgreement: 0.5 }),
        }),
      ),
    ),
  ).flat()
  const result = report(rows, { derivedMetrics: [{ name: 'double', value: '{{m}} * 2' }] })
  const [figures, old] = result.arms.map((arm) => arm.figures)
  near(figures!.agreement!.value, 0.3, 9)
  near(figures!.entropy!.value, 0.714703)
  near(old!.agreement!.value, 1, 9)
  assert.equal(figures!.metrics['double']!.value, 1)
  assert.equal(result.tags['even']!.cases, 12)
  near(result.tags['odd']!.difference!.value, -0.2, 9)
  assert.ok(result.tags['odd']!.difference!.pHolm! < 0.01)
  assert.equal(Object.keys(result.clusters).length, 12)
  const own = result.rows.filter(({ caseId, arm }) => caseId === 'c0' && arm === 'new')
  assert.ok(own.every(({ pass, asserts }) => !pass && asserts.at(-1)?.type === 'self-consistency'))
  assert.deepEqual(withSelfConsistency(result.rows), result.rows)
})

test('answers are alike by what they come to', () => {
  const said = (output: string) =>
    normalisedAnswer(evalRow('c', 'new', { replies: [{ output, toolCalls: [] }] }))
  assert.equal(said('{"a": 1, "b": [2]}'), said('{ "b": [2], "a": 1 }'))
  assert.equal(said('Six and one.\n\n**Answer:** 7'), said('  the answer is: 7'))
  assert.equal(said('Yes,\nit is'), said('yes, it  is'))
  assert.notEqual(said('Answer: 7\nNo, wait.'), said('Answer: 7'))
})

test('the file of a report says what was decided of which revision', () => {
  const rows = bothArms(120, () => false)
  const arms = [
    { label: 'new', target: 'billing@8', isBaseline: false },
    { label: 'old', target: 'openai/gpt', isBaseline: true },
  ]
  const value = JSON.parse([...reportToJson(report(rows, { arms }))].join('\n'))
  assert.deepEqual(
    [value.arms[0].route, value.arms[0].revision, value.arms[1].route, value.arms[1].revision],
    ['billing', 8, 'openai/gpt', undefined],
  )
  assert.equal(value.gate.verdict, 'pass')
  assert.deepEqual(Object.keys(value.gate.parts[0]).toSorted(), [
    'bound',
    'estimate',
    'lower',
    'method',
    'name',
    'upper',
    'verdict',
  ])
})

test('a report is made again from its own file, to the last digit', () => {
  const rows = bothArms(120, (index, arm) => arm === 'new' && index % 40 === 0, {
    usage: { inputTokens: 3, outputTokens: 5 },
  })
  const first = report(
    rows,
    gateWith({ minPassRate: 0.9, cost: { maxUsd: 1, maxRatio: 2 }, latencyP95: { maxRatio: 1.2 } }),
  )
  const { facts, rows: read } = factsFromJson([...reportToJson(first)].join('\n'))
  assert.deepEqual(analyse(facts, read), first)
  assert.throws(() => factsFromJson('{"a": 1}'), /no report/)
})

test('early stopping takes cases in their order, whatever order they finish in', () => {
  const arms = ['new', 'old']
  const tests = Array.from({ length: 400 }, (_, index) => `c${index}`)
  const attempts = tests.flatMap((id) => arms.map((label) => ({ test: { id }, arm: { label }, repeat: 0 })))
  const watch = (order: readonly string[], passes: (arm: string) => boolean) => {
    const watching = new EarlyStopWatch(attempts as never, 'new', 0.03)
    for (const id of order) {
      for (const arm of arms) {
        const verdict = watching.push(evalRow(id, arm, { pass: passes(arm) }))
        if (verdict) return `${verdict.verdict} ${verdict.cases}`
      }
    }
    return 'open'
  }
  assert.equal(
    watch(tests, () => true),
    'pass 202',
  )
  assert.equal(
    watch([...tests.slice(1), tests[0]!], () => true),
    'pass 202',
  )
  assert.match(
    watch(tests, (arm) => arm === 'old'),
    /^fail 2\d$/,
  )
})
