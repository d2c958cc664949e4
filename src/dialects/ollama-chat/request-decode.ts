/** Reads a client's chat request. */

import { defined, isObject, type Json, type JsonObject, unknownFields } from '../../core/json.ts'
import type { GenRequest, OutputFormat, Part, ReasoningOptions, Tool, Turn } from '../../core/request.ts'
import { openCallId } from '../../core/signature.ts'
import {
  invalid,
  optional,
  readArray,
  readBoolean,
  readCount,
  readInteger,
  readNumber,
  readObject,
  readString,
  readStrings,
  required,
} from '../read-fields.ts'

const dialect = 'ollama-chat'
const known: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'tools',
  'format',
  'think',
  'options',
  'logprobs',
  'top_logprobs',
])
const knownOptions: ReadonlySet<string> = new Set([
  'num_predict',
  'temperature',
  'top_p',
  'top_k',
  'seed',
  'stop',
  'presence_penalty',
  'frequency_penalty',
])
const functionFields: ReadonlySet<string> = new Set(['name', 'description', 'parameters'])

/**
 * Throws GatewayError `invalid_request` with the path of the member at fault. A request streams unless it says
 * that it does not. The result always has `native` of this dialect, with what has no canonical form.
 */
export function decodeRequest(body: Json): GenRequest {
  const request = readObject(body, '')
  const options = optional(request, 'options', '', readObject) ?? {}
  const number = (name: string) => optional(options, name, 'options.', readNumber)
  const otherOptions = unknownFields(options, knownOptions)
  const wantsLogprobs = optional(request, 'logprobs', '', readBoolean) ?? false
  const calls: string[] = []
  return {
    model: required(request, 'model', '', readString),
    stream: optional(request, 'stream', '', readBoolean) ?? true,
    turns: required(request, 'messages', '', readArray).map((message, index) =>
      decodeMessage(readObject(message, `messages[${index}]`), index, calls),
    ),
    ...defined({
      tools: optional(request, 'tools', '', readArray)?.map((tool, index) =>
        decodeTool(readObject(tool, `tools[${index}]`), `tools[${index}].`),
      ),
      format: decodeFormat(request['format']),
      reasoning: optional(request, 'think', '', decodeThink),
      maxOutputTokens: decodeLimit(options),
      temperature: number('temperature'),
      topP: number('top_p'),
      topK: optional(options, 'top_k', 'options.', readCount),
      seed: number('seed'),
      stop: optional(options, 'stop', 'options.', readStrings),
      presencePenalty: number('presence_penalty'),
      frequencyPenalty: number('frequency_penalty'),
      topLogprobs: wantsLogprobs ? (optional(request, 'top_logprobs', '', readCount) ?? 0) : undefined,
    }),
    native: {
      dialect,
      fields: { ...unknownFields(request, known), ...(otherOptions && { options: otherOptions }) },
    },
  }
}

/** A limit below 0 means none. */
function decodeLimit(options: JsonObject): number | undefined {
  const limit = optional(options, 'num_predict', 'options.', readInteger)
  return limit === undefined || limit < 0 ? undefined : limit
}

/**
 * Clients of older servers give calls and results no ids: they belong together by their order. `calls` holds the
 * ids of the calls that still wait for a result.
 */
function decodeMessage(message: JsonObject, index: number, calls: string[]): Turn {
  const at = `messages[${index}].`
  const role = required(message, 'role', at, readString)
  const text = optional(message, 'content', at, readString) ?? ''
  const images = optional(message, 'images', at, readStrings) ?? []
  const content: Part[] = [
    ...(text === '' ? [] : [{ type: 'text' as const, text }]),
    ...images.map((data): Part => ({ type: 'media', media: 'image', source: imageSource(data) })),
  ]
  switch (role) {
    case 'system':
    case 'user':
      return { role, parts: content }
    case 'tool': {
      const id = optional(message, 'tool_call_id', at, readString)
      const waiting = calls.shift()
      const name = optional(message, 'tool_name', at, readString)
      const { callId } = openCallId(id ?? waiting ?? `call_${index}`)
      return { role, parts: [{ type: 'tool-result', callId, content, ...defined({ name }) }] }
    }
    case 'assistant': {
      const thinking = optional(message, 'thinking', at, readString)
      const wire = optional(message, 'tool_calls', at, readArray) ?? []
      const called = wire.map((call, n) =>
        decodeCall(readObject(call, `${at}tool_calls[${n}]`), `${at}tool_calls[${n}].`, `call_${index}_${n}`),
      )
      calls.splice(0, calls.length, ...called.map(({ callId }) => callId))
      const reasoning: Part[] = thinking ? [{ type: 'reasoning', text: thinking }] : []
      return { role, parts: [...reasoning, ...content, ...called] }
    }
    default:
      throw invalid(`${at}role`, 'must be one of system, user, assistant, tool')
  }
}

/** Ollama does not say of what type an image is: it shows by the first bytes. */
function imageSource(data: string): {
  readonly at: 'base64'
  readonly mimeType: string
  readonly data: string
} {
  const [, mimeType] = imageTypes.find(([prefix]) => data.startsWith(prefix)) ?? ['', 'image/jpeg']
  return { at: 'base64', mimeType, data }
}

/** The beginnings of image files, in base64. */
const imageTypes: readonly (readonly [string, string])[] = [
  ['iVBORw0KGgo', 'image/png'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
]

function decodeCall(call: JsonObject, at: string, idOfPlace: string): Part & { readonly type: 'tool-call' } {
  const named = required(call, 'function', at, readObject)
  return {
    type: 'tool-call',
    ...openCallId(optional(call, 'id', at, readString) ?? idOfPlace),
    name: required(named, 'name', `${at}function.`, readString),
    arguments: JSON.stringify(optional(named, 'arguments', `${at}function.`, readObject) ?? {}),
  }
}

function decodeTool(tool: JsonObject, at: string): Tool {
  const wire = tool['function']
  if (!isObject(wire)) return { type: 'native', dialect, value: tool }
  const inner = `${at}function.`
  const fields = unknownFields(wire, functionFields)
  return {
    type: 'function',
    name: required(wire, 'name', inner, readString),
    ...defined({
      description: optional(wire, 'description', inner, readString),
      schema: optional(wire, 'parameters', inner, readObject),
    }),
    ...(fields === undefined ? {} : { native: { dialect, fields } }),
  }
}

/** `json`, or a schema. Clients send an empty string for none. */
function decodeFormat(value: Json | undefined): OutputFormat | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (value === 'json') return { type: 'json' }
  return { type: 'json-schema', schema: readObject(value, 'format') }
}

function decodeThink(value: Json | undefined, param: string): ReasoningOptions {
  switch (value) {
    case true:
      return { adaptive: true }
    case false:
      return { effort: 'none' }
    case 'low':
    case 'medium':
    case 'high':
    case 'max':
      return { effort: value }
    default:
      throw invalid(param, 'must be true, false, low, medium, high or max')
  }
}
