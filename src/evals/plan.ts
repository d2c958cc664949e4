/** What a run will ask and about what it will cost, before anything is asked. */

import type { NanoUsd } from '../core/money.ts'
import type { Case, Target } from '../judgement/suite/suite.ts'
import { defaultGate } from './gate.ts'
import type { Prepared } from './run-settings.ts'

/** Rules of thumb: a token is some four characters, and an answer has this many tokens where none are asked for. */
const charactersPerToken = 4
const usualOutputTokens = 300
/** A judge's own instructions. */
const judgeTokens = 250

const judgedTypes: ReadonlySet<string> = new Set([
  'llm-rubric',
  'factuality',
  'model-graded-closedqa',
  'classification',
  'conversation-relevance',
])

export interface ExpectedUsage {
  readonly inputTokens: number
  readonly outputTokens: number
}

export interface PlannedTarget {
  readonly label: string
  readonly target: string
  readonly calls: number
  /** Absent where a price is not known. */
  readonly costNanoUsd?: NanoUsd
}

export interface RunPlan {
  readonly name: string
  readonly cases: number
  readonly clusters: number
  readonly repeats: { readonly least: number; readonly most: number }
  readonly arms: readonly PlannedTarget[]
  readonly judges: readonly PlannedTarget[]
  /** What is asked of the difference; absent where nothing is held against a baseline. */
  readonly gate?: { readonly margin: number; readonly alpha: number }
}

/** Prices what a call of a target would cost; undefined where the price is not known. */
export type Estimate = (target: string, usage: ExpectedUsage) => Promise<NanoUsd | undefined>

export async function planRun({ suite, cases, arms }: Prepared, estimate: Estimate): Promise<RunPlan> {
  const repeats = cases.map(({ repeat }) => repeat)
  const { margin, alpha } = suite.gate ?? defaultGate
  return {
    name: suite.name,
    cases: cases.length,
    clusters: new Set(cases.map(({ cluster }) => cluster)).size,
    repeats: { least: Math.min(...repeats), most: Math.max(...repeats) },
    arms: await Promise.all(arms.map((arm) => planArm(arm, cases, estimate))),
    judges: await Promise.all(
      (suite.judge?.targets ?? []).map((target) => planJudge(target, { suite, cases, arms }, estimate)),
    ),
    ...(suite.baseline && { gate: { margin, alpha } }),
  }
}

async function planArm(arm: Target, cases: readonly Case[], estimate: Estimate): Promise<PlannedTarget> {
  let calls = 0
  let cost: NanoUsd | undefined = 0
  for (const test of cases) {
    for (const usage of usagesOf(test, arm)) {
      calls += test.repeat
      const own = await estimate(arm.target, usage)
      cost = cost === undefined || own === undefined ? undefined : cost + own * test.repeat
    }
  }
  const { label, target } = arm
  return { label, target, calls, ...(cost !== undefined && { costNanoUsd: cost }) }
}

/** One for each call of a conversation, which has all before it in its prompt. */
function usagesOf(test: Case, arm: Target): ExpectedUsage[] {
  const outputTokens = arm.params.max_tokens ?? test.params.max_tokens ?? usualOutputTokens
  const usages: ExpectedUsage[] = []
  let inputTokens = 0
  for (const step of test.steps) {
    if (step.role !== 'call') inputTokens += Math.ceil(step.text.length / charactersPerToken)
    else {
      usages.push({ inputTokens, outputTokens })
      inputTokens += outputTokens
    }
  }
  return usages
}

async function planJudge(
  target: string,
  { suite, cases, arms }: Pick<Prepared, 'suite' | 'cases' | 'arms'>,
  estimate: Estimate,
): Promise<PlannedTarget> {
  let calls = 0
  const isPairwise = suite.judge?.pairwise !== undefined && suite.baseline !== undefined
  for (const { steps, repeat } of cases) {
    if (isPairwise) calls += 2 * repeat * (arms.length - 1)
    for (const step of steps) {
      if (step.role !== 'call') continue
      calls += step.assert.filter(({ type }) => judgedTypes.has(type)).length * repeat * arms.length
    }
  }
  const each = await estimate(target, { inputTokens: judgeTokens + usualOutputTokens, outputTokens: 80 })
  return { label: 'judge', target, calls, ...(each !== undefined && { costNanoUsd: each * calls }) }
}
