/** Reads a client's chat request. */

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
import { openCallId } from '../../core/signature.ts'
import { sourceOfUrl } from '../openai-chat/media.ts'
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
import { citationFromWire, citationsOf } from './citation.ts'
import { planMark } from './stream-decode.ts'

const dialect = 'cohere-chat'
const known: ReadonlySet<string> = new Set([
  ...'model messages stream tools tool_choice strict_tools response_format thinking max_tokens'.split(' '),
  ...'temperature p k seed stop_sequences presence_penalty frequency_penalty'.split(' '),
])
const functionFields: ReadonlySet<string> = new Set(['name', 'description', 'parameters'])

/**
 * Throws GatewayError `invalid_request` with the path of the member at fault. The result always has `native` of
 * this dialect: it says that the turns obey its rules, which its encoder then need not impose.
 */
export function decodeRequest(body: Json): GenRequest {
  const request = readObject(body, '')
  const number = (name: string) => optional(request, name, '', readNumber)
  const tools = optional(request, 'tools', '', readArray)
  const strict = optional(request, 'strict_tools', '', readBoolean)
  return {
    model: required(request, 'model', '', readString),
    stream: optional(request, 'stream', '', readBoolean) ?? false,
    turns: required(request, 'messages', '', readArray).map(decodeMessage),
    ...defined({
      tools: tools?.map((tool, index) =>
        decodeTool(readObject(tool, `tools[${index}]`), `tools[${index}].`, strict),
      ),
      toolChoice: optional(request, 'tool_choice', '', decodeToolChoice),
      format: optional(request, 'response_format', '', decodeFormat),
      reasoning: optional(request, 'thinking', '', decodeThinking),
      maxOutputTokens: optional(request, 'max_tokens', '', readCount),
      temperature: number('temperature'),
      topP: number('p'),
      topK: optional(request, 'k', '', readCount),
      seed: number('seed'),
      stop: optional(request, 'stop_sequences', '', readStrings),
      presencePenalty: number('presence_penalty'),
      frequencyPenalty: number('frequency_penalty'),
    }),
    native: { dialect, fields: unknownFields(request, known) ?? {} },
  }
}

function decodeMessage(value: Json, index: number): Turn {
  const at = `messages[${index}].`
  const message = readObject(value, `messages[${index}]`)
  const role = required(message, 'role', at, readString)
  const content = optional(message, 'content', at, decodeContent) ?? []
  switch (role) {
    case 'system':
    case 'user':
      return { role, parts: content }
    case 'tool': {
      const { callId } = openCallId(required(message, 'tool_call_id', at, readString))
      return { role, parts: [{ type: 'tool-result', callId, content }] }
    }
    case 'assistant': {
      const plan = optional(message, 'tool_plan', at, readString)
      const calls = optional(message, 'tool_calls', at, readArray) ?? []
      return {
        role,
        parts: [
          ...(plan === undefined ? [] : [{ type: 'text' as const, text: plan, native: planMark }]),
          ...withCitations(content, message['citations']),
          ...calls.map((call, n) =>
            decodeCall(readObject(call, `${at}tool_calls[${n}]`), `${at}tool_calls[${n}].`),
          ),
        ],
      }
    }
    default:
      throw invalid(`${at}role`, 'must be one of system, user, assistant, tool')
  }
}

/** Text, or a list of entries. Those of unknown types are native parts. */
function decodeContent(content: Json | undefined, param: string): Part[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return readArray(content, param).map((entry, index) => {
    const at = `${param}[${index}].`
    const block = readObject(entry, `${param}[${index}]`)
    switch (block['type']) {
      case 'text':
        return { type: 'text', text: required(block, 'text', at, readString) }
      case 'thinking':
        return { type: 'reasoning', text: required(block, 'thinking', at, readString) }
      case 'image_url': {
        const image = required(block, 'image_url', at, readObject)
        const detail = optional(image, 'detail', `${at}image_url.`, readString)
        const source = sourceOfUrl(required(image, 'url', `${at}image_url.`, readString))
        return { type: 'media', media: 'image', source, ...defined({ detail }) }
      }
      default:
        return { type: 'native', dialect, value: block }
    }
  })
}

/** Citations belong to the text; where a message has several, they say to which by its place. */
function withCitations(parts: readonly Part[], wire: Json | undefined): readonly Part[] {
  const citations = citationsOf(wire)
  if (citations.length === 0) return parts
  const lastText = parts.findLastIndex(({ type }) => type === 'text')
  return parts.map((part, index) => {
    if (part.type !== 'text') return part
    const own = citations.filter(({ content_index }) => (content_index ?? lastText) === index)
    return own.length === 0
      ? part
      : { ...part, citations: own.map((citation) => citationFromWire(citation, part.text)) }
  })
}

function decodeCall(call: JsonObject, at: string): Part {
  const named = required(call, 'function', at, readObject)
  const text = optional(named, 'arguments', `${at}function.`, readString) ?? ''
  return {
    type: 'tool-call',
    ...openCallId(required(call, 'id', at, readString)),
    name: required(named, 'name', `${at}function.`, readString),
    arguments: text === '' || text === 'null' ? '{}' : text,
  }
}

function decodeTool(tool: JsonObject, at: string, strict: boolean | undefined): Tool {
  const wire = asObject(tool['function'])
  if (wire === undefined) return { type: 'native', dialect, value: tool }
  const inner = `${at}function.`
  const fields = unknownFields(wire, functionFields)
  return {
    type: 'function',
    name: required(wire, 'name', inner, readString),
    ...defined({
      description: optional(wire, 'description', inner, readString),
      schema: optional(wire, 'parameters', inner, readObject),
      strict,
    }),
    ...(fields === undefined ? {} : { native: { dialect, fields } }),
  }
}

function decodeToolChoice(value: Json | undefined, param: string): ToolChoice {
  switch (readString(value, param)) {
    case 'REQUIRED':
      return { type: 'required' }
    case 'NONE':
      return { type: 'none' }
    default:
      throw invalid(param, 'must be REQUIRED or NONE')
  }
}

function decodeFormat(value: Json | undefined, param: string): OutputFormat {
  const format = readObject(value, param)
  if (asString(format['type']) !== 'json_object') return { type: 'text' }
  const schema = format['json_schema'] ?? format['schema']
  return isObject(schema) ? { type: 'json-schema', schema } : { type: 'json' }
}

function decodeThinking(value: Json | undefined, param: string): ReasoningOptions {
  const thinking = readObject(value, param)
  if (thinking['type'] === 'disabled') return { effort: 'none' }
  const budgetTokens = optional(thinking, 'token_budget', `${param}.`, readCount)
  return budgetTokens === undefined ? { adaptive: true } : { budgetTokens }
}
