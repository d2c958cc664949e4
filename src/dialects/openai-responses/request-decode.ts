/** Reads a client's request for a response. */

import { asObject, asString, defined, type Json, type JsonObject, unknownFields } from '../../core/json.ts'
import type {
  GenRequest,
  OutputFormat,
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
  required,
} from '../read-fields.ts'
import { decodeInput } from './input-decode.ts'
import { dialect } from './wire.ts'

const known: ReadonlySet<string> = new Set([
  ...'model input instructions stream max_output_tokens temperature top_p tools tool_choice'.split(' '),
  ...'parallel_tool_calls text reasoning top_logprobs metadata safety_identifier prompt_cache_key'.split(' '),
  ...'service_tier store previous_response_id'.split(' '),
])
const toolMembers: ReadonlySet<string> = new Set(['type', 'name', 'description', 'parameters', 'strict'])
const efforts: ReadonlySet<string> = new Set(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])
const summaries: ReadonlySet<string> = new Set(['auto', 'concise', 'detailed'])

/**
 * Throws GatewayError `invalid_request` with the path of the field at fault. The result always has `native` of
 * this dialect, also without fields: it says that the turns obey this dialect's rules, which its encoder then
 * need not impose. The deprecated `user` stays among the native fields, so that it goes out under that name.
 */
export function decodeRequest(body: Json): GenRequest {
  const request = readObject(body, '')
  const text = optional(request, 'text', '', readObject) ?? {}
  const format = optional(text, 'format', 'text.', decodeFormat)
  const options = optional(request, 'reasoning', '', readObject) ?? {}
  const reasoning = decodeReasoning(options)
  const left = {
    ...unknownFields(request, known),
    ...leftOf('text', text, { verbosity: true, format: format !== undefined }),
    ...leftOf('reasoning', options, {
      effort: reasoning?.effort !== undefined,
      summary: reasoning?.show !== undefined,
    }),
  }
  return {
    model: required(request, 'model', '', readString),
    stream: optional(request, 'stream', '', readBoolean) ?? false,
    turns: decodeTurns(request),
    ...defined({
      tools: optional(request, 'tools', '', readArray)?.map(decodeTool),
      toolChoice: optional(request, 'tool_choice', '', decodeToolChoice),
      parallelToolCalls: optional(request, 'parallel_tool_calls', '', readBoolean),
      format,
      reasoning,
      verbosity: optional(text, 'verbosity', 'text.', readString),
      maxOutputTokens: optional(request, 'max_output_tokens', '', readCount),
      temperature: optional(request, 'temperature', '', readNumber),
      topP: optional(request, 'top_p', '', readNumber),
      topLogprobs: decodeTopLogprobs(request),
      user:
        optional(request, 'safety_identifier', '', readString) ?? optional(request, 'user', '', readString),
      session: optional(request, 'prompt_cache_key', '', readString) ?? conversationOf(request),
      metadata: optional(request, 'metadata', '', readObject),
      serviceTier: optional(request, 'service_tier', '', readString),
      store: optional(request, 'store', '', readBoolean),
      previousResponseId: optional(request, 'previous_response_id', '', readString),
    }),
    native: { dialect, fields: left, ...(asksForNoMore(left['include']) ? { carried: ['include'] } : {}) },
  }
}

const answeredIncludes: ReadonlySet<Json> = new Set([
  // Every answer of Weir brings the proof of its reasoning.
  'reasoning.encrypted_content',
  'message.output_text.logprobs',
])

/** Whether all that the list asks for is in the canonical request, or given without being asked. */
function asksForNoMore(include: Json | undefined): boolean {
  return Array.isArray(include) && (include as readonly Json[]).every((name) => answeredIncludes.has(name))
}

function decodeTurns(request: JsonObject): readonly Turn[] {
  const instructions = optional(request, 'instructions', '', readString)
  const input = optional(request, 'input', '', decodeInput)
  const hasOther = ['prompt', 'conversation', 'previous_response_id'].some(
    (name) => (request[name] ?? null) !== null,
  )
  if (input === undefined && !hasOther) {
    throw invalid('input', 'is required, unless `previous_response_id`, `prompt` or `conversation` is given')
  }
  const system: readonly Turn[] =
    instructions === undefined ? [] : [{ role: 'system', parts: [{ type: 'text', text: instructions }] }]
  return [...system, ...(input ?? [])]
}

