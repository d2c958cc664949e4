/** Writes Anthropic Messages. */

import { asArray, asNumber, asObject, asString, type Json, type JsonObject } from '../core/json.ts'
import { type SimBlock, type SimUsage, textOf, tokensOf } from './answer.ts'
import { identifier } from './identifier.ts'
import { contentText, type OfferedTool, type Prompt, PromptReader } from './prompt.ts'
import type { ErrorWords, Reply, SimFrame, Wire } from './wire.ts'

export const anthropicMessages: Wire = {
  name: 'anthropic-messages',
  read,
  whole,
  frames,
  usageFrame: (_reply, usage) => messageDelta(usage, null),
  error,
  errorFrame: (words, n) => ({ event: 'error', value: error(words, n), role: 'other', tokens: 0 }),
  strangeFrame: () => frame('vendor_notice', {}, 'open'),
  headers: ({ n, nowMs, rate }) => {
    const reset = (inMs: number) => new Date(nowMs + inMs).toISOString().replace(/\.\d+Z$/, 'Z')
    const ample = { limit: 10_000_000, remaining: 9_999_000, resetMs: 1000 }
    const limits = ['requests', 'tokens', 'input-tokens', 'output-tokens'].flatMap(
      (kind): [string, string][] => {
        const state = kind === 'requests' && rate ? rate : ample
        return [
          [`anthropic-ratelimit-${kind}-limit`, String(state.limit)],
          [`anthropic-ratelimit-${kind}-remaining`, String(state.remaining)],
          [`anthropic-ratelimit-${kind}-reset`, reset(state.resetMs)],
        ]
      },
    )
    return [['date', new Date(nowMs).toUTCString()], ['request-id', identifier('req_01', n, 22)], ...limits]
  },
}

function read(body: JsonObject): Prompt {
  const reader = new PromptReader()
  reader.text(contentText(body['system'], reader))
  for (const value of asArray(body['messages'])) readMessage(asObject(value) ?? {}, reader)
  const tools = asArray(body['tools']).flatMap((value): OfferedTool[] => {
    const tool = asObject(value)
    const name = asString(tool?.['name'])
    const schema = asObject(tool?.['input_schema'])
    return name === undefined || schema === undefined ? [] : [reader.tool({ name, schema })]
  })
  const choice = asObject(body['tool_choice'])
  const named = asString(choice?.['name'])
  const format = asObject(asObject(body['output_config'])?.['format']) ?? asObject(body['output_format'])
  const schema = asObject(format?.['schema'])
  const limit = asNumber(body['max_tokens'])
  return reader.prompt({
    tools,
    toolChoice:
      named !== undefined
        ? { name: named }
        : choice?.['type'] === 'any'
          ? 'required'
          : choice?.['type'] === 'none'
            ? 'none'
            : 'auto',
    choices: 1,
    ...(limit !== undefined && { maxOutputTokens: limit }),
    ...(schema && { format: { schema } }),
  })
}

function readMessage(message: JsonObject, reader: PromptReader): void {
  const text = contentText(message['content'], reader)
  if (message['role'] === 'user') reader.user(text)
  else reader.assistant(text)
  for (const value of asArray(message['content'])) {
    const block = asObject(value)
    if (block?.['type'] === 'tool_result') reader.toolResult(contentText(block['content'], reader))
    else if (block?.['type'] === 'tool_use') reader.text(JSON.stringify(block['input'] ?? {}))
    else if (block?.['type'] === 'thinking') {
      reader.text(asString(block['thinking']) ?? '')
      reader.signature(asString(block['signature']) ?? '', asString(block['thinking']) ?? '')
    }
  }
}

const stopReasons: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tools: 'tool_use',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
}

const stopReason = (finish: string) => stopReasons[finish] ?? finish

function whole(reply: Reply): JsonObject {
  const { answer } = reply
  return {
    ...message(reply),
    content: answer.blocks.map((block, at) => contentBlock(block, textOf(block), at)),
    stop_reason: stopReason(answer.finish),
    usage: usageObject(answer.usage),
  }
}

