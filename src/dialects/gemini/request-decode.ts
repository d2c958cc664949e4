/** Gemini's `GenerateContentRequest` as the canonical request. */

import type { MediaSource } from '../../core/event.ts'
import { GatewayError } from '../../core/error.ts'
import {
  asObject,
  asString,
  defined,
  isObject,
  type Json,
  type JsonObject,
  unknownFields,
} from '../../core/json.ts'
import type { GenRequest, OutputFormat, Part, Tool, ToolChoice, Turn } from '../../core/request.ts'
import { CallIds } from './call-ids.ts'
import { mediaKindOf } from './media.ts'
import { joinModelTurns } from './model-turn.ts'
import { jsonSchemaOf } from './schema.ts'
import { reasoningOf } from './thinking.ts'
import { camelKeys, fromThoughtSignature } from './wire.ts'

const bodyFields = new Set([
  'model',
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
])
const configFields = new Set([
  'maxOutputTokens',
  'temperature',
  'topP',
  'topK',
  'candidateCount',
  'stopSequences',
  'seed',
  'presencePenalty',
  'frequencyPenalty',
  'thinkingConfig',
  'responseModalities',
])

/**
 * Reads a request; model and stream stand in the URL. `native` is always set, so that the encoder can tell a
 * request in Gemini's own words from a translated one. Throws GatewayError `invalid_request`.
 */
