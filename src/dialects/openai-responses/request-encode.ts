/** Writes a request for a response. */

import { asArray, asObject, defined, type Json, type JsonObject } from '../../core/json.ts'
import {
  type GenRequest,
  type OutputFormat,
  type ReasoningOptions,
  type Tool,
  untoldFields,
} from '../../core/request.ts'
import type { EncodedRequest, EncodeTarget } from '../dialect.ts'
import { encodeTurns } from './input-encode.ts'
import { conversationOf } from './request-decode.ts'
import { dialect, ownFields } from './wire.ts'

/** The API refuses smaller limits. */
const minOutputTokens = 16
/** The API refuses longer identifiers of users. */
const maxUserLength = 64
const tiers: ReadonlySet<string> = new Set('auto default flex scale priority fast ultrafast'.split(' '))

/**
 * A request that this dialect decoded goes back as it was, but for these forms: a lone text is a string, items
 * have their `type`, nulls are absent, and log probabilities of earlier answers are left out. For others, the
 * rules below make it acceptable and `dropped` says what that cost. Nothing is stored at the provider unless the
 * client asked for it.
 */
export function encodeRequest(request: GenRequest, target: EncodeTarget): EncodedRequest {
  const dropped = new Set<string>()
  const isOwn = request.native?.dialect === dialect
  const own = ownFields(request.native)
  const tools = encodeTools(request, isOwn, dropped)
  const { instructions, input } = encodeTurns(request.turns, isOwn, dropped)
  const hasInput = input.length > 0 || !isOwn
  reportUnsupported(request, isOwn, dropped)
  const body: JsonObject = defined({
    ...own,
    model: target.model,
    instructions,
    input: hasInput ? input : undefined,
    stream: request.stream ? true : undefined,
    max_output_tokens: encodeLimit(request, isOwn, dropped),
    temperature: request.temperature,
    top_p: request.topP,
    tools: tools.length > 0 ? tools : undefined,
    tool_choice: encodeToolChoice(request, tools.length > 0, isOwn, dropped),
    parallel_tool_calls: isOwn || tools.length > 0 ? request.parallelToolCalls : undefined,
    text: encodeText(request, own['text']),
    reasoning: encodeReasoning(request.reasoning, own['reasoning'], isOwn, dropped),
    include: encodeInclude(request, own['include'], isOwn, input),
    top_logprobs: encodeTopLogprobs(request, own['include']),
    metadata: encodeMetadata(request, isOwn, dropped),
    prompt_cache_key: encodeSession(request, own),
    service_tier: encodeServiceTier(request.serviceTier, isOwn, dropped),
    store: request.store ?? (isOwn ? undefined : false),
    previous_response_id: request.previousResponseId,
    ...encodeUser(request.user, own, isOwn, dropped),
  })
  return { body, dropped: [...dropped] }
}

function encodeLimit(
  { maxOutputTokens: limit }: GenRequest,
  isOwn: boolean,
  dropped: Set<string>,
): number | undefined {
  if (limit === undefined || isOwn || limit >= minOutputTokens) return limit
  dropped.add(`max_output_tokens<${minOutputTokens}`)
  return minOutputTokens
}

function encodeTools(request: GenRequest, isOwn: boolean, dropped: Set<string>): JsonObject[] {
  const out: JsonObject[] = []
  for (const [index, tool] of (request.tools ?? []).entries()) {
    if (tool.type === 'function') out.push(encodeFunction(tool, isOwn))
    else if (tool.dialect === dialect) out.push(tool.value)
    else dropped.add(`tools[${index}]`)
  }
  return out
}

/** Functions are strict here unless they say that they are not, and in no other dialect. */
function encodeFunction(tool: Tool & { readonly type: 'function' }, isOwn: boolean): JsonObject {
  const { strict } = tool
  return {
    type: 'function',
    name: tool.name,
    ...defined({ description: tool.description, strict: isOwn ? strict : (strict ?? false) }),
    parameters: tool.schema ?? (isOwn ? null : { type: 'object', properties: {} }),
    ...ownFields(tool.native),
  }
}

function encodeToolChoice(
  { toolChoice: choice }: GenRequest,
  hasTools: boolean,
  isOwn: boolean,
  dropped: Set<string>,
): Json | undefined {
  if (choice === undefined) return undefined
  if (!hasTools && !isOwn) {
    // The API refuses a choice without tools. Only one that demands a call loses its meaning there.
    if (choice.type !== 'auto' && choice.type !== 'none') dropped.add('tool_choice')
    return undefined
  }
  switch (choice.type) {
    case 'auto':
    case 'none':
    case 'required':
      return choice.type
    case 'tool':
      return { type: 'function', name: choice.name }
    case 'allowed':
      return {
        type: 'allowed_tools',
        mode: choice.mode,
        tools: choice.names.map((name) => ({ type: 'function', name })),
      }
    case 'native':
      if (choice.dialect === dialect) return choice.value
      dropped.add('tool_choice')
      return undefined
  }
}

function encodeText({ format, verbosity }: GenRequest, own: Json | undefined): JsonObject | undefined {
  const text = {
    ...asObject(own),
    ...(format === undefined ? {} : { format: encodeFormat(format) }),
    ...(verbosity === undefined ? {} : { verbosity }),
  }
  return Object.keys(text).length > 0 ? text : undefined
}

