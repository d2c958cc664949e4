/** A Chat Completions request as the canonical request. */

import { defined, isObject, type Json, type JsonObject, unknownFields } from '../../core/json.ts'
import type { GenRequest, OutputFormat, ReasoningOptions, Tool, ToolChoice } from '../../core/request.ts'
import {
  invalid,
  optional,
  readArray,
  readBoolean,
  readCount,
  readNumber,
  readNumbers,
  readObject,
  readString,
  readStrings,
  required,
} from '../read-fields.ts'
import { decodeCache, decodeMessages } from './message-decode.ts'

const dialect = 'openai-chat'

const requestFields: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'tools',
  'functions',
  'tool_choice',
  'function_call',
  'parallel_tool_calls',
  'verbosity',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'stop',
  'seed',
  'presence_penalty',
  'frequency_penalty',
  'logit_bias',
  'n',
  'logprobs',
  'top_logprobs',
  'modalities',
  'user',
  'prompt_cache_key',
  'metadata',
  'service_tier',
  'store',
])
const toolFields = new Set(['type', 'function', 'cache_control'])
const functionFields = new Set(['name', 'description', 'parameters', 'strict'])
const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const
type Effort = (typeof efforts)[number]

/**
 * Reads a request; `native` is always set, so that the encoder knows a request in its own words. Legacy
 * functions become tools, `max_tokens` and `max_completion_tokens` one limit. Throws GatewayError
 * `invalid_request` with the path of the member at fault.
 */
export function decodeRequest(body: Json): GenRequest {
  if (!isObject(body)) throw invalid('', 'must be a JSON object')
  const model = required(body, 'model', '', readString)
  if (model === '') throw invalid('model', 'must not be empty')
  const claimed: string[] = []
  const format = decodeFormat(body, claimed)
  const reasoning = decodeReasoning(body, claimed)
  const user = decodeUser(body, claimed)
  const streamOptions = decodeStreamOptions(body, claimed)
  const fields = otherFields(body, claimed)
  if (streamOptions.rest) fields['stream_options'] = streamOptions.rest
  return defined({
    model,
    stream: optional(body, 'stream', '', readBoolean) ?? false,
    turns: decodeMessages(required(body, 'messages', '', readArray)),
    ...decodeTools(body),
    parallelToolCalls: optional(body, 'parallel_tool_calls', '', readBoolean),
    format,
    reasoning,
    verbosity: optional(body, 'verbosity', '', readString),
    user,
    session: optional(body, 'prompt_cache_key', '', readString),
    metadata: optional(body, 'metadata', '', readObject),
    serviceTier: optional(body, 'service_tier', '', readString),
    store: optional(body, 'store', '', readBoolean),
    includeUsage: streamOptions.includeUsage,
    ...decodeSampling(body),
    native: { dialect, fields },
  })
}

/** The members that nothing has read. `claimed` are those that some requests have in a form that was read. */
function otherFields(body: JsonObject, claimed: readonly string[]): Record<string, Json> {
  const fields: Record<string, Json> = Object.create(null) as Record<string, Json>
  for (const name in body) {
    const value = body[name]
    if (value === undefined || value === null) continue
    if (!requestFields.has(name) && !claimed.includes(name)) fields[name] = value
  }
  return fields
}

function decodeSampling(body: JsonObject) {
  const number = (name: string) => optional(body, name, '', readNumber)
  const count = (name: string) => optional(body, name, '', readCount)
  const wantsLogprobs = optional(body, 'logprobs', '', readBoolean) ?? false
  const topLogprobs = count('top_logprobs')
  return {
    maxOutputTokens: count('max_completion_tokens') ?? count('max_tokens'),
    temperature: number('temperature'),
    topP: number('top_p'),
    topK: number('top_k'),
    stop: optional(body, 'stop', '', readStop),
    seed: number('seed'),
    presencePenalty: number('presence_penalty'),
    frequencyPenalty: number('frequency_penalty'),
    logitBias: optional(body, 'logit_bias', '', readNumbers),
    choices: count('n'),
    topLogprobs: topLogprobs ?? (wantsLogprobs ? 0 : undefined),
    outputModalities: optional(body, 'modalities', '', readStrings),
  }
}

function readStop(value: Json | undefined, param: string): readonly string[] {
  return typeof value === 'string' ? [value] : readStrings(value, param)
}

/** `safety_identifier` is the newer name of `user`; beside a `user` it is kept as it is. */
function decodeUser(body: JsonObject, claimed: string[]): string | undefined {
  const user = optional(body, 'user', '', readString)
  if (user !== undefined) return user
  claimed.push('safety_identifier')
  return optional(body, 'safety_identifier', '', readString)
}

function decodeStreamOptions(
  body: JsonObject,
  claimed: string[],
): { includeUsage?: boolean; rest?: JsonObject } {
  claimed.push('stream_options')
  const options = optional(body, 'stream_options', '', readObject)
  if (options === undefined) return {}
  const includeUsage = optional(options, 'include_usage', 'stream_options.', readBoolean)
  const rest = unknownFields(options, new Set(['include_usage']))
  return defined({ includeUsage, rest })
}

