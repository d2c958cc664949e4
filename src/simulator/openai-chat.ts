/** Writes OpenAI Chat Completions, with the habits of the providers that speak it. */

import { asArray, asNumber, asObject, asString, type Json, type JsonObject } from '../core/json.ts'
import { blockTokens, type SimAnswer, type SimBlock, type SimUsage, textOf, tokensOf } from './answer.ts'
import { identifier, padding } from './identifier.ts'
import { openAiError, openAiHeaders } from './openai-common.ts'
import { contentText, type OfferedTool, type Prompt, PromptReader } from './prompt.ts'
import type { ErrorWords, Reply, SimFrame, Wire } from './wire.ts'

export const openAiChat: Wire = {
  name: 'openai-chat',
  read,
  whole,
  frames,
  usageFrame: (reply, usage) => frame(reply, 'usage', 0, { choices: [], usage: usageObject(reply, usage) }),
  error: openAiError,
  errorFrame: (words: ErrorWords) => ({ value: openAiError(words), role: 'other', tokens: 0 }),
  // Azure opens a stream with the verdict on the prompt: no id, no choices.
  strangeFrame: () => ({
    value: {
      choices: [],
      created: 0,
      id: '',
      model: '',
      object: '',
      prompt_filter_results: [
        { prompt_index: 0, content_filter_results: { hate: { filtered: false, severity: 'safe' } } },
      ],
    },
    role: 'open',
    tokens: 0,
  }),
  headers: openAiHeaders,
}

function read(body: JsonObject): Prompt {
  const reader = new PromptReader()
  for (const value of asArray(body['messages'])) {
    const message = asObject(value) ?? {}
    const text = contentText(message['content'], reader)
    if (message['role'] === 'user') reader.user(text)
    else if (message['role'] === 'tool') reader.toolResult(text)
    else if (message['role'] === 'assistant') reader.assistant(text)
    else reader.text(text)
    for (const call of asArray(message['tool_calls'])) {
      reader.text(asString(asObject(asObject(call)?.['function'])?.['arguments']) ?? '')
    }
  }
  const tools = asArray(body['tools']).flatMap((value): OfferedTool[] => {
    const called = asObject(asObject(value)?.['function'])
    const name = asString(called?.['name'])
    const schema = asObject(called?.['parameters'])
    return name === undefined ? [] : [reader.tool(schema ? { name, schema } : { name })]
  })
  const limit = asNumber(body['max_completion_tokens']) ?? asNumber(body['max_tokens'])
  const format = formatOf(asObject(body['response_format']))
  return reader.prompt({
    tools,
    toolChoice: toolChoice(body['tool_choice']),
    choices: Math.max(1, asNumber(body['n']) ?? 1),
    ...(limit !== undefined && { maxOutputTokens: limit }),
    ...(format && { format }),
  })
}

function formatOf(format: JsonObject | undefined): Prompt['format'] {
  if (format?.['type'] === 'json_object') return {}
  if (format?.['type'] !== 'json_schema') return undefined
  const schema = asObject(asObject(format['json_schema'])?.['schema'])
  return schema ? { schema } : {}
}

function toolChoice(choice: Json | undefined): Prompt['toolChoice'] {
  if (choice === 'none' || choice === 'required') return choice
  if (choice === 'any') return 'required'
  const name = asString(asObject(asObject(choice)?.['function'])?.['name'])
  return name === undefined ? 'auto' : { name }
}

const finishWords: Readonly<Record<string, string>> = { tools: 'tool_calls', refusal: 'stop' }
const finishWord = (finish: string) => finishWords[finish] ?? finish

function whole(reply: Reply): JsonObject {
  const { answer, habits, prompt } = reply
  const choice = {
    message: messageOf(reply),
    ...(habits.chatReasoning !== 'content-parts' && { logprobs: null }),
    finish_reason: finishWord(answer.finish),
  }
  return {
    id: identifier('chatcmpl-', reply.n, 29),
    object: 'chat.completion',
    created: Math.floor(reply.nowMs / 1000),
    model: reply.model,
    choices: Array.from({ length: prompt.choices }, (_, index) => ({ index, ...choice })),
    usage: usageObject(reply, answer.usage),
    ...tail(reply),
  }
}

function messageOf(reply: Reply): JsonObject {
  const { answer, habits } = reply
  const joined = (kind: SimBlock['kind']) =>
    answer.blocks
      .filter((block) => block.kind === kind)
      .map(textOf)
      .join('')
  const calls = toolCalls(answer)
  const reasoning = joined('reasoning')
  const refusal = joined('refusal')
  const text = habits.chatRefusals ? joined('text') : joined('text') + refusal
  const plain: Json = text === '' && (calls.length > 0 || refusal !== '') ? null : text
  const thinking = { type: 'thinking', thinking: [{ type: 'text', text: reasoning }], closed: true }
  const isInParts = habits.chatReasoning === 'content-parts'
  return {
    role: 'assistant',
    content: isInParts && reasoning !== '' ? [thinking, { type: 'text', text }] : plain,
    ...(!isInParts &&
      habits.chatReasoning !== 'hidden' &&
      reasoning !== '' && { [habits.chatReasoning]: reasoning }),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(habits.chatRefusals && { refusal: refusal || null }),
    ...(habits.padding && { annotations: [] }),
  }
}

function toolCalls(answer: SimAnswer): JsonObject[] {
  return answer.blocks.flatMap((block) => (block.kind === 'tool' ? [toolCall(block)] : []))
}

function toolCall(block: Extract<SimBlock, { kind: 'tool' }>): JsonObject {
  return { id: block.callId, type: 'function', function: { name: block.name, arguments: textOf(block) } }
}

