/** What graders may ask of models: judges, who are asked again once where their verdict cannot be read, and embeddings. */

import type { EmbedTexts } from '../core/ask.ts'
import { GatewayError } from '../core/error.ts'
import type { NanoUsd } from '../core/money.ts'
import type { GradeFault, GradeParts, JudgeQuestion } from '../judgement/assertions/assertion.ts'
import type { JudgeSettings } from '../judgement/suite/suite.ts'
import type { Called } from './port.ts'
import { textTurn, toRequest } from './request.ts'

export interface GraderParts extends Pick<GradeParts, 'regex' | 'schemas' | 'script' | 'post'> {
  /** Retries faults by itself. */
  readonly call: (request: ReturnType<typeof toRequest>) => Promise<Called>
  readonly embed: EmbedTexts
  readonly judge?: JudgeSettings
  readonly embedder?: string
  readonly signal: AbortSignal
}

export function createGraders(parts: GraderParts, bill: (costNanoUsd: NanoUsd) => void): GradeParts {
  const { regex, schemas, script, post } = parts
  const panelOf = (target: string | undefined): readonly string[] =>
    target === undefined ? (parts.judge?.targets ?? []) : [target]
  return {
    regex,
    schemas,
    ...(script && { script }),
    ...(post && { post }),
    async judge(question) {
      const panel = panelOf(question.target)
      if (panel.length === 0) return [{ error: 'the suite names no judge' }]
      return Promise.all(panel.map((target) => askJudge(target, question, parts, bill)))
    },
    async embed(texts, target = parts.embedder) {
      if (target === undefined) return { error: 'the suite names no `embedder`' }
      try {
        return await parts.embed(target, texts, parts.signal)
      } catch (error) {
        if (error instanceof GatewayError) return { error: `embedding: ${error.message}` }
        throw error
      }
    },
  }
}

const triesOfJudge = 2

async function askJudge(
  target: string,
  { system, user, isReadable }: JudgeQuestion,
  { call, judge }: GraderParts,
  bill: (costNanoUsd: NanoUsd) => void,
): Promise<{ readonly text: string } | GradeFault> {
  const request = toRequest(target, [textTurn('system', system), textTurn('user', user)], {
    temperature: 0,
    ...judge?.params,
  })
  let text = ''
  for (let attempt = 0; attempt < triesOfJudge; attempt++) {
    const { answer, error, costNanoUsd } = await call(request)
    bill(costNanoUsd ?? 0)
    if (error || answer === undefined) return { error: error?.message ?? 'no answer' }
    text = answer.blocks
      .filter(({ kind, choice }) => kind === 'text' && choice === 0)
      .map((block) => block.text)
      .join('')
    if (isReadable(text)) return { text }
  }
  return { error: `the verdict cannot be read: ${JSON.stringify(text.slice(0, 80))}` }
}
