/** Writes a Chat Completions request. */

import { asObject, defined, type JsonObject } from '../../core/json.ts'
import {
  type GenRequest,
  type OutputFormat,
  type Tool,
  type ToolChoice,
  untoldFields,
} from '../../core/request.ts'
import type { EncodedRequest, EncodeTarget } from '../dialect.ts'
import { encodeTurns } from './message-encode.ts'

const dialect = 'openai-chat'

/** `service_tier` in requests; other dialects' words for the same, and words that it does not have. */
const tiers: ReadonlyMap<string, string> = new Map([
  ['auto', 'auto'],
  ['default', 'default'],
  ['standard_only', 'default'],
  ['flex', 'flex'],
  ['scale', 'scale'],
  ['priority', 'priority'],
])

/**
 * Writes OpenAI's own form; what a provider calls otherwise is its quirk. Usage is always asked for on a
 * stream: every call is accounted. A request that this dialect decoded keeps all it said, in today's words:
 * `max_completion_tokens`, tools in place of functions, text alone as a string.
 */
export function encodeRequest(request: GenRequest, target: EncodeTarget): EncodedRequest {
  const dropped = new Set<string>()
  const isOwn = request.native?.dialect === dialect
  const own: JsonObject = isOwn ? request.native.fields : {}
  const tools = encodeTools(request, isOwn, dropped)
  if (!isOwn) reportUnsupported(request, dropped)
  const body = defined({
    ...own,
    model: target.model,
    messages: encodeTurns(request.turns, {
      isOwn,
      takesReasoning: target.takesReasoning ?? false,
      dropped,
    }),
    stream: request.stream ? true : undefined,
    stream_options: request.stream ? { ...asObject(own['stream_options']), include_usage: true } : undefined,
    tools,
    tool_choice: encodeToolChoice(request.toolChoice, tools !== undefined, isOwn, dropped),
    parallel_tool_calls: tools === undefined && !isOwn ? undefined : request.parallelToolCalls,
    response_format: encodeFormat(request.format) ?? own['response_format'],
    ...encodeReasoning(request, own, isOwn, dropped),
    verbosity: request.verbosity,
    max_completion_tokens: request.maxOutputTokens,
    ...encodeSampling(request, isOwn),
    user: request.user,
    prompt_cache_key: request.session,
    ...encodeOwnership(request, isOwn, dropped),
  })
  return { body, dropped: [...dropped] }
}

function encodeSampling(request: GenRequest, isOwn: boolean): JsonObject {
  return {
    temperature: request.temperature,
    top_p: request.topP,
    top_k: isOwn ? request.topK : undefined,
    stop: request.stop,
    seed: request.seed,
    presence_penalty: request.presencePenalty,
    frequency_penalty: request.frequencyPenalty,
    logit_bias: request.logitBias,
    n: request.choices,
    logprobs: request.topLogprobs === undefined ? undefined : true,
    top_logprobs: request.topLogprobs === 0 ? undefined : request.topLogprobs,
    modalities: encodeModalities(request, isOwn),
  }
}

/** Text is what every model gives: to ask for it alone would only upset servers that do not know the word. */
function encodeModalities({ outputModalities }: GenRequest, isOwn: boolean): readonly string[] | undefined {
  const isPlain = outputModalities?.every((modality) => modality === 'text') ?? true
  return isOwn || !isPlain ? outputModalities : undefined
}

/** What the provider should keep and how it should bill. */
function encodeOwnership(request: GenRequest, isOwn: boolean, dropped: Set<string>): JsonObject {
  const { metadata, serviceTier, store } = request
  if (isOwn) return { metadata, service_tier: serviceTier, store }
  // OpenAI takes metadata only on answers that it stores; a foreign `store` is the gateway's own business.
  if (metadata !== undefined) dropped.add('metadata')
  const tier = serviceTier === undefined ? undefined : tiers.get(serviceTier)
  if (serviceTier !== undefined && tier === undefined) dropped.add('service_tier')
  return { service_tier: tier }
}