/** A form that is not known (a grammar) stays with the fields of this dialect. */
function decodeFormat(body: JsonObject, claimed: string[]): OutputFormat | undefined {
  const format = optional(body, 'response_format', '', readObject)
  const at = 'response_format.'
  switch (format?.['type']) {
    case 'text':
      claimed.push('response_format')
      return { type: 'text' }
    case 'json_object':
      claimed.push('response_format')
      return { type: 'json' }
    case 'json_schema': {
      claimed.push('response_format')
      const wire = required(format, 'json_schema', at, readObject)
      const inner = `${at}json_schema.`
      return {
        type: 'json-schema',
        schema: optional(wire, 'schema', inner, readObject) ?? {},
        ...defined({
          name: optional(wire, 'name', inner, readString),
          description: optional(wire, 'description', inner, readString),
          strict: optional(wire, 'strict', inner, readBoolean),
        }),
      }
    }
    default:
      return undefined
  }
}

/** `reasoning_effort` (OpenAI) and `reasoning` (OpenRouter); words that are not known stay as they are. */
function decodeReasoning(body: JsonObject, claimed: string[]): ReasoningOptions | undefined {
  const effort = toEffort(body['reasoning_effort'])
  if (effort !== undefined) claimed.push('reasoning_effort')
  const wire = optional(body, 'reasoning', '', readObject)
  const options = wire === undefined ? undefined : decodeReasoningObject(wire)
  if (options !== undefined) claimed.push('reasoning')
  if (effort === undefined && options === undefined) return undefined
  return { ...defined({ effort }), ...options }
}

/** Undefined where the object has a member without a canonical form. */
function decodeReasoningObject(wire: JsonObject): ReasoningOptions | undefined {
  const at = 'reasoning.'
  const enabled = optional(wire, 'enabled', at, readBoolean)
  const exclude = optional(wire, 'exclude', at, readBoolean)
  const budgetTokens = optional(wire, 'max_tokens', at, readCount)
  const effort = toEffort(wire['effort']) ?? (enabled === false ? 'none' : undefined)
  if (wire['effort'] !== undefined && wire['effort'] !== null && effort === undefined) return undefined
  const isOpenEnded = enabled === true && effort === undefined && budgetTokens === undefined
  return {
    ...defined({ effort, budgetTokens }),
    ...(isOpenEnded ? { adaptive: true as const } : {}),
    ...(exclude === undefined ? {} : { show: !exclude }),
  }
}

function toEffort(value: Json | undefined): Effort | undefined {
  return efforts.find((effort) => effort === value)
}

function decodeTools(body: JsonObject) {
  const tools = optional(body, 'tools', '', readArray)?.map((item, index) => {
    const path = `tools[${index}]`
    return decodeTool(readObject(item, path), `${path}.`)
  })
  const legacy = optional(body, 'functions', '', readArray)?.map((item, index) => {
    const path = `functions[${index}]`
    return decodeFunction(readObject(item, path), `${path}.`, {})
  })
  const choice = decodeToolChoice(body['tool_choice']) ?? decodeLegacyChoice(body['function_call'])
  const all = tools === undefined && legacy === undefined ? undefined : [...(tools ?? []), ...(legacy ?? [])]
  return { tools: all, toolChoice: choice }
}

function decodeTool(tool: JsonObject, at: string): Tool {
  const type = optional(tool, 'type', at, readString) ?? 'function'
  if (type !== 'function') return { type: 'native', dialect, value: tool }
  return decodeFunction(required(tool, 'function', at, readObject), `${at}function.`, tool)
}

function decodeFunction(wire: JsonObject, at: string, tool: JsonObject): Tool {
  const beside = unknownFields(tool, toolFields)
  const inside = unknownFields(wire, functionFields)
  const fields = { ...beside, ...(inside === undefined ? {} : { function: inside }) }
  return {
    type: 'function',
    name: required(wire, 'name', at, readString),
    ...defined({
      description: optional(wire, 'description', at, readString),
      schema: optional(wire, 'parameters', at, readObject),
      strict: optional(wire, 'strict', at, readBoolean),
      cache: decodeCache(tool),
    }),
    ...(Object.keys(fields).length > 0 ? { native: { dialect, fields } } : {}),
  }
}

function decodeToolChoice(value: Json | undefined): ToolChoice | undefined {
  if (value === undefined || value === null) return undefined
  if (value === 'auto' || value === 'none' || value === 'required') return { type: value }
  if (value === 'any') return { type: 'required' } // Mistral's word
  if (typeof value === 'string') return { type: 'native', dialect, value }
  const choice = readObject(value, 'tool_choice')
  const at = 'tool_choice.'
  switch (choice['type']) {
    case 'function':
      return decodeNamed(required(choice, 'function', at, readObject), `${at}function.`)
    case 'allowed_tools': {
      const allowed = required(choice, 'allowed_tools', at, readObject)
      const inner = `${at}allowed_tools.`
      const names = required(allowed, 'tools', inner, readArray).map((item, index) => {
        const path = `${inner}tools[${index}]`
        const named = required(readObject(item, path), 'function', `${path}.`, readObject)
        return required(named, 'name', `${path}.function.`, readString)
      })
      return { type: 'allowed', mode: allowed['mode'] === 'required' ? 'required' : 'auto', names }
    }
    default:
      return { type: 'native', dialect, value: choice }
  }
}

function decodeLegacyChoice(value: Json | undefined): ToolChoice | undefined {
  if (value === undefined || value === null) return undefined
  if (value === 'auto' || value === 'none') return { type: value }
  return decodeNamed(readObject(value, 'function_call'), 'function_call.')
}

function decodeNamed(wire: JsonObject, at: string): ToolChoice {
  return { type: 'tool', name: required(wire, 'name', at, readString) }
}
