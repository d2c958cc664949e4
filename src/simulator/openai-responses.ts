/** Writes OpenAI Responses. */

import { asArray, asNumber, asObject, asString, type Json, type JsonObject } from '../core/json.ts'
import { type SimBlock, type SimUsage, textOf, tokensOf } from './answer.ts'
import { identifier, padding } from './identifier.ts'
import { openAiError, openAiHeaders } from './openai-common.ts'
import { contentText, type OfferedTool, type Prompt, PromptReader } from './prompt.ts'
import type { ErrorWords, Reply, SimFrame, Wire } from './wire.ts'

export const openAiResponses: Wire = {
  name: 'openai-responses',
  read,
  whole,
  frames,
  usageFrame: (reply, usage) =>
    new Sequence().frame(
      'response.in_progress',
      { response: { ...shell(reply, 'in_progress'), usage: usageObject(usage) } },
      'usage',
    ),
  error: openAiError,
  errorFrame: (words: ErrorWords) => {
    const { message, code } = asObject(openAiError(words)['error']) ?? {}
    return new Sequence().frame('error', { code: code ?? null, message, param: null }, 'other')
  },
  strangeFrame: () => new Sequence().frame('response.vendor_notice', {}, 'open'),
  headers: openAiHeaders,
}

function read(body: JsonObject): Prompt {
  const reader = new PromptReader()
  reader.text(asString(body['instructions']) ?? '')
  if (typeof body['input'] === 'string') reader.user(body['input'])
  for (const value of asArray(body['input'])) readItem(asObject(value) ?? {}, reader)
  const tools = asArray(body['tools']).flatMap((value): OfferedTool[] => {
    const tool = asObject(value)
    const name = asString(tool?.['name'])
    const schema = asObject(tool?.['parameters'])
    if (name === undefined || tool?.['type'] !== 'function') return []
    return [reader.tool(schema ? { name, schema } : { name })]
  })
  const choice = body['tool_choice']
  const named = asString(asObject(choice)?.['name'])
  const format = asObject(asObject(body['text'])?.['format'])
  const schema = asObject(format?.['schema'])
  const isJson = format?.['type'] === 'json_schema' || format?.['type'] === 'json_object'
  const limit = asNumber(body['max_output_tokens'])
  return reader.prompt({
    tools,
    toolChoice:
      named !== undefined ? { name: named } : choice === 'none' || choice === 'required' ? choice : 'auto',
    choices: 1,
    ...(limit !== undefined && { maxOutputTokens: limit }),
    ...(isJson && { format: schema ? { schema } : {} }),
  })
}

function readItem(item: JsonObject, reader: PromptReader): void {
  if (item['type'] === 'function_call_output') {
    reader.toolResult(contentText(item['output'], reader))
  } else if (item['type'] === 'function_call') {
    reader.assistant(asString(item['arguments']) ?? '')
  } else if (item['type'] === 'reasoning') {
    const encrypted = asString(item['encrypted_content'])
    if (encrypted !== undefined) reader.signature(encrypted.replace(encryptedPrefix, ''))
  } else {
    const text = contentText(item['content'], reader)
    if (item['role'] === 'user') reader.user(text)
    else if (item['role'] === 'assistant') reader.assistant(text)
    else reader.text(text)
  }
}

const encryptedPrefix = 'gAAAAAB'

/** Status of the response, and why it is incomplete. A word that is neither becomes the status itself. */
function ending(finish: string): { status: string; reason?: string } {
  switch (finish) {
    case 'stop':
    case 'tools':
    case 'tool_calls':
    case 'refusal':
      return { status: 'completed' }
    case 'length':
      return { status: 'incomplete', reason: 'max_output_tokens' }
    case 'content_filter':
      return { status: 'incomplete', reason: 'content_filter' }
    default:
      return { status: 'incomplete', reason: finish }
  }
}

function whole(reply: Reply): JsonObject {
  const { answer } = reply
  const { status, reason } = ending(answer.finish)
  return {
    ...shell(reply, status),
    completed_at: Math.floor(reply.nowMs / 1000),
    incomplete_details: reason === undefined ? null : { reason },
    output: answer.blocks.map((block, at) => itemOf(reply, block, at, textOf(block))),
    usage: usageObject(answer.usage),
  }
}

/** The response object without its output: it repeats the parameters of the request. */
function shell({ body, n, nowMs, model }: Reply, status: string): JsonObject {
  const echoed = (key: string, fallback: Json): Json => body[key] ?? fallback
  const reasoning = asObject(body['reasoning'])
  return {
    id: identifier('resp_', n, 50),
    object: 'response',
    created_at: Math.floor(nowMs / 1000),
    status,
    background: false,
    completed_at: null,
    error: null,
    frequency_penalty: 0,
    incomplete_details: null,
    instructions: echoed('instructions', null),
    max_output_tokens: echoed('max_output_tokens', null),
    max_tool_calls: null,
    model,
    output: [],
    parallel_tool_calls: echoed('parallel_tool_calls', true),
    presence_penalty: 0,
    previous_response_id: echoed('previous_response_id', null),
    prompt_cache_key: echoed('prompt_cache_key', null),
    prompt_cache_retention: 'in_memory',
    reasoning: { effort: reasoning?.['effort'] ?? null, summary: reasoning?.['summary'] ?? null },
    safety_identifier: echoed('safety_identifier', null),
    service_tier: 'default',
    store: echoed('store', true),
    temperature: echoed('temperature', 1),
    text: { format: asObject(body['text'])?.['format'] ?? { type: 'text' }, verbosity: 'medium' },
    tool_choice: echoed('tool_choice', 'auto'),
    tools: echoed('tools', []),
    top_logprobs: 0,
    top_p: echoed('top_p', 1),
    truncation: 'disabled',
    usage: null,
    user: echoed('user', null),
    metadata: echoed('metadata', {}),
  }
}