function message(reply: Reply): JsonObject {
  return {
    model: reply.model,
    id: identifier('msg_01', reply.n, 22),
    type: 'message',
    role: 'assistant',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
  }
}

function usageObject({ inputTokens, outputTokens, reasoningTokens }: SimUsage): JsonObject {
  return {
    input_tokens: inputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    output_tokens: outputTokens,
    ...(reasoningTokens > 0 && { output_tokens_details: { thinking_tokens: reasoningTokens } }),
    service_tier: 'standard',
    inference_geo: 'not_available',
  }
}

/** The block with this much of its text: all of it, or none where deltas follow. */
function contentBlock(block: SimBlock, text: string, at: number): JsonObject {
  switch (block.kind) {
    case 'text':
    case 'refusal':
      return { type: 'text', text }
    case 'reasoning':
      return { type: 'thinking', thinking: text, signature: text === '' ? '' : block.signature }
    case 'tool':
      return {
        type: 'tool_use',
        id: toolUseId(block.callId, at),
        name: block.name,
        input: parsed(text),
        caller: { type: 'direct' },
      }
  }
}

const toolUseId = (callId: string, at: number) => `toolu_${callId.replace(/^call_/, '')}${at}`

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return {} // cut arguments: the provider has no object to show
  }
}

function frame(type: string, rest: JsonObject, role: SimFrame['role'], tokens = 0): SimFrame {
  return { event: type, value: { type, ...rest }, role, tokens }
}

function messageDelta(usage: SimUsage, reason: string | null): SimFrame {
  const { cache_creation: _all, service_tier: _tier, inference_geo: _geo, ...counts } = usageObject(usage)
  const delta = { stop_reason: reason, stop_sequence: null, stop_details: null }
  return frame('message_delta', { delta, usage: counts }, reason === null ? 'usage' : 'finish')
}

function frames(reply: Reply): SimFrame[] {
  const { answer } = reply
  const opening = {
    ...message(reply),
    usage: usageObject({ ...answer.usage, outputTokens: 1, reasoningTokens: 0 }),
  }
  const written = [frame('message_start', { message: opening }, 'open')]
  answer.blocks.forEach((block, index) => {
    const tokens = block.kind === 'tool' ? tokensOf(block.name) : 0
    written.push(
      frame('content_block_start', { index, content_block: contentBlock(block, '', index) }, 'open', tokens),
    )
    if (index === 0) written.push({ event: 'ping', value: '{"type": "ping"}', role: 'open', tokens: 0 })
    if (block.kind === 'tool') written.push(blockDelta(index, 'input_json_delta', 'partial_json', ''))
    for (const piece of block.pieces) {
      if (block.kind === 'tool') written.push(blockDelta(index, 'input_json_delta', 'partial_json', piece))
      else if (block.kind === 'reasoning')
        written.push(blockDelta(index, 'thinking_delta', 'thinking', piece))
      else written.push(blockDelta(index, 'text_delta', 'text', piece))
    }
    if (block.kind === 'reasoning') {
      const delta = { type: 'signature_delta', signature: block.signature }
      written.push(frame('content_block_delta', { index, delta }, 'other'))
    }
    written.push(frame('content_block_stop', { index }, 'other'))
  })
  written.push(messageDelta(answer.usage, stopReason(answer.finish)), frame('message_stop', {}, 'finish'))
  return written
}

function blockDelta(index: number, type: string, field: string, piece: string): SimFrame {
  const role = piece === '' ? 'other' : 'delta'
  return frame('content_block_delta', { index, delta: { type, [field]: piece } }, role, tokensOf(piece))
}

const errorTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

function error({ status, message: text, code }: ErrorWords, n: number): JsonObject {
  const type = errorTypes[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error')
  const details = code === undefined ? {} : { details: { error_code: code } }
  return {
    type: 'error',
    error: { type, message: text, ...details },
    request_id: identifier('req_01', n, 22),
  }
}