/** Few servers but OpenAI's know `allowed_tools`: to offer only those tools means the same to all. */
function encodeTools(
  request: GenRequest,
  isOwn: boolean,
  dropped: Set<string>,
): readonly JsonObject[] | undefined {
  const allowed = isOwn || request.toolChoice?.type !== 'allowed' ? undefined : request.toolChoice.names
  const tools = (request.tools ?? []).flatMap((tool, index): JsonObject[] => {
    if (tool.type === 'function') {
      return allowed?.includes(tool.name) === false ? [] : [encodeFunction(tool, isOwn, dropped)]
    }
    if (tool.dialect === dialect) return [tool.value]
    dropped.add(`tools[${index}]`)
    return []
  })
  return tools.length > 0 || (isOwn && request.tools !== undefined) ? tools : undefined
}

function encodeFunction(
  tool: Tool & { readonly type: 'function' },
  isOwn: boolean,
  dropped: Set<string>,
): JsonObject {
  const fields = tool.native?.dialect === dialect ? tool.native.fields : {}
  const { function: inside, ...beside } = fields
  if (tool.cache !== undefined && !isOwn) dropped.add('cache_control')
  return {
    type: 'function',
    function: defined({
      name: tool.name,
      description: tool.description,
      parameters: tool.schema,
      strict: tool.strict,
      ...asObject(inside),
    }),
    ...beside,
    ...(tool.cache !== undefined && isOwn ? { cache_control: { type: 'ephemeral', ...tool.cache } } : {}),
  }
}

function encodeToolChoice(
  choice: ToolChoice | undefined,
  hasTools: boolean,
  isOwn: boolean,
  dropped: Set<string>,
): JsonObject[string] {
  switch (choice?.type) {
    case undefined:
      return undefined
    case 'auto':
    case 'none':
      return hasTools ? choice.type : undefined // refused without tools, and it asks for nothing then
    case 'required':
      return choice.type
    case 'tool':
      return { type: 'function', function: { name: choice.name } }
    case 'allowed': {
      if (!isOwn) return choice.mode
      const tools = choice.names.map((name) => ({ type: 'function', function: { name } }))
      return { type: 'allowed_tools', allowed_tools: { mode: choice.mode, tools } }
    }
    case 'native':
      if (choice.dialect === dialect) return choice.value
      dropped.add('tool_choice')
      return undefined
  }
}

function encodeFormat(format: OutputFormat | undefined): JsonObject | undefined {
  switch (format?.type) {
    case undefined:
      return undefined
    case 'text':
      return { type: 'text' }
    case 'json':
      return { type: 'json_object' }
    case 'json-schema': {
      const { name = 'response', description, schema, strict } = format
      return { type: 'json_schema', json_schema: defined({ name, description, schema, strict }) }
    }
  }
}

/** OpenAI takes an effort in words only; OpenRouter's object says the rest, to those who used it. */
function encodeReasoning(
  { reasoning }: GenRequest,
  own: JsonObject,
  isOwn: boolean,
  dropped: Set<string>,
): JsonObject {
  if (reasoning === undefined) return {}
  const { effort, budgetTokens, adaptive, show } = reasoning
  if (!isOwn) {
    if (budgetTokens !== undefined && effort === undefined) dropped.add('reasoning_budget')
    return { reasoning_effort: effort ?? effortOfBudget(budgetTokens) }
  }
  if (budgetTokens === undefined && adaptive === undefined && show === undefined) {
    return { reasoning_effort: effort ?? own['reasoning_effort'] }
  }
  return {
    reasoning: defined({
      effort,
      max_tokens: budgetTokens,
      enabled: adaptive,
      exclude: show === undefined ? undefined : show === false,
    }),
  }
}

/** The word for a budget, by the shares of the output that OpenRouter documents for its efforts. */
function effortOfBudget(budgetTokens: number | undefined): string | undefined {
  if (budgetTokens === undefined) return undefined
  if (budgetTokens === 0) return 'none'
  if (budgetTokens <= 2048) return 'low'
  return budgetTokens <= 8192 ? 'medium' : 'high'
}

/** Names what a request of another dialect asks for and this one has no member for. */
function reportUnsupported(request: GenRequest, dropped: Set<string>): void {
  if (request.topK !== undefined) dropped.add('top_k')
  if (request.cache !== undefined) dropped.add('cache_control')
  if (request.previousResponseId !== undefined) dropped.add('previous_response_id')
  for (const name of untoldFields(request)) dropped.add(name)
}
