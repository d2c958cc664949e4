/** Writes Bedrock's Converse. */

import { asArray, asNumber, asObject, asString, type Json, type JsonObject, parseJson } from '../core/json.ts'
import { type SimBlock, type SimUsage, textOf, tokensOf } from './answer.ts'
import { type OfferedTool, type Prompt, PromptReader } from './prompt.ts'
import type { ErrorWords, Reply, SimFrame, Wire } from './wire.ts'

export const bedrockConverse: Wire = {
  name: 'bedrock-converse',
  stream: { framing: 'aws-event-stream', contentType: 'application/vnd.amazon.eventstream' },
  read,
  whole,
  frames,
  usageFrame: (_reply, usage) => frame('metadata', metadata(usage), 'usage'),
  error: ({ status, message }) => ({ __type: upper(exceptionOf(status)), message }),
  errorFrame,
  strangeFrame: () => frame('vendorNotice', {}, 'open'),
  headers: ({ n, nowMs }) => [
    ['date', new Date(nowMs).toUTCString()],
    ['x-amzn-requestid', `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`],
  ],
}

function read(body: JsonObject): Prompt {
  const reader = new PromptReader()
  reader.text(textOfBlocks(body['system'], reader))
  for (const value of asArray(body['messages'])) readMessage(asObject(value) ?? {}, reader)
  const config = asObject(body['toolConfig'])
  const tools = asArray(config?.['tools']).flatMap((value): OfferedTool[] => {
    const spec = asObject(asObject(value)?.['toolSpec'])
    const name = asString(spec?.['name'])
    const schema = asObject(asObject(spec?.['inputSchema'])?.['json'])
    return name === undefined || schema === undefined ? [] : [reader.tool({ name, schema })]
  })
  const choice = asObject(config?.['toolChoice'])
  const named = asString(asObject(choice?.['tool'])?.['name'])
  const format = asObject(asObject(asObject(body['outputConfig'])?.['textFormat'])?.['structure'])
  const schema = asObject(parseJson(asString(asObject(format?.['jsonSchema'])?.['schema']) ?? ''))
  const limit = asNumber(asObject(body['inferenceConfig'])?.['maxTokens'])
  return reader.prompt({
    tools,
    toolChoice: named !== undefined ? { name: named } : choice?.['any'] === undefined ? 'auto' : 'required',
    choices: 1,
    ...(limit !== undefined && { maxOutputTokens: limit }),
    ...(schema && { format: { schema } }),
  })
}

/** The text of content blocks; media blocks are counted. */
function textOfBlocks(content: Json | undefined, reader: PromptReader): string {
  const texts = asArray(content).map((value) => {
    const block = asObject(value) ?? {}
    if (['image', 'document', 'video', 'audio'].some((media) => block[media] !== undefined)) reader.media()
    return asString(block['text']) ?? (block['json'] === undefined ? '' : JSON.stringify(block['json']))
  })
  return texts.join('')
}

function readMessage(message: JsonObject, reader: PromptReader): void {
  const text = textOfBlocks(message['content'], reader)
  if (message['role'] === 'user') reader.user(text)
  else reader.assistant(text)
  for (const value of asArray(message['content'])) {
    const block = asObject(value)
    const result = asObject(block?.['toolResult'])
    const tool = asObject(block?.['toolUse'])
    const shown = asObject(asObject(block?.['reasoningContent'])?.['reasoningText'])
    if (result) reader.toolResult(textOfBlocks(result['content'], reader))
    if (tool) reader.text(JSON.stringify(tool['input'] ?? {}))
    if (shown) {
      reader.text(asString(shown['text']) ?? '')
      reader.signature(asString(shown['signature']) ?? '', asString(shown['text']) ?? '')
    }
  }
}

const stopReasons: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  refusal: 'end_turn',
  length: 'max_tokens',
  tools: 'tool_use',
  tool_calls: 'tool_use',
  content_filter: 'content_filtered',
}

const stopReason = (finish: string) => stopReasons[finish] ?? finish

function whole({ answer }: Reply): JsonObject {
  return {
    ...metadata(answer.usage),
    output: { message: { content: answer.blocks.map(contentBlock), role: 'assistant' } },
    stopReason: stopReason(answer.finish),
  }
}

function metadata({ inputTokens, outputTokens }: SimUsage): JsonObject {
  return {
    metrics: { latencyMs: 1 },
    usage: { inputTokens, outputTokens, serverToolUsage: {}, totalTokens: inputTokens + outputTokens },
  }
}

function contentBlock(block: SimBlock, at: number): JsonObject {
  const text = textOf(block)
  switch (block.kind) {
    case 'text':
    case 'refusal':
      return { text }
    case 'reasoning':
      return { reasoningContent: { reasoningText: { signature: block.signature, text } } }
    case 'tool': {
      // Cut arguments: the provider has no object to show.
      const input = parseJson(text) ?? {}
      return { toolUse: { input, name: block.name, toolUseId: toolUseId(block.callId, at) } }
    }
  }
}

const toolUseId = (callId: string, at: number) => `tooluse_${callId.replace(/^call_/, '')}${at}`

// Providers pad every event, so that its size does not tell the length of a token.
const padding = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01234'

function frame(event: string, payload: JsonObject, role: SimFrame['role'], tokens = 0): SimFrame {
  const p = padding.slice(0, 1 + ((7 * JSON.stringify(payload).length) % padding.length))
  return { event, value: { ...payload, p }, role, tokens }
}

function frames({ answer }: Reply): SimFrame[] {
  const written = [frame('messageStart', { role: 'assistant' }, 'open')]
  answer.blocks.forEach((block, contentBlockIndex) => {
    const delta = (value: JsonObject, role: SimFrame['role'], tokens = 0) =>
      frame('contentBlockDelta', { contentBlockIndex, delta: value }, role, tokens)
    if (block.kind === 'tool') {
      const toolUse = { name: block.name, toolUseId: toolUseId(block.callId, contentBlockIndex) }
      const start = { contentBlockIndex, start: { toolUse } }
      written.push(frame('contentBlockStart', start, 'open', tokensOf(block.name)))
    }
    for (const piece of block.pieces) written.push(delta(deltaOf(block, piece), 'delta', tokensOf(piece)))
    if (block.kind === 'reasoning') {
      written.push(delta({ reasoningContent: { signature: block.signature } }, 'other'))
    }
    written.push(frame('contentBlockStop', { contentBlockIndex }, 'other'))
  })
  written.push(
    frame('messageStop', { stopReason: stopReason(answer.finish) }, 'finish'),
    frame('metadata', metadata(answer.usage), 'usage'),
  )
  return written
}

function deltaOf({ kind }: SimBlock, piece: string): JsonObject {
  switch (kind) {
    case 'text':
    case 'refusal':
      return { text: piece }
    case 'reasoning':
      return { reasoningContent: { text: piece } }
    case 'tool':
      return { toolUse: { input: piece } }
  }
}

const exceptions: Readonly<Record<number, string>> = {
  403: 'accessDeniedException',
  404: 'resourceNotFoundException',
  429: 'throttlingException',
  503: 'serviceUnavailableException',
  529: 'serviceUnavailableException',
}

function errorFrame({ status, message }: ErrorWords): SimFrame {
  return { event: exceptionOf(status), value: { message }, role: 'other', tokens: 0 }
}

function exceptionOf(status: number): string {
  return exceptions[status] ?? (status < 500 ? 'validationException' : 'internalServerException')
}

function upper(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1)
}
