/** Reads a client's Converse request. */

import { parseBounded } from '../../core/bounded-json.ts'
import {
  asNumber,
  asObject,
  asString,
  defined,
  type Json,
  type JsonObject,
  unknownFields,
} from '../../core/json.ts'
import type { GenRequest, OutputFormat, Part, Tool, ToolChoice, Turn } from '../../core/request.ts'
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
import { reasoningFromWire } from './model-fields.ts'
import { cachePointOf, decodeContent } from './part-decode.ts'

const dialect = 'bedrock-converse'
const known: ReadonlySet<string> = new Set(
  'messages system inferenceConfig toolConfig outputConfig requestMetadata serviceTier'.split(' '),
)
const toolMembers: ReadonlySet<string> = new Set(['name', 'description', 'inputSchema', 'strict'])

/**
 * Throws GatewayError `invalid_request` with the path of the field at fault. The model and whether to stream stand
 * in the request's path. The result always has `native` of this dialect, also without fields: it says that the
 * turns obey this dialect's rules, which its encoder then need not impose.
 */
export function decodeRequest(
  body: Json,
  path: { readonly model?: string; readonly stream?: boolean } = {},
): GenRequest {
  const request = readObject(body, 'body')
  if (path.model === undefined) throw invalid('modelId', 'is required')
  const inference = optional(request, 'inferenceConfig', '', readObject) ?? {}
  const tools = optional(request, 'toolConfig', '', readObject)
  const additional = asObject(request['additionalModelRequestFields']) ?? {}
  const at = 'inferenceConfig.'
  return {
    model: path.model,
    stream: path.stream ?? false,
    turns: [
      ...(optional(request, 'system', '', decodeSystem) ?? []),
      ...(optional(request, 'messages', '', readArray) ?? []).flatMap(decodeMessage),
    ],
    ...defined({
      maxOutputTokens: optional(inference, 'maxTokens', at, readCount),
      temperature: optional(inference, 'temperature', at, readNumber),
      topP: optional(inference, 'topP', at, readNumber),
      topK: asNumber(additional['top_k']) ?? asNumber(asObject(additional['inferenceConfig'])?.['topK']),
      stop: optional(inference, 'stopSequences', at, readStrings),
      tools: tools && optional(tools, 'tools', 'toolConfig.', decodeTools),
      toolChoice: tools && optional(tools, 'toolChoice', 'toolConfig.', decodeToolChoice),
      format: optional(request, 'outputConfig', '', decodeFormat),
      metadata: optional(request, 'requestMetadata', '', readObject),
      serviceTier: asString(asObject(request['serviceTier'])?.['type']),
      reasoning: reasoningFromWire(additional),
    }),
    native: { dialect, fields: unknownFields(request, known) ?? {} },
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
  if (role !== 'user' && role !== 'assistant') {
    throw invalid(`${param}.role`, 'must be user or assistant')
  }
  const parts = required(message, 'content', `${param}.`, decodeContent)
  const isResult = (part: Part) => part.type === 'tool-result'
  const results = parts.filter(isResult)
  if (results.length === 0) return [{ role, parts }]
  if (role !== 'user') throw invalid(`${param}.content`, 'can hold a tool result in a user message only')
  const rest = parts.filter((part) => !isResult(part))
  const turn: Turn = { role: 'tool', parts: results }
  return rest.length === 0 ? [turn] : [turn, { role, parts: rest }]
}

/** A cache point becomes the hint of the tool before it. */
function decodeTools(value: Json | undefined, param: string): readonly Tool[] {
  const tools: Tool[] = []
  for (const [index, item] of readArray(value, param).entries()) {
    const tool = readObject(item, `${param}.${index}`)
    const cache = cachePointOf(tool)
    const before = tools.at(-1)
    if (cache !== undefined && before?.type === 'function') tools[tools.length - 1] = { ...before, cache }
    else tools.push(decodeTool(tool, `${param}.${index}.`))
  }
  return tools
}

function decodeTool(tool: JsonObject, at: string): Tool {
  const spec = optional(tool, 'toolSpec', at, readObject)
  if (spec === undefined) return { type: 'native', dialect, value: tool }
  const inner = `${at}toolSpec.`
  const schema = optional(spec, 'inputSchema', inner, readObject)
  const fields = unknownFields(spec, toolMembers)
  return {
    type: 'function',
    name: required(spec, 'name', inner, readString),
    ...defined({
      description: optional(spec, 'description', inner, readString),
      schema: schema && optional(schema, 'json', `${inner}inputSchema.`, readObject),
      strict: optional(spec, 'strict', inner, readBoolean),
    }),
    ...(fields === undefined ? {} : { native: { dialect, fields } }),
  }
}

function decodeToolChoice(value: Json | undefined, param: string): ToolChoice {
  const choice = readObject(value, param)
  if (choice['auto'] !== undefined) return { type: 'auto' }
  if (choice['any'] !== undefined) return { type: 'required' }
  const tool = required(choice, 'tool', `${param}.`, readObject)
  return { type: 'tool', name: required(tool, 'name', `${param}.tool.`, readString) }
}

/** The schema travels as JSON text. */
function decodeFormat(value: Json | undefined, param: string): OutputFormat | undefined {
  const text = asObject(readObject(value, param)['textFormat'])
  const schema = asObject(asObject(text?.['structure'])?.['jsonSchema'])
  if (schema === undefined) return undefined
  const at = `${param}.textFormat.structure.jsonSchema.`
  const parsed = asObject(parseBounded(required(schema, 'schema', at, readString)))
  if (parsed === undefined) throw invalid(`${at}schema`, 'must be the JSON text of an object')
  return {
    type: 'json-schema',
    schema: parsed,
    ...defined({
      name: optional(schema, 'name', at, readString),
      description: optional(schema, 'description', at, readString),
    }),
  }
}