/** The members of a nested object that are not taken over, under their object's name; nothing where none is left. */
function leftOf(name: string, object: JsonObject, taken: Readonly<Record<string, boolean>>): JsonObject {
  const entries = Object.entries(object).filter(([key, value]) => taken[key] !== true && value !== null)
  return entries.length === 0 ? {} : { [name]: Object.fromEntries(entries) }
}

/** Undefined for a format that only this dialect knows, such as a grammar. */
function decodeFormat(value: Json | undefined, param: string): OutputFormat | undefined {
  const format = readObject(value, param)
  const at = `${param}.`
  switch (required(format, 'type', at, readString)) {
    case 'text':
      return { type: 'text' }
    case 'json_object':
      return { type: 'json' }
    case 'json_schema':
      return {
        type: 'json-schema',
        schema: required(format, 'schema', at, readObject),
        ...defined({
          name: optional(format, 'name', at, readString),
          description: optional(format, 'description', at, readString),
          strict: optional(format, 'strict', at, readBoolean),
        }),
      }
    default:
      return undefined
  }
}

function decodeReasoning(options: JsonObject): ReasoningOptions | undefined {
  const effort = optional(options, 'effort', 'reasoning.', readString)
  const summary = optional(options, 'summary', 'reasoning.', readString)
  const reasoning = {
    ...(effort !== undefined && efforts.has(effort) ? { effort } : {}),
    ...(summary !== undefined && summaries.has(summary) ? { show: summary } : {}),
  } as ReasoningOptions
  return Object.keys(reasoning).length > 0 ? reasoning : undefined
}

function decodeTopLogprobs(request: JsonObject): number | undefined {
  const top = optional(request, 'top_logprobs', '', readCount)
  const include = optional(request, 'include', '', readArray) ?? []
  return top ?? (include.includes('message.output_text.logprobs') ? 0 : undefined)
}

/** A conversation that the provider keeps is one session. It is given by its id, or as an object with one. */
export function conversationOf(request: JsonObject): string | undefined {
  const { conversation } = request
  return asString(conversation) ?? asString(asObject(conversation)?.['id'])
}

function decodeTool(value: Json, index: number): Tool {
  const at = `tools[${index}].`
  const tool = readObject(value, `tools[${index}]`)
  if (required(tool, 'type', at, readString) !== 'function') return { type: 'native', dialect, value: tool }
  const fields = unknownFields(tool, toolMembers)
  return {
    type: 'function',
    name: required(tool, 'name', at, readString),
    ...defined({
      description: optional(tool, 'description', at, readString),
      schema: optional(tool, 'parameters', at, readObject),
      strict: optional(tool, 'strict', at, readBoolean),
    }),
    ...(fields === undefined ? {} : { native: { dialect, fields } }),
  }
}

function decodeToolChoice(value: Json | undefined, param: string): ToolChoice {
  if (typeof value === 'string') {
    if (value === 'auto' || value === 'none' || value === 'required') return { type: value }
    throw invalid(param, 'must be none, auto, required or an object')
  }
  const choice = readObject(value, param)
  const at = `${param}.`
  const type = required(choice, 'type', at, readString)
  if (type === 'function') return { type: 'tool', name: required(choice, 'name', at, readString) }
  const names = type === 'allowed_tools' ? functionNames(required(choice, 'tools', at, readArray)) : undefined
  const { mode } = choice
  if (names === undefined || (mode !== 'auto' && mode !== 'required')) {
    return { type: 'native', dialect, value: choice }
  }
  return { type: 'allowed', mode, names }
}

/** Undefined where one of the tools is not a function. */
function functionNames(tools: readonly Json[]): readonly string[] | undefined {
  const names: string[] = []
  for (const tool of tools) {
    const { type, name } = readObject(tool, 'tool_choice.tools')
    if (type !== 'function' || typeof name !== 'string') return undefined
    names.push(name)
  }
  return names
}
