/** Writes a chat request. */

import { asArray, defined, type JsonObject } from '../../core/json.ts'
import { type GenRequest, type ReasoningOptions, type Tool, untoldFields } from '../../core/request.ts'
import type { EncodedRequest, EncodeTarget } from '../dialect.ts'
import { reportAsked } from '../unsupported.ts'
import { encodeTurns } from './message-encode.ts'

const dialect = 'cohere-chat'
/** What the API takes of stop sequences. */
const maxStopSequences = 5

/**
 * A request that this dialect decoded keeps all it said. For others, values outside of the ranges that the API
 * takes become the nearest that it does, and `dropped` says so.
 */
export function encodeRequest(request: GenRequest, target: EncodeTarget): EncodedRequest {
  const dropped = new Set<string>()
  const isOwn = request.native?.dialect === dialect
  const own: JsonObject = isOwn ? request.native.fields : {}
  const documents: JsonObject[] = []
  const takesReasoning = target.takesReasoning ?? false
  const messages = encodeTurns(request.turns, { dropped, isOwn, takesReasoning, documents })
  if (!isOwn) reportUnsupported(request, dropped)
  const body = defined({
    ...own,
    model: target.model,
    messages,
    stream: request.stream,
    documents: documents.length > 0 ? [...asArray(own['documents']), ...documents] : own['documents'],
    ...encodeTools(request, dropped),
    response_format: encodeFormat(request, dropped),
    thinking: encodeThinking(request.reasoning, dropped),
    max_tokens: request.maxOutputTokens,
    ...encodeSampling(request, isOwn, dropped),
  })
  return { body, dropped: [...dropped] }
}

/** https://docs.cohere.com/reference/chat tells the ranges. */
function encodeSampling(request: GenRequest, isOwn: boolean, dropped: Set<string>): JsonObject {
  const within = (name: string, value: number | undefined, min: number, max: number) => {
    if (isOwn || value === undefined || (value >= min && value <= max)) return value
    dropped.add(value < min ? `${name}<${min}` : `${name}>${max}`)
    return Math.min(max, Math.max(min, value))
  }
  const { stop } = request
  const isTooMany = !isOwn && stop !== undefined && stop.length > maxStopSequences
  if (isTooMany) dropped.add('stop')
  return {
    temperature: request.temperature,
    p: within('top_p', request.topP, 0.01, 0.99),
    k: within('top_k', request.topK, 0, 500),
    seed: request.seed,
    stop_sequences: isTooMany ? stop.slice(0, maxStopSequences) : stop,
    presence_penalty: within('presence_penalty', request.presencePenalty, 0, 1),
    frequency_penalty: within('frequency_penalty', request.frequencyPenalty, 0, 1),
  }
}

/**
 * The API can demand a call or forbid it, but not name a tool: to offer only the tools that a choice names means
 * the same. Strictness is of all tools or of none.
 */
function encodeTools(request: GenRequest, dropped: Set<string>): JsonObject {
  const { toolChoice: choice } = request
  const named =
    choice?.type === 'allowed' ? choice.names : choice?.type === 'tool' ? [choice.name] : undefined
  const offered: (Tool & { readonly type: 'function' })[] = []
  const tools = (request.tools ?? []).flatMap((tool, index) => {
    if (tool.type === 'native') {
      if (tool.dialect === dialect) return [tool.value]
      dropped.add(`tools[${index}]`)
      return []
    }
    if (named?.includes(tool.name) === false) return []
    offered.push(tool)
    return [encodeFunction(tool, dropped)]
  })
  if (tools.length === 0) {
    // Only a choice that demands a call loses its meaning without tools.
    if (choice !== undefined && choice.type !== 'auto' && choice.type !== 'none') dropped.add('tool_choice')
    return {}
  }
  const strict = offered.filter((tool) => tool.strict === true).length
  if (strict > 0 && strict < offered.length) dropped.add('tools.strict')
  return {
    tools,
    strict_tools: strict > 0 && strict === offered.length ? true : undefined,
    tool_choice: encodeToolChoice(request, dropped),
  }
}

function encodeFunction(tool: Tool & { readonly type: 'function' }, dropped: Set<string>): JsonObject {
  const { name, description, schema, cache, native } = tool
  if (cache !== undefined) dropped.add('cache_control')
  return {
    type: 'function',
    function: {
      name,
      ...defined({ description }),
      parameters: schema ?? { type: 'object', properties: {} },
      ...(native?.dialect === dialect ? native.fields : {}),
    },
  }
}

function encodeToolChoice({ toolChoice: choice }: GenRequest, dropped: Set<string>): string | undefined {
  switch (choice?.type) {
    case undefined:
    case 'auto':
      return undefined
    case 'none':
      return 'NONE'
    case 'required':
    case 'tool':
      return 'REQUIRED'
    case 'allowed':
      return choice.mode === 'required' ? 'REQUIRED' : undefined
    case 'native':
      dropped.add('tool_choice')
      return undefined
  }
}

function encodeFormat({ format }: GenRequest, dropped: Set<string>): JsonObject | undefined {
  switch (format?.type) {
    case undefined:
    case 'text':
      return undefined
    case 'json':
      return { type: 'json_object' }
    case 'json-schema':
      if (format.description !== undefined) dropped.add('response_format.description')
      return { type: 'json_object', json_schema: format.schema }
  }
}

/** The API knows budgets and no efforts; the words have the budgets that other providers document for them. */
const budgets = { minimal: 1024, low: 2048, medium: 8192 } as const

function encodeThinking(
  reasoning: ReasoningOptions | undefined,
  dropped: Set<string>,
): JsonObject | undefined {
  if (reasoning === undefined) return undefined
  const { effort, budgetTokens, adaptive, show } = reasoning
  if (show === false) dropped.add('reasoning.show')
  if (effort === 'none' || budgetTokens === 0) return { type: 'disabled' }
  if (effort === undefined && budgetTokens === undefined && !adaptive) return undefined
  const isBounded = effort === 'minimal' || effort === 'low' || effort === 'medium'
  const token_budget = budgetTokens ?? (isBounded ? budgets[effort] : undefined)
  return { type: 'enabled', ...defined({ token_budget }) }
}

/** What this dialect has no member for. */
const unsupported = [
  'n',
  'logprobs',
  'logit_bias',
  'verbosity',
  'modalities',
  'previous_response_id',
  'parallel_tool_calls',
  'user',
  'metadata',
  'service_tier',
  'cache_control',
] as const

function reportUnsupported(request: GenRequest, dropped: Set<string>): void {
  reportAsked(request, unsupported, dropped)
  for (const name of untoldFields(request)) dropped.add(name)
}
