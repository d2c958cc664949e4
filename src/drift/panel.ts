/** Asks the judge models of a golden set, for the assertions that a model decides. */

import type { EmbedTexts } from '../core/ask.ts'
import { defined } from '../core/json.ts'
import type { GradeParts, JudgeQuestion } from '../judgement/assertions/assertion.ts'
import type { GoldenSet } from './golden.ts'
import type { AskPriced } from './port.ts'

export interface PanelParts {
  readonly ask: AskPriced
  readonly embed: EmbedTexts
  /** What grading needs besides models. */
  readonly grading: Pick<GradeParts, 'regex' | 'schemas'>
}

const tags = ['drift', 'judge']

/** The grading parts of one set. Without a judge or embedder, assertions that need one are faults. */
export function panelOf(set: GoldenSet, { ask, embed, grading }: PanelParts): GradeParts {
  const { judge, embedder, timeoutMs } = set
  const askJudge = async (model: string, { system, user, isReadable }: JudgeQuestion) => {
    const request = defined({
      model,
      stream: false as const,
      temperature: judge?.params.temperature ?? 0,
      maxOutputTokens: judge?.params.max_tokens,
      seed: judge?.params.seed,
      turns: [
        { role: 'system' as const, parts: [{ type: 'text' as const, text: system }] },
        { role: 'user' as const, parts: [{ type: 'text' as const, text: user }] },
      ],
    })
    let said = { error: `the judge ${model} did not answer` } as { text: string } | { error: string }
    for (let turn = 0; turn < 2; turn++) {
      const { answer, error } = await ask({ request, tags, priority: 'batch', timeoutMs, cache: 'off' })
      if (error !== undefined) return { error: `the judge ${model}: ${error.code}` }
      const text = (answer?.blocks ?? [])
        .filter(({ kind }) => kind === 'text')
        .map((block) => block.text)
        .join('')
      said = { text }
      if (isReadable(text)) break
    }
    return said
  }
  return {
    ...grading,
    judge: async (question) => {
      const targets = question.target === undefined ? (judge?.targets ?? []) : [question.target]
      if (targets.length === 0) return [{ error: 'the golden set names no judge' }]
      return Promise.all(targets.map((target) => askJudge(target, question)))
    },
    embed: async (texts, target = embedder) => {
      if (target === undefined) return { error: 'the golden set names no embedder' }
      try {
        return await embed(target, texts)
      } catch (error) {
        return { error: (error as Error).message }
      }
    },
  }
}