export function decodeRequest(
  body: Json,
  path: { readonly model?: string; readonly stream?: boolean } = {},
): GenRequest {
  if (!isObject(body)) throw invalid('', 'The body must be a JSON object.')
  const request = camelKeys(body)
  const model = (path.model ?? asString(request['model']))?.replace(/^models\//, '')
  if (model === undefined || model === '') throw invalid('model', 'The path must name a model.')
  const config = camelKeys(optionalObject(request['generationConfig'], 'generationConfig') ?? {})
  const toolConfig = camelKeys(optionalObject(request['toolConfig'], 'toolConfig') ?? {})
  const { toolChoice, rest: toolConfigRest } = decodeToolConfig(toolConfig)
  const { fields: configFieldsRead, rest: configRest } = decodeConfig(config)
  // The schema in Google's own form stays for Gemini, and is the canonical format for others.
  const isCarried =
    configRest !== undefined && Object.keys(configRest).every((name) => name === 'responseSchema')
  const tools = optionalArray(request['tools'], 'tools')?.flatMap(decodeTool)
  return {
    model,
    stream: path.stream ?? false,
    turns: [...decodeSystem(request['systemInstruction']), ...decodeContents(request['contents'])],
    ...defined({ tools, toolChoice }),
    ...configFieldsRead,
    native: {
      dialect: 'gemini',
      fields: defined({
        ...unknownFields(request, bodyFields),
        generationConfig: configRest,
        toolConfig: toolConfigRest,
      }) as JsonObject,
      ...(isCarried && configFieldsRead.format ? { carried: ['generationConfig'] } : {}),
    },
  }
}

function decodeSystem(value: Json | undefined): Turn[] {
  const content = optionalObject(value, 'systemInstruction')
  if (content === undefined) return []
  const calls = new CallIds()
  const parts = partsOf(content, 'systemInstruction').map((part, at) =>
    decodePart(part, `systemInstruction.parts[${at}]`, calls),
  )
  return [{ role: 'system', parts }]
}

function decodeContents(value: Json | undefined): readonly Turn[] {
  if (!Array.isArray(value)) throw invalid('contents', '`contents` must be an array.')
  const calls = new CallIds()
  const turns = (value as readonly Json[]).flatMap((item, at) =>
    decodeContent(item, `contents[${at}]`, calls),
  )
  return joinModelTurns(turns)
}

/** One turn, or several: results of tools stand in turns of their own. */
function decodeContent(value: Json, path: string, calls: CallIds): Turn[] {
  const content = camelKeys(requiredObject(value, path))
  const wireRole = optionalString(content['role'], `${path}.role`) ?? 'user'
  if (!['user', 'model', 'function', 'tool'].includes(wireRole)) {
    throw invalid(`${path}.role`, '`role` must be "user" or "model".')
  }
  const turns: { role: Turn['role']; parts: Part[] }[] = []
  for (const [at, raw] of partsOf(content, path).entries()) {
    const part = decodePart(raw, `${path}.parts[${at}]`, calls)
    const role = part.type === 'tool-result' ? 'tool' : wireRole === 'model' ? 'assistant' : 'user'
    const last = turns.at(-1)
    if (last?.role === role) last.parts.push(part)
    else turns.push({ role, parts: [part] })
  }
  return turns
}

function partsOf(content: JsonObject, path: string): readonly Json[] {
  return optionalArray(content['parts'], `${path}.parts`) ?? []
}

function decodePart(value: Json, path: string, calls: CallIds): Part {
  const { thoughtSignature, ...part } = camelKeys(requiredObject(value, path))
  const signatureText = optionalString(thoughtSignature, `${path}.thoughtSignature`)
  const signed = signatureText === undefined ? {} : { signature: fromThoughtSignature(signatureText) }
  if (part['text'] !== undefined) {
    const text = requiredString(part['text'], `${path}.text`)
    return part['thought'] === true
      ? { type: 'reasoning', text, summary: true, ...signed }
      : { type: 'text', text, ...signed }
  }
  if (part['functionCall'] !== undefined) {
    const call = camelKeys(requiredObject(part['functionCall'], `${path}.functionCall`))
    const name = requiredString(call['name'], `${path}.functionCall.name`)
    const id = optionalString(call['id'], `${path}.functionCall.id`)
    const args = optionalObject(call['args'], `${path}.functionCall.args`) ?? {}
    return {
      type: 'tool-call',
      callId: calls.ofCall(name, id),
      name,
      arguments: JSON.stringify(args),
      ...signed,
    }
  }
  if (part['functionResponse'] !== undefined) {
    const response = requiredObject(part['functionResponse'], `${path}.functionResponse`)
    return decodeResult(camelKeys(response), `${path}.functionResponse`, calls)
  }
  if (part['inlineData'] !== undefined || part['fileData'] !== undefined) return decodeMedia(part, path)
  const signedPart = signatureText === undefined ? part : { ...part, thoughtSignature: signatureText }
  return { type: 'native', dialect: 'gemini', value: signedPart }
}

function decodeMedia(part: JsonObject, path: string): Part {
  const isInline = part['inlineData'] !== undefined
  const name = isInline ? 'inlineData' : 'fileData'
  const data = camelKeys(requiredObject(part[name], `${path}.${name}`))
  const mimeType = optionalString(data['mimeType'], `${path}.${name}.mimeType`)
  const filename = optionalString(data['displayName'], `${path}.${name}.displayName`)
  const fields = unknownFields(part, new Set(['inlineData', 'fileData']))
  return {
    type: 'media',
    media: mediaKindOf(mimeType),
    source: isInline
      ? {
          at: 'base64',
          mimeType: requiredString(data['mimeType'], `${path}.inlineData.mimeType`),
          data: requiredString(data['data'], `${path}.inlineData.data`),
        }
      : fileSource(requiredString(data['fileUri'], `${path}.fileData.fileUri`), mimeType),
    ...defined({ filename }),
    ...(fields ? { native: { dialect: 'gemini', fields } } : {}),
  }
}

/** A file in Google's own stores cannot be fetched by anyone else, and is an id rather than an address. */
function fileSource(uri: string, mimeType: string | undefined): MediaSource {
  const isOwn = !/^https?:/.test(uri) || /^https:\/\/[^/]+\/v1\w*\/files\//.test(uri)
  return isOwn
    ? { at: 'file', id: uri, ...defined({ mimeType }) }
    : { at: 'url', url: uri, ...defined({ mimeType }) }
}

/**
 * A tool's result. `{ output }` and `{ error }` with text, the forms that Google recommends, become that text;
 * any other object becomes its JSON text.
 */
function decodeResult(response: JsonObject, path: string, calls: CallIds): Part {
  const name = requiredString(response['name'], `${path}.name`)
  const id = optionalString(response['id'], `${path}.id`)
  const value = optionalObject(response['response'], `${path}.response`) ?? {}
  const isSingle = Object.keys(value).length === 1
  const error = isSingle ? asString(value['error']) : undefined
  const output = isSingle ? asString(value['output']) : undefined
  // Text that reads as an object stays wrapped: unwrapped it would come back as the object.
  const text = error ?? (output === undefined || /^\s*\{/.test(output) ? JSON.stringify(value) : output)
  const media = (optionalArray(response['parts'], `${path}.parts`) ?? []).map((item, at) => {
    const part = `${path}.parts[${at}]`
    return decodeMedia(camelKeys(requiredObject(item, part)), part)
  })
  return {
    type: 'tool-result',
    callId: calls.ofResult(name, id),
    name,
    content: [{ type: 'text', text }, ...media],
    ...(error === undefined ? {} : { isError: true }),
  }
}

function decodeTool(value: Json, at: number): Tool[] {
  const { functionDeclarations, ...rest } = camelKeys(requiredObject(value, `tools[${at}]`))
  const path = `tools[${at}].functionDeclarations`
  const functions = (optionalArray(functionDeclarations, path) ?? []).map((item, index): Tool => {
    const declaration = camelKeys(requiredObject(item, `${path}[${index}]`))
    const { name, description, parametersJsonSchema, ...fields } = declaration
    const parameters = optionalObject(fields['parameters'], `${path}[${index}].parameters`)
    const plain = optionalObject(parametersJsonSchema, `${path}[${index}].parametersJsonSchema`)
    const schema = plain ?? (parameters ? jsonSchemaOf(parameters) : undefined)
    return {
      type: 'function',
      name: requiredString(name, `${path}[${index}].name`),
      ...defined({ description: optionalString(description, `${path}[${index}].description`), schema }),
      ...(Object.keys(fields).length > 0 ? { native: { dialect: 'gemini', fields } } : {}),
    }
  })
  const natives: Tool[] =
    Object.keys(rest).length > 0 ? [{ type: 'native', dialect: 'gemini', value: rest }] : []
  return [...functions, ...natives]
}

function decodeToolConfig(toolConfig: JsonObject): { toolChoice?: ToolChoice; rest?: JsonObject } {
  const { functionCallingConfig, ...others } = toolConfig
  const config = camelKeys(optionalObject(functionCallingConfig, 'toolConfig.functionCallingConfig') ?? {})
  const path = 'toolConfig.functionCallingConfig'
  const mode = optionalString(config['mode'], `${path}.mode`)?.toUpperCase()
  const names = stringList(config['allowedFunctionNames'], `${path}.allowedFunctionNames`)
  const callingRest = unknownFields(config, new Set(['mode', 'allowedFunctionNames']))
  const rest = { ...others, ...(callingRest ? { functionCallingConfig: callingRest } : {}) }
  const toolChoice = mode === undefined ? undefined : toolChoiceOf(mode, names)
  return { ...defined({ toolChoice }), ...(Object.keys(rest).length > 0 ? { rest } : {}) }
}

function toolChoiceOf(mode: string, names: readonly string[] | undefined): ToolChoice {
  const [only] = names ?? []
  if (mode === 'ANY' && names !== undefined && only !== undefined) {
    return names.length === 1 ? { type: 'tool', name: only } : { type: 'allowed', mode: 'required', names }
  }
  if (mode === 'ANY') return { type: 'required' }
  if (mode === 'NONE') return { type: 'none' }
  if (mode === 'AUTO' || mode === 'MODE_UNSPECIFIED') return { type: 'auto' }
  if (mode === 'VALIDATED' && only !== undefined) return { type: 'allowed', mode: 'auto', names: names ?? [] }
  return { type: 'native', dialect: 'gemini', value: { mode } }
}

type ConfigFields = Partial<
  Pick<
    GenRequest,
    | 'maxOutputTokens'
    | 'temperature'
    | 'topP'
    | 'topK'
    | 'choices'
    | 'stop'
    | 'seed'
    | 'presencePenalty'
    | 'frequencyPenalty'
    | 'topLogprobs'
    | 'reasoning'
    | 'outputModalities'
    | 'format'
  >
>

function decodeConfig(config: JsonObject): { fields: ConfigFields; rest?: JsonObject } {
  const number = (name: string) => optionalNumber(config[name], `generationConfig.${name}`)
  const count = (name: string) => optionalCount(config[name], `generationConfig.${name}`)
  const known = new Set(configFields)
  const format = decodeFormat(config)
  if (format) known.add('responseMimeType').add('responseJsonSchema')
  const hasLogprobs = config['responseLogprobs'] === true
  if (hasLogprobs) known.add('responseLogprobs').add('logprobs')
  const { reasoning, rest: thinkingRest } = decodeThinking(config['thinkingConfig'])
  const modalities = stringList(config['responseModalities'], 'generationConfig.responseModalities')
  const rest = unknownFields(config, known)
  return {
    fields: defined({
      maxOutputTokens: count('maxOutputTokens'),
      temperature: number('temperature'),
      topP: number('topP'),
      topK: number('topK'),
      choices: count('candidateCount'),
      stop: stringList(config['stopSequences'], 'generationConfig.stopSequences'),
      seed: number('seed'),
      presencePenalty: number('presencePenalty'),
      frequencyPenalty: number('frequencyPenalty'),
      topLogprobs: hasLogprobs ? (count('logprobs') ?? 0) : undefined,
      reasoning,
      outputModalities: modalities?.map((modality) => modality.toLowerCase()),
      format,
    }),
    ...(rest || thinkingRest ? { rest: { ...rest, ...defined({ thinkingConfig: thinkingRest }) } } : {}),
  }
}

function decodeThinking(value: Json | undefined): Pick<GenRequest, 'reasoning'> & { rest?: JsonObject } {
  const path = 'generationConfig.thinkingConfig'
  const thinking = optionalObject(value, path)
  if (thinking === undefined) return {}
  const config = camelKeys(thinking)
  const includeThoughts = config['includeThoughts']
  if (includeThoughts !== undefined && typeof includeThoughts !== 'boolean') {
    throw invalid(`${path}.includeThoughts`, 'It must be true or false.')
  }
  const reasoning = reasoningOf({
    includeThoughts,
    thinkingBudget: optionalNumber(config['thinkingBudget'], `${path}.thinkingBudget`),
    thinkingLevel: optionalString(config['thinkingLevel'], `${path}.thinkingLevel`),
  })
  const rest = unknownFields(config, new Set(['includeThoughts', 'thinkingBudget', 'thinkingLevel']))
  return { reasoning, ...(rest ? { rest } : {}) }
}

/** The format that the config asks for; undefined where it says nothing, or `text/x.enum`, which only Gemini knows. */
function decodeFormat(config: JsonObject): OutputFormat | undefined {
  const mimeType = optionalString(config['responseMimeType'], 'generationConfig.responseMimeType')
  const google = optionalObject(config['responseSchema'], 'generationConfig.responseSchema')
  const plain = optionalObject(config['responseJsonSchema'], 'generationConfig.responseJsonSchema')
  if (mimeType === 'text/plain') return { type: 'text' }
  if (mimeType !== 'application/json') return undefined
  const schema = plain ?? (google ? jsonSchemaOf(google) : undefined)
  return schema ? { type: 'json-schema', schema } : { type: 'json' }
}

function invalid(param: string, message: string): GatewayError {
  return new GatewayError('invalid_request', message, param === '' ? {} : { param })
}

function requiredObject(value: Json | undefined, path: string): JsonObject {
  const object = asObject(value)
  if (object === undefined) throw invalid(path, `\`${path}\` must be an object.`)
  return object
}

function requiredString(value: Json | undefined, path: string): string {
  if (typeof value !== 'string') throw invalid(path, `\`${path}\` must be a string.`)
  return value
}

// Protocol Buffers' JSON mapping reads null as absent.
function optionalObject(value: Json | undefined, path: string): JsonObject | undefined {
  return value === undefined || value === null ? undefined : requiredObject(value, path)
}

function optionalString(value: Json | undefined, path: string): string | undefined {
  return value === undefined || value === null ? undefined : requiredString(value, path)
}

function optionalNumber(value: Json | undefined, path: string): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number') throw invalid(path, `\`${path}\` must be a number.`)
  return value
}

/** A whole number of at least 0: what is reserved for a call is counted from it. */
function optionalCount(value: Json | undefined, path: string): number | undefined {
  const count = optionalNumber(value, path)
  if (count === undefined || (Number.isSafeInteger(count) && count >= 0)) return count
  throw invalid(path, `\`${path}\` must be a whole number of at least 0.`)
}

function optionalArray(value: Json | undefined, path: string): readonly Json[] | undefined {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) throw invalid(path, `\`${path}\` must be an array.`)
  return value as readonly Json[]
}

function stringList(value: Json | undefined, path: string): readonly string[] | undefined {
  return optionalArray(value, path)?.map((item, at) => requiredString(item, `${path}[${at}]`))
}
