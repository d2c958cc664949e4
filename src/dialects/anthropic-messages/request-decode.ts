/** Reads a client's Messages request. */

import {
  asObject,
  asString,
  defined,
  isObject,
  type Json,
  type JsonObject,
  unknownFields,
} from '../../core/json.ts'
import type {
  GenRequest,
  OutputFormat,
  Part,
  ReasoningOptions,
  Tool,
  ToolChoice,
  Turn,
} from '../../core/request.ts'
import {
  invalid,
  optional,
  readArray,
  readBoolean,
  readCount,
  readNumber,
  readObject,
  readString,
  readStrings,
  required,
} from '../read-fields.ts'
import { cacheOf, decodeContent } from './part-decode.ts'

const dialect = 'anthropic-messages'
const known: ReadonlySet<string> = new Set([
  ...'model messages system max_tokens stream temperature top_p top_k stop_sequences tools'.split(' '),
  ...'tool_choice thinking output_config output_format metadata service_tier cache_control'.split(' '),
])
const toolMembers: ReadonlySet<string> = new Set(
  'name description input_schema strict cache_control'.split(' '),
)
const efforts: ReadonlySet<string> = new Set(['low', 'medium', 'high', 'xhigh', 'max'])

/**
 * Throws GatewayError `invalid_request` with the path of the field at fault. `max_tokens` may be absent, so that
 * the bodies of token counting are read by the same rules. The result always has `native` of this dialect, also
 * without fields: it says that the turns obey this dialect's rules, which its encoder then need not impose.
 */
export function decodeRequest(body: Json): GenRequest {
  const request = readObject(body, 'body')
  const metadata = optional(request, 'metadata', '', readObject)
  const choice = optional(request, 'tool_choice', '', decodeToolChoice)
  const { reasoning, format, left } = decodeOutput(request)
  return {
    model: required(request, 'model', '', readString),
    stream: optional(request, 'stream', '', readBoolean) ?? false,
    turns: [
      ...(optional(request, 'system', '', decodeSystem) ?? []),
      ...required(request, 'messages', '', readArray).flatMap(decodeMessage),
    ],
    ...defined({
      tools: optional(request, 'tools', '', readArray)?.map(decodeTool),
      maxOutputTokens: optional(request, 'max_tokens', '', readCount),
      temperature: optional(request, 'temperature', '', readNumber),
      topP: optional(request, 'top_p', '', readNumber),
      topK: optional(request, 'top_k', '', readCount),
      stop: optional(request, 'stop_sequences', '', readStrings),
      serviceTier: optional(request, 'service_tier', '', readString),
      user: metadata && optional(metadata, 'user_id', 'metadata.', readString),
      metadata: metadata && unknownFields(metadata, new Set(['user_id'])),
      reasoning,
      format,
    }),
    ...choice,
    ...cacheOf(request, ''),
    native: { dialect, fields: { ...unknownFields(request, known), ...left } },
  }
}

function decodeSystem(value: Json | undefined, param: string): readonly Turn[] {
  return [{ role: 'system', parts: decodeContent(value, param) }]
}

/** One message; a user's tool results become a turn of their own before the rest of it. */
function decodeMessage(value: Json, index: number): readonly Turn[] {
  const param = `messages.${index}`
  const message = readObject(value, param)
  const role = required(message, 'role', `${param}.`, readString)
  if (role !== 'user' && role !== 'assistant' && role !== 'system') {
    throw invalid(`${param}.role`, 'must be user, assistant or system')
  }
  const parts = decodeContent(
    required(message, 'content', `${param}.`, (content) => content),
    `${param}.content`,
  )
  const isResult = (part: Part) => part.type === 'tool-result'
  const results = parts.filter(isResult)
  if (results.length === 0) return [{ role, parts }]
  if (role !== 'user') {
    throw invalid(
      `${param}.content.${parts.findIndex(isResult)}.type`,
      'can be tool_result in a user message only',
    )
  }
  const rest = parts.filter((part) => !isResult(part))
  const turn: Turn = { role: 'tool', parts: results }
  return rest.length === 0 ? [turn] : [turn, { role, parts: rest }]
}

