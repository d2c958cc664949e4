/** Asks the judges of a panel, each at temperature 0 and once more where its verdict cannot be read. */

import type { Asked } from '../core/ask.ts'
import type { NanoUsd } from '../core/money.ts'
import type { GenRequest } from '../core/request.ts'
import type { GradeFault, GradeParts, JudgeQuestion } from './assertions/assertion.ts'

export interface JudgeParts {
  readonly call: (request: GenRequest) => Promise<Asked & { readonly costNanoUsd?: NanoUsd }>
  /** The judges where the question names none. */
  readonly targets: readonly string[]
  /** Absent: the texts at temperature 0. */
  readonly requestOf?: (target: string, question: JudgeQuestion) => GenRequest
}

export function createJudge(
  parts: JudgeParts,
  bill: (costNanoUsd: NanoUsd) => void,
): NonNullable<GradeParts['judge']> {
  return async (question) => {
    const panel = question.target === undefined ? parts.targets : [question.target]
    if (panel.length === 0) return [{ error: 'the suite names no judge' }]
    return Promise.all(panel.map((target) => askJudge(target, question, parts, bill)))
  }
}

const tries = 2

async function askJudge(
  target: string,
  question: JudgeQuestion,
  { call, requestOf = plainRequest }: JudgeParts,
  bill: (costNanoUsd: NanoUsd) => void,
): Promise<{ readonly text: string } | GradeFault> {
  const request = requestOf(target, question)
  let text = ''
  for (let attempt = 0; attempt < tries; attempt++) {
    const { answer, error, costNanoUsd } = await call(request)
    bill(costNanoUsd ?? 0)
    if (error || answer === undefined) return { error: error?.message ?? 'no answer' }
    text = answer.blocks
      .filter(({ kind, choice }) => kind === 'text' && choice === 0)
      .map((block) => block.text)
      .join('')
    if (question.isReadable(text)) return { text }
  }
  return { error: `the verdict cannot be read: ${JSON.stringify(text.slice(0, 80))}` }
}

function plainRequest(model: string, { system, user }: JudgeQuestion): GenRequest {
  return {
    model,
    stream: false,
    temperature: 0,
    turns: [
      { role: 'system', parts: [{ type: 'text', text: system }] },
      { role: 'user', parts: [{ type: 'text', text: user }] },
    ],
  }
}