function encodeFormat(format: OutputFormat): JsonObject {
  switch (format.type) {
    case 'text':
      return { type: 'text' }
    case 'json':
      return { type: 'json_object' }
    case 'json-schema':
      return {
        type: 'json_schema',
        name: format.name ?? 'answer', // mandatory here, and not all dialects have one
        schema: format.schema,
        ...defined({ description: format.description, strict: format.strict }),
      }
  }
}

/** A budget in tokens becomes the effort that comes nearest, which is reported. */
function encodeReasoning(
  options: ReasoningOptions | undefined,
  own: Json | undefined,
  isOwn: boolean,
  dropped: Set<string>,
): JsonObject | undefined {
  const { effort, budgetTokens, show } = options ?? {}
  if (budgetTokens !== undefined && effort === undefined) dropped.add('reasoning_budget')
  const asked = effort ?? (budgetTokens === undefined ? undefined : effortOfBudget(budgetTokens))
  const summary = typeof show === 'string' ? show : show === true ? 'auto' : undefined
  const reasoning = {
    ...asObject(own),
    ...(asked === undefined ? {} : { effort: asked }),
    // A summary of no reasoning is refused.
    ...(summary === undefined || (!isOwn && asked === 'none') ? {} : { summary }),
  }
  return Object.keys(reasoning).length > 0 ? reasoning : undefined
}

function effortOfBudget(budgetTokens: number): string {
  if (budgetTokens === 0) return 'none'
  if (budgetTokens <= 4096) return 'low'
  return budgetTokens <= 16_384 ? 'medium' : 'high'
}

/**
 * As nothing is stored, reasoning must come with its encrypted content to be of use in the next turn. Models that
 * do not reason refuse to be asked for it, so it is asked for only where the request speaks of reasoning.
 */
function encodeInclude(
  { reasoning, topLogprobs, store }: GenRequest,
  own: Json | undefined,
  isOwn: boolean,
  input: readonly JsonObject[],
): Json | undefined {
  if (isOwn) return own
  const isReasoning =
    (reasoning !== undefined && reasoning.effort !== 'none' && reasoning.budgetTokens !== 0) ||
    input.some((item) => item['type'] === 'reasoning')
  const include = [
    ...(isReasoning && store !== true ? ['reasoning.encrypted_content'] : []),
    ...(topLogprobs === undefined ? [] : ['message.output_text.logprobs']),
  ]
  return include.length > 0 ? include : undefined
}

/** Where the client asked for log probabilities by `include` alone, a number of alternatives is not its wish. */
function encodeTopLogprobs({ topLogprobs }: GenRequest, include: Json | undefined): number | undefined {
  const isByInclude = topLogprobs === 0 && asArray(include).includes('message.output_text.logprobs')
  return isByInclude ? undefined : topLogprobs
}

function encodeMetadata(
  { metadata }: GenRequest,
  isOwn: boolean,
  dropped: Set<string>,
): JsonObject | undefined {
  if (metadata === undefined || isOwn) return metadata
  if (Object.values(metadata).every((value) => typeof value === 'string')) return metadata
  dropped.add('metadata')
  return undefined
}

function encodeSession({ session }: GenRequest, own: JsonObject): string | undefined {
  return session === conversationOf(own) ? undefined : session
}

function encodeUser(
  user: string | undefined,
  own: JsonObject,
  isOwn: boolean,
  dropped: Set<string>,
): JsonObject {
  if (user === undefined) return {}
  if (own['user'] === user) return {} // it came under its deprecated name, and stays there
  if (isOwn || user.length <= maxUserLength) return { safety_identifier: user }
  dropped.add('user')
  return {}
}

function encodeServiceTier(
  tier: string | undefined,
  isOwn: boolean,
  dropped: Set<string>,
): string | undefined {
  if (tier === undefined || isOwn || tiers.has(tier)) return tier
  if (tier === 'standard_only') return 'default' // Anthropic's word for the same
  dropped.add('service_tier')
  return undefined
}

/** Names what the request asks for and this dialect has no member for. A value that asks for nothing is no loss. */
function reportUnsupported(request: GenRequest, isOwn: boolean, dropped: Set<string>): void {
  const parts = request.turns.flatMap((turn) => turn.parts)
  const cacheable: readonly object[] = [...parts, ...(request.tools ?? [])]
  const asked: Record<string, boolean> = {
    stop: (request.stop ?? []).length > 0,
    seed: request.seed !== undefined,
    n: (request.choices ?? 1) > 1,
    top_k: request.topK !== undefined,
    presence_penalty: (request.presencePenalty ?? 0) !== 0,
    frequency_penalty: (request.frequencyPenalty ?? 0) !== 0,
    logit_bias: Object.keys(request.logitBias ?? {}).length > 0,
    modalities: (request.outputModalities ?? []).some((modality) => modality.toLowerCase() !== 'text'),
    cache:
      request.cache !== undefined || cacheable.some((item) => 'cache' in item && item.cache !== undefined),
  }
  for (const [name, isAsked] of Object.entries(asked)) if (isAsked) dropped.add(name)
  if (!isOwn) for (const name of untoldFields(request)) dropped.add(name)
}