function usageObject({ prompt, habits }: Reply, usage: SimUsage): JsonObject {
  const completion = usage.outputTokens * prompt.choices
  const zeros = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 0]))
  const promptDetails = zeros(habits.chatPromptDetails)
  const completionDetails = zeros(habits.chatCompletionDetails)
  if ('reasoning_tokens' in completionDetails) {
    completionDetails['reasoning_tokens'] = usage.reasoningTokens * prompt.choices
  }
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: completion,
    total_tokens: usage.inputTokens + completion,
    ...(habits.chatPromptDetails.length > 0 && { prompt_tokens_details: promptDetails }),
    ...(habits.chatCompletionDetails.length > 0 && { completion_tokens_details: completionDetails }),
    ...(habits.chatCacheCounts && {
      prompt_cache_hit_tokens: 0,
      prompt_cache_miss_tokens: usage.inputTokens,
    }),
  }
}

const tail = ({ habits }: Reply) => ({
  ...(habits.padding && { service_tier: 'default' }),
  ...(habits.chatFingerprint && { system_fingerprint: 'fp_5170000000' }),
})

function frame(reply: Reply, role: SimFrame['role'], tokens: number, rest: JsonObject): SimFrame {
  const { habits } = reply
  const showsNull = habits.chatNullUsage && (asksUsage(reply) || habits.chatUsage === 'last-chunk')
  const value: JsonObject = {
    id: identifier('chatcmpl-', reply.n, 29),
    object: 'chat.completion.chunk',
    created: Math.floor(reply.nowMs / 1000),
    model: reply.model,
    ...tail(reply),
    ...(showsNull && { usage: null }),
    ...rest,
    ...(habits.padding && { obfuscation: padding(reply.n + tokens) }),
  }
  return { value, role, tokens }
}

const asksUsage = ({ body }: Reply) => asObject(body['stream_options'])?.['include_usage'] === true

function frames(reply: Reply): SimFrame[] {
  const { answer, habits, prompt } = reply
  const written: SimFrame[] = habits.comments.map((value) => ({ event: ':', value, role: 'open', tokens: 0 }))
  const choice = (index: number, delta: JsonObject, finish: string | null = null) => ({
    choices: [
      { index, delta, ...(habits.errorStyle === 'openai' && { logprobs: null }), finish_reason: finish },
    ],
  })
  for (let index = 0; index < prompt.choices; index++) {
    const opening = { role: 'assistant', content: '', ...(habits.padding && { refusal: null }) }
    written.push(frame(reply, 'open', unseenTokens(reply), choice(index, opening)))
  }
  for (let index = 0; index < prompt.choices; index++) {
    for (const { delta, tokens } of deltas(reply)) {
      written.push(frame(reply, 'delta', tokens, choice(index, delta)))
    }
  }
  const usage = usageObject(reply, answer.usage)
  for (let index = 0; index < prompt.choices; index++) {
    const calls = habits.chatTools === 'with-finish' ? toolCalls(answer) : []
    const delta =
      calls.length > 0
        ? { tool_calls: calls.map((call, at) => ({ ...call, index: at })) }
        : habits.chatUsage === 'last-chunk'
          ? { content: '' }
          : {}
    const isLast = index === prompt.choices - 1
    written.push(
      frame(reply, 'finish', calls.length > 0 ? answer.usage.outputTokens : 0, {
        ...choice(index, delta, finishWord(answer.finish)),
        ...(isLast && habits.chatUsage === 'last-chunk' && { usage }),
        ...(isLast &&
          habits.chatUsage === 'x-groq' && { x_groq: { id: identifier('req_', reply.n, 26), usage }, usage }),
      }),
    )
  }
  if (habits.chatUsage === 'own-chunk' && asksUsage(reply)) {
    written.push(frame(reply, 'usage', 0, { choices: [], usage }))
  }
  written.push({ value: '[DONE]', role: 'done', tokens: 0 })
  return written
}

/** Reasoning that is billed but never shown. */
function unseenTokens({ answer, habits }: Reply): number {
  return habits.chatReasoning === 'hidden' ? answer.usage.reasoningTokens : 0
}

function* deltas({ answer, habits }: Reply): Generator<{ delta: JsonObject; tokens: number }> {
  let call = -1
  for (const block of answer.blocks) {
    if (block.kind === 'reasoning' && habits.chatReasoning === 'hidden') continue
    if (block.kind === 'tool') {
      call++
      if (habits.chatTools === 'with-finish') continue
      if (habits.chatTools === 'whole') {
        yield { delta: { tool_calls: [{ index: call, ...toolCall(block) }] }, tokens: blockTokens(block) }
        continue
      }
      const start = {
        index: call,
        id: block.callId,
        type: 'function',
        function: { name: block.name, arguments: '' },
      }
      yield { delta: { tool_calls: [start] }, tokens: tokensOf(block.name) }
      for (const piece of block.pieces) {
        yield {
          delta: { tool_calls: [{ index: call, function: { arguments: piece } }] },
          tokens: tokensOf(piece),
        }
      }
      continue
    }
    for (const piece of block.pieces)
      yield { delta: deltaOf(block.kind, piece, habits), tokens: tokensOf(piece) }
  }
}

function deltaOf(kind: 'text' | 'reasoning' | 'refusal', piece: string, habits: Reply['habits']): JsonObject {
  if (kind === 'refusal' && habits.chatRefusals) return { refusal: piece }
  if (kind !== 'reasoning') return { content: piece }
  if (habits.chatReasoning !== 'content-parts') return { content: null, [habits.chatReasoning]: piece }
  return { content: [{ type: 'thinking', thinking: [{ type: 'text', text: piece }] }] }
}
