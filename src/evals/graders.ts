/** What graders may ask of models: judges, who are asked again once where their verdict cannot be read, and embeddings. */

import type { EmbedTexts } from '../core/ask.ts'
import { GatewayError } from '../core/error.ts'
import type { NanoUsd } from '../core/money.ts'
import type { GradeParts, JudgeQuestion } from '../judgement/assertions/assertion.ts'
import { createJudge } from '../judgement/judge.ts'
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
  const judgeParts = {
    call: parts.call,
    targets: parts.judge?.targets ?? [],
    requestOf: (target: string, { system, user }: JudgeQuestion) =>
      toRequest(target, [textTurn('system', system), textTurn('user', user)], {
        temperature: 0,
        ...parts.judge?.params,
      }),
  }
  return {
    regex,
    schemas,
    ...(script && { script }),
    ...(post && { post }),
    judge: createJudge(judgeParts, bill),
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