function decodeTool(value: Json, index: number): Tool {
  const at = `tools.${index}.`
  const tool = readObject(value, `tools.${index}`)
  const type = optional(tool, 'type', at, readString)
  if (type !== undefined && type !== 'custom') return { type: 'native', dialect, value: tool }
  const fields = unknownFields(tool, toolMembers)
  return {
    type: 'function',
    name: required(tool, 'name', at, readString),
    ...defined({
      description: optional(tool, 'description', at, readString),
      schema: optional(tool, 'input_schema', at, readObject),
      strict: optional(tool, 'strict', at, readBoolean),
    }),
    ...cacheOf(tool, at),
    ...(fields === undefined ? {} : { native: { dialect, fields } }),
  }
}

function decodeToolChoice(
  value: Json | undefined,
  param: string,
): { toolChoice: ToolChoice; parallelToolCalls?: boolean } {
  const choice = readObject(value, param)
  const at = `${param}.`
  const isSerial = optional(choice, 'disable_parallel_tool_use', at, readBoolean)
  return {
    toolChoice: decodeChoice(choice, at),
    ...(isSerial === undefined ? {} : { parallelToolCalls: !isSerial }),
  }
}

function decodeChoice(choice: JsonObject, at: string): ToolChoice {
  const type = required(choice, 'type', at, readString)
  switch (type) {
    case 'auto':
    case 'none':
      return { type }
    case 'any':
      return { type: 'required' }
    case 'tool':
      return { type: 'tool', name: required(choice, 'name', at, readString) }
    default:
      throw invalid(`${at}type`, 'must be auto, any, tool or none')
  }
}

interface Output {
  readonly reasoning?: ReasoningOptions | undefined
  readonly format?: OutputFormat | undefined
  /** What of `thinking` and `output_config` has no canonical form. */
  readonly left: JsonObject
}

function decodeOutput(request: JsonObject): Output {
  const config = optional(request, 'output_config', '', readObject) ?? {}
  const thinking = optional(request, 'thinking', '', readObject)
  // `output_format` is the name that `output_config.format` had while it was in beta.
  const schema = schemaOf(config['format']) ?? schemaOf(request['output_format'])
  const { effort, format, ...rest } = config
  const options = thinking === undefined ? {} : decodeThinking(thinking)
  const isEffort = typeof effort === 'string' && efforts.has(effort) && options?.effort === undefined
  const leftConfig = defined({
    ...rest,
    effort: isEffort ? undefined : (effort ?? undefined),
    format: schemaOf(format) ? undefined : (format ?? undefined),
  }) as JsonObject
  const reasoning = {
    ...options,
    ...(isEffort ? { effort: effort as NonNullable<ReasoningOptions['effort']> } : {}),
  }
  return {
    reasoning: Object.keys(reasoning).length > 0 ? reasoning : undefined,
    format: schema === undefined ? undefined : { type: 'json-schema', schema },
    left: {
      ...(options === undefined && thinking ? { thinking } : {}),
      ...(Object.keys(leftConfig).length > 0 ? { output_config: leftConfig } : {}),
    },
  }
}

function schemaOf(format: Json | undefined): JsonObject | undefined {
  const object = asObject(format)
  return object?.['type'] === 'json_schema' && isObject(object['schema']) ? object['schema'] : undefined
}

/** Undefined for a mode that has no canonical form. */
function decodeThinking(thinking: JsonObject): ReasoningOptions | undefined {
  const display = asString(thinking['display'])
  const show = display === undefined ? {} : { show: display !== 'omitted' }
  switch (required(thinking, 'type', 'thinking.', readString)) {
    case 'enabled':
      return { budgetTokens: required(thinking, 'budget_tokens', 'thinking.', readCount), ...show }
    case 'adaptive':
      return { adaptive: true, ...show }
    case 'disabled':
      return { effort: 'none' }
    default:
      return undefined
  }
}
