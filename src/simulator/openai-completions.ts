/** Writes OpenAI's legacy completions. */

import { asArray, asNumber, asObject, asString, type JsonObject } from '../core/json.ts'
import { type SimBlock, type SimUsage, textOf, tokensOf } from './answer.ts'
import { identifier } from './identifier.ts'
import { openAiError, openAiHeaders } from './openai-common.ts'
import { type Prompt, PromptReader } from './prompt.ts'
import type { Reply, SimFrame, Wire } from './wire.ts'

export const openAiCompletions: Wire = {
  name: 'openai-completions',
  read,
  whole,
  frames,
  usageFrame: (reply, usage) => frame(reply, 'usage', 0, { choices: [], usage: usageObject(reply, usage) }),
  error: openAiError,
  errorFrame: (words) => ({ value: openAiError(words), role: 'other', tokens: 0 }),
  strangeFrame: (reply) => frame(reply, 'open', 0, { choices: [] }),
  headers: openAiHeaders,
}

function read(body: JsonObject): Prompt {
  const reader = new PromptReader()
  const { prompt } = body
  reader.user(
    typeof prompt === 'string'
      ? prompt
      : asArray(prompt)
          .map((each) => asString(each))
          .join(''),
  )
  const limit = asNumber(body['max_tokens'])
  return reader.prompt({
    tools: [],
    toolChoice: 'none',
    choices: Math.max(1, asNumber(body['n']) ?? 1),
    ...(limit !== undefined && { maxOutputTokens: limit }),
  })
}

const finishWords: Readonly<Record<string, string>> = { tools: 'stop', tool_calls: 'stop', refusal: 'stop' }
const finishWord = (finish: string) => finishWords[finish] ?? finish
const isShown = ({ kind }: SimBlock) => kind === 'text' || kind === 'refusal'

function usageObject({ prompt }: Reply, { inputTokens, outputTokens }: SimUsage): JsonObject {
  const completion = outputTokens * prompt.choices
  return {
    prompt_tokens: inputTokens,
    completion_tokens: completion,
    total_tokens: inputTokens + completion,
  }
}

const head = ({ n, nowMs, model }: Reply) => ({
  id: identifier('cmpl-', n, 29),
  object: 'text_completion',
  created: Math.floor(nowMs / 1000),
  model,
})

function whole(reply: Reply): JsonObject {
  const { answer, prompt } = reply
  const text = answer.blocks.filter(isShown).map(textOf).join('')
  const choice = { text, logprobs: null, finish_reason: finishWord(answer.finish) }
  return {
    ...head(reply),
    choices: Array.from({ length: prompt.choices }, (_, index) => ({ index, ...choice })),
    usage: usageObject(reply, answer.usage),
  }
}

function frames(reply: Reply): SimFrame[] {
  const { answer, prompt, body } = reply
  const indexes = Array.from({ length: prompt.choices }, (_, index) => index)
  const choice = (index: number, text: string, finish_reason: string | null) => ({
    choices: [{ text, index, logprobs: null, finish_reason }],
  })
  const pieces = answer.blocks.filter(isShown).flatMap((block) => block.pieces)
  const asksUsage = asObject(body['stream_options'])?.['include_usage'] === true
  return [
    ...pieces.flatMap((piece) =>
      indexes.map((index) => frame(reply, 'delta', tokensOf(piece), choice(index, piece, null))),
    ),
    ...indexes.map((index) => frame(reply, 'finish', 0, choice(index, '', finishWord(answer.finish)))),
    ...(asksUsage
      ? [frame(reply, 'usage', 0, { choices: [], usage: usageObject(reply, answer.usage) })]
      : []),
    { value: '[DONE]', role: 'done', tokens: 0 },
  ]
}

function frame(reply: Reply, role: SimFrame['role'], tokens: number, rest: JsonObject): SimFrame {
  return { value: { ...head(reply), ...rest }, role, tokens }
}
