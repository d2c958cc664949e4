/** How much a judge agrees with people, measured anew in each run: below this, what it says does not pass a gate. */

import type { NanoUsd } from '../core/money.ts'
import type { GradeParts } from '../judgement/assertions/assertion.ts'
import { gradeReply } from '../judgement/assertions/grade.ts'
import { cohenKappa } from '../judgement/statistics/agreement-of-raters.ts'
import type { HumanLabel } from '../judgement/suite/suite.ts'

export interface JudgeAgreement {
  /** Cohen's kappa of the judge and the people; absent where no verdict could be read. */
  readonly kappa?: number
  /** Labelled answers that the judge gave a verdict on. */
  readonly judged: number
  /** Verdicts that could not be read, and calls that failed. */
  readonly lost: number
  readonly costNanoUsd: NanoUsd
}

/** Landis and Koch call more than this substantial. */
export const leastKappa = 0.6
const concurrency = 4

export async function calibrate(
  labels: readonly HumanLabel[],
  gradersFor: (bill: (cost: NanoUsd) => void) => GradeParts,
): Promise<JudgeAgreement> {
  let costNanoUsd: NanoUsd = 0
  const graders = gradersFor((cost) => (costNanoUsd += cost))
  /** Rows: what people said, fail first; columns: what the judge said. */
  const table = [
    [0, 0],
    [0, 0],
  ]
  let lost = 0
  let next = 0
  const work = async (): Promise<void> => {
    for (let label = labels[next++]; label; label = labels[next++]) {
      const verdict = await judge(label, graders)
      if (verdict === undefined) lost += 1
      else table[Number(label.pass)]![Number(verdict)]! += 1
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  const judged = labels.length - lost
  return { judged, lost, costNanoUsd, ...(judged > 0 && { kappa: cohenKappa(table) }) }
}

async function judge({ rubric, output }: HumanLabel, graders: GradeParts): Promise<boolean | undefined> {
  const reply = { output, toolCalls: [], isRefusal: false, totalMs: 0, isCached: false }
  const context = { reply, replies: [reply], prompt: [], vars: {}, tools: [] }
  const assertion = { type: 'llm-rubric', isNegated: false, value: rubric, weight: 1 }
  const [result] = await gradeReply([assertion], context, graders)
  return result === undefined || result.error !== undefined ? undefined : result.pass
}

/** Why a gate may not rest on the judge; undefined where it may. */
export function distrust({ kappa, judged }: JudgeAgreement): string | undefined {
  if (kappa === undefined) return 'the judge gave no verdict on the answers that people have graded'
  if (kappa >= leastKappa) return undefined
  return `the judge agrees too little with people: kappa ${kappa.toFixed(2)} on ${judged} answers, ${leastKappa} needed`
}