function usageObject({ inputTokens, outputTokens, reasoningTokens }: SimUsage): JsonObject {
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: inputTokens + outputTokens,
  }
}

function itemId(reply: Reply, block: SimBlock, at: number): string {
  const prefixes = { text: 'msg_', refusal: 'msg_', reasoning: 'rs_', tool: 'fc_' }
  return identifier(prefixes[block.kind], reply.n * 1000 + at, 50)
}

/** The output item with `text` as its content; an empty text is the item as it is announced. */
function itemOf(reply: Reply, block: SimBlock, at: number, text: string): JsonObject {
  const id = itemId(reply, block, at)
  const status = text === '' && block.pieces.length > 0 ? 'in_progress' : 'completed'
  switch (block.kind) {
    case 'text':
    case 'refusal':
      return {
        id,
        type: 'message',
        status,
        content: text === '' ? [] : [partOf(block, text)],
        role: 'assistant',
      }
    case 'tool':
      return { id, type: 'function_call', status, arguments: text, call_id: block.callId, name: block.name }
    case 'reasoning': {
      const isShown = asObject(reply.body['reasoning'])?.['summary'] !== undefined && text !== ''
      const isSealed = asArray(reply.body['include']).includes('reasoning.encrypted_content')
      return {
        id,
        type: 'reasoning',
        ...(isSealed && { encrypted_content: encryptedPrefix + block.signature }),
        summary: isShown ? [{ type: 'summary_text', text }] : [],
      }
    }
  }
}

function partOf(block: SimBlock, text: string): JsonObject {
  if (block.kind === 'refusal') return { type: 'refusal', refusal: text }
  return { type: 'output_text', annotations: [], logprobs: [], text }
}

/** Numbers the events of one stream. */
class Sequence {
  #next = 0

  frame(type: string, rest: JsonObject, role: SimFrame['role'], tokens = 0): SimFrame {
    return { event: type, value: { type, ...rest, sequence_number: this.#next++ }, role, tokens }
  }
}

function frames(reply: Reply): SimFrame[] {
  const sequence = new Sequence()
  const written = [
    sequence.frame('response.created', { response: shell(reply, 'in_progress') }, 'open'),
    sequence.frame('response.in_progress', { response: shell(reply, 'in_progress') }, 'open'),
  ]
  reply.answer.blocks.forEach((block, at) => written.push(...itemFrames(reply, sequence, block, at)))
  const response = whole(reply)
  const type = response['status'] === 'completed' ? 'response.completed' : 'response.incomplete'
  written.push(sequence.frame(type, { response }, 'finish'))
  return written
}

function itemFrames(reply: Reply, sequence: Sequence, block: SimBlock, at: number): SimFrame[] {
  const text = textOf(block)
  const place = { item_id: itemId(reply, block, at), output_index: at }
  const added = sequence.frame(
    'response.output_item.added',
    { item: itemOf(reply, block, at, ''), output_index: at },
    'open',
    block.kind === 'tool' ? tokensOf(block.name) : 0,
  )
  const inner = contentFrames(reply, sequence, block, place)
  const done = sequence.frame(
    'response.output_item.done',
    { item: itemOf(reply, block, at, text), output_index: at },
    'other',
  )
  return [added, ...inner, done]
}

function contentFrames(reply: Reply, sequence: Sequence, block: SimBlock, place: JsonObject): SimFrame[] {
  const text = textOf(block)
  const deltas = (type: string, rest: JsonObject) =>
    block.pieces.map((delta, at) =>
      sequence.frame(
        type,
        { ...place, ...rest, delta, obfuscation: padding(reply.n + at) },
        'delta',
        tokensOf(delta),
      ),
    )
  const other = (type: string, rest: JsonObject) => sequence.frame(type, { ...place, ...rest }, 'other')
  switch (block.kind) {
    case 'tool': {
      const written = deltas('response.function_call_arguments.delta', {})
      return [...written, other('response.function_call_arguments.done', { arguments: text })]
    }
    case 'reasoning': {
      if (asObject(reply.body['reasoning'])?.['summary'] === undefined) return []
      const part = { summary_index: 0 }
      return [
        other('response.reasoning_summary_part.added', { ...part, part: { type: 'summary_text', text: '' } }),
        ...deltas('response.reasoning_summary_text.delta', part),
        other('response.reasoning_summary_text.done', { ...part, text }),
        other('response.reasoning_summary_part.done', { ...part, part: { type: 'summary_text', text } }),
      ]
    }
    case 'text':
    case 'refusal': {
      const name = block.kind === 'text' ? 'output_text' : 'refusal'
      const field = block.kind === 'text' ? { text, logprobs: [] } : { refusal: text }
      const part = { content_index: 0 }
      return [
        other('response.content_part.added', { ...part, part: partOf(block, '') }),
        ...deltas(`response.${name}.delta`, block.kind === 'text' ? { ...part, logprobs: [] } : part),
        other(`response.${name}.done`, { ...part, ...field }),
        other('response.content_part.done', { ...part, part: partOf(block, text) }),
      ]
    }
  }
}
