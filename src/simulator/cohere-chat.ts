/** Writes Cohere's chat, version 2. */

import { asArray, asNumber, asObject, asString, type JsonObject } from '../core/json.ts'
import { type SimBlock, type SimUsage, textOf, tokensOf } from './answer.ts'
import { contentText, type OfferedTool, type Prompt, PromptReader } from './prompt.ts'
import type { ErrorWords, Reply, SimFrame, Wire } from './wire.ts'

export const cohereChat: Wire = {
  name: 'cohere-chat',
  read,
  whole,
  frames,
  // A stream tells its usage with its end alone: in the middle of one, an event that readers pass over.
  usageFrame: (_reply, usage) => frame('debug', { usage: usageObject(usage) }, 'usage'),
  error,
  errorFrame: ({ message }) =>
    frame('message-end', { delta: { finish_reason: 'ERROR', error: message } }, 'other'),
  strangeFrame: () => frame('debug', { prompt: '' }, 'open'),
  headers: ({ nowMs }) => [
    ['cache-control', 'no-cache, no-store, no-transform, must-revalidate, private, max-age=0'],
    ['date', new Date(nowMs).toUTCString()],
  ],
}

function read(body: JsonObject): Prompt {
  const reader = new PromptReader()
  for (const value of asArray(body['documents'])) reader.text(JSON.stringify(value))
  for (const value of asArray(body['messages'])) readMessage(asObject(value) ?? {}, reader)
  const tools = asArray(body['tools']).flatMap((value): OfferedTool[] => {
    const called = asObject(asObject(value)?.['function'])
    const name = asString(called?.['name'])
    const schema = asObject(called?.['parameters'])
    return name === undefined ? [] : [reader.tool(schema ? { name, schema } : { name })]
  })
  const choice = body['tool_choice']
  const format = asObject(body['response_format'])
  const schema = asObject(format?.['json_schema'])
  const limit = asNumber(body['max_tokens'])
  return reader.prompt({
    tools,
    toolChoice: choice === 'REQUIRED' ? 'required' : choice === 'NONE' ? 'none' : 'auto',
    choices: 1,
    ...(limit !== undefined && { maxOutputTokens: limit }),
    ...(format?.['type'] === 'json_object' && { format: schema ? { schema } : {} }),
  })
}

function readMessage(message: JsonObject, reader: PromptReader): void {
  const text = contentText(message['content'], reader)
  if (message['role'] === 'user') reader.user(text)
  else if (message['role'] === 'tool') reader.toolResult(text)
  else if (message['role'] === 'assistant') reader.assistant(text)
  else reader.text(text)
  reader.text(asString(message['tool_plan']) ?? '')
  for (const value of asArray(message['content'])) reader.text(asString(asObject(value)?.['thinking']) ?? '')
  for (const call of asArray(message['tool_calls'])) {
    reader.text(asString(asObject(asObject(call)?.['function'])?.['arguments']) ?? '')
  }
}

const finishWords: Readonly<Record<string, string>> = {
  stop: 'COMPLETE',
  refusal: 'COMPLETE',
  length: 'MAX_TOKENS',
  tools: 'TOOL_CALL',
  tool_calls: 'TOOL_CALL',
  content_filter: 'ERROR_TOXIC',
}

const finishWord = (finish: string) => finishWords[finish] ?? finish
const answerId = (n: number) => `00000000-0000-4000-9000-${String(n).padStart(12, '0')}`

/** The preamble that Cohere puts before every prompt is read and not billed. */
const preambleTokens = 490

function usageObject({ inputTokens, outputTokens, reasoningTokens }: SimUsage): JsonObject {
  return {
    billed_units: { input_tokens: inputTokens, output_tokens: outputTokens },
    tokens: {
      input_tokens: inputTokens + preambleTokens,
      output_tokens: outputTokens,
      ...(reasoningTokens > 0 && { reasoning_tokens: reasoningTokens }),
    },
    cached_tokens: 0,
  }
}

function whole({ answer, n }: Reply): JsonObject {
  const content = answer.blocks.flatMap((block) =>
    block.kind === 'tool' ? [] : [entryOf(block, textOf(block))],
  )
  const calls = answer.blocks.flatMap((block) =>
    block.kind === 'tool' ? [callOf(block, textOf(block))] : [],
  )
  return {
    id: answerId(n),
    message: {
      role: 'assistant',
      ...(content.length > 0 && { content }),
      ...(calls.length > 0 && { tool_plan: '', tool_calls: calls }),
    },
    finish_reason: finishWord(answer.finish),
    usage: usageObject(answer.usage),
  }
}

function entryOf({ kind }: SimBlock, text: string): JsonObject {
  return kind === 'reasoning' ? { type: 'thinking', thinking: text } : { type: 'text', text }
}

function callOf(block: Extract<SimBlock, { kind: 'tool' }>, text: string): JsonObject {
  const id = `${block.name}_${block.callId.replace(/^call_/, '')}`
  return { id, type: 'function', function: { name: block.name, arguments: text } }
}

function frames({ answer, n }: Reply): SimFrame[] {
  const opening = { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] }
  const written = [frame('message-start', { id: answerId(n), delta: { message: opening } }, 'open')]
  let contents = 0
  let calls = 0
  for (const block of answer.blocks) {
    if (block.kind === 'tool') written.push(...callFrames(block, calls++))
    else written.push(...contentFrames(block, contents++))
  }
  const delta = { finish_reason: finishWord(answer.finish), usage: usageObject(answer.usage) }
  written.push(frame('message-end', { delta }, 'finish'), { value: '[DONE]', role: 'done', tokens: 0 })
  return written
}

function contentFrames(block: SimBlock, index: number): SimFrame[] {
  const member = block.kind === 'reasoning' ? 'thinking' : 'text'
  const delta = (content: JsonObject) => ({ index, delta: { message: { content } } })
  return [
    frame('content-start', delta(entryOf(block, '')), 'open'),
    ...block.pieces.map((piece) =>
      frame('content-delta', delta({ [member]: piece }), 'delta', tokensOf(piece)),
    ),
    frame('content-end', { index }, 'other'),
  ]
}

function callFrames(block: Extract<SimBlock, { kind: 'tool' }>, index: number): SimFrame[] {
  const delta = (tool_calls: JsonObject) => ({ index, delta: { message: { tool_calls } } })
  return [
    frame('tool-call-start', delta(callOf(block, '')), 'open', tokensOf(block.name)),
    ...block.pieces.map((piece) =>
      frame('tool-call-delta', delta({ function: { arguments: piece } }), 'delta', tokensOf(piece)),
    ),
    frame('tool-call-end', { index }, 'other'),
  ]
}

function frame(type: string, rest: JsonObject, role: SimFrame['role'], tokens = 0): SimFrame {
  return { event: type, value: { type, ...rest }, role, tokens }
}

function error({ message, code }: ErrorWords, n: number): JsonObject {
  return {
    id: answerId(n),
    message,
    ...(code === 'context_length_exceeded' && { error_type: 'TOO_MANY_TOKENS' }),
  }
}
