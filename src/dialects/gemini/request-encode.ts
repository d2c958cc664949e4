/** The canonical request as Gemini's `GenerateContentRequest`. */

import { asObject, defined, type Json, type JsonObject } from '../../core/json.ts'
import { type GenRequest, type Tool, type ToolChoice, untoldFields } from '../../core/request.ts'
import type { EncodedRequest, EncodeTarget } from '../dialect.ts'
import { ContentEncoder } from './content-encode.ts'
import { jsonSchemaOf } from './schema.ts'
import { thinkingConfig } from './thinking.ts'

/** The body for a call of either method; model and stream belong into the URL. */
export function encodeRequest(request: GenRequest, target: EncodeTarget): EncodedRequest {
  const dropped = droppedFields(request)
  const own = request.native?.dialect === 'gemini' ? request.native.fields : undefined
  const contents = new ContentEncoder(request.turns, own === undefined, dropped)
  const body = defined({
    ...own,
    contents: contents.contents(),
    systemInstruction: contents.systemInstruction(),
    tools: request.tools && encodeTools(request.tools, dropped),
    toolConfig: encodeToolConfig(request, asObject(own?.['toolConfig']), dropped),
    generationConfig: encodeConfig(request, asObject(own?.['generationConfig']), target),
  }) as JsonObject
  return { body, dropped }
}

/** The fields that Gemini has no form of. */
function droppedFields(request: GenRequest): string[] {
  const fields = {
    parallel_tool_calls: request.parallelToolCalls === false,
    verbosity: request.verbosity !== undefined,
    logit_bias: request.logitBias !== undefined,
    user: request.user !== undefined,
    metadata: request.metadata !== undefined,
    service_tier: request.serviceTier !== undefined,
    previous_response_id: request.previousResponseId !== undefined,
    cache: hasCacheHint(request),
  }
  const dropped = Object.entries(fields).flatMap(([name, isDropped]) => (isDropped ? [name] : []))
  return request.native?.dialect === 'gemini' ? dropped : [...dropped, ...untoldFields(request)]
}

/** Gemini caches prompts by itself; where a client wants the cut cannot be told. */
function hasCacheHint({ cache, turns, tools = [] }: GenRequest): boolean {
  const items: readonly object[] = [...turns.flatMap((turn) => turn.parts), ...tools]
  return cache !== undefined || items.some((item) => 'cache' in item && item.cache !== undefined)
}

/** All functions go into one tool, at the place of the first; Gemini's own tools stay as they are. */
function encodeTools(tools: readonly Tool[], dropped: string[]): Json {
  const functionDeclarations: JsonObject[] = []
  const encoded: JsonObject[] = []
  for (const [at, tool] of tools.entries()) {
    if (tool.type === 'function') {
      if (functionDeclarations.length === 0) encoded.push({ functionDeclarations })
      functionDeclarations.push(encodeFunction(tool))
    } else if (tool.dialect === 'gemini') {
      encoded.push(tool.value)
    } else {
      dropped.push(`tools[${at}]`)
    }
  }
  return encoded
}

function encodeFunction(tool: Tool & { type: 'function' }): JsonObject {
  const own = tool.native?.dialect === 'gemini' ? tool.native.fields : {}
  const { parameters, ...others } = own
  const keepsOriginal = parameters !== undefined && isSameSchema(asObject(parameters), tool.schema)
  return defined({
    name: tool.name,
    description: tool.description,
    ...others,
    parameters: keepsOriginal ? parameters : undefined,
    parametersJsonSchema: keepsOriginal ? undefined : tool.schema,
  }) as JsonObject
}

/** True when the schema is still the one that was read from Google's form, which may then be sent as it was. */
function isSameSchema(original: JsonObject | undefined, schema: JsonObject | undefined): boolean {
  return original !== undefined && JSON.stringify(jsonSchemaOf(original)) === JSON.stringify(schema)
}

function encodeToolConfig(
  request: GenRequest,
  own: JsonObject | undefined,
  dropped: string[],
): JsonObject | undefined {
  const isStrict = request.tools?.some((tool) => tool.type === 'function' && tool.strict === true) === true
  const functionCallingConfig = {
    ...asObject(own?.['functionCallingConfig']),
    ...(request.toolChoice ? callingConfig(request.toolChoice, isStrict, dropped) : undefined),
    ...(request.toolChoice === undefined && isStrict ? { mode: 'VALIDATED' } : undefined),
  }
  if (Object.keys(functionCallingConfig).length === 0) return own
  return { ...own, functionCallingConfig }
}

/** `ANY` keeps calls to the schema by itself; where the model may also answer in text, `VALIDATED` does. */
function callingConfig(choice: ToolChoice, isStrict: boolean, dropped: string[]): JsonObject | undefined {
  switch (choice.type) {
    case 'auto':
      return { mode: isStrict ? 'VALIDATED' : 'AUTO' }
    case 'none':
      return { mode: 'NONE' }
    case 'required':
      return { mode: 'ANY' }
    case 'tool':
      return { mode: 'ANY', allowedFunctionNames: [choice.name] }
    case 'allowed':
      return { mode: choice.mode === 'required' ? 'ANY' : 'VALIDATED', allowedFunctionNames: choice.names }
    case 'native':
      if (choice.dialect === 'gemini') return asObject(choice.value)
      dropped.push('tool_choice')
      return undefined
  }
}

function encodeConfig(
  request: GenRequest,
  own: JsonObject | undefined,
  target: EncodeTarget,
): JsonObject | undefined {
  const { responseSchema, thinkingConfig: ownThinking, ...others } = own ?? {}
  const thinking = {
    ...asObject(ownThinking),
    ...(request.reasoning ? thinkingConfig(request.reasoning, target.model) : undefined),
  }
  const config = defined({
    ...others,
    maxOutputTokens: request.maxOutputTokens,
    temperature: request.temperature,
    topP: request.topP,
    topK: request.topK,
    candidateCount: request.choices,
    stopSequences: request.stop,
    seed: request.seed,
    presencePenalty: request.presencePenalty,
    frequencyPenalty: request.frequencyPenalty,
    ...logprobs(request.topLogprobs),
    responseModalities: request.outputModalities?.map((modality) => modality.toUpperCase()),
    ...format(request, responseSchema),
    thinkingConfig: Object.keys(thinking).length > 0 ? thinking : undefined,
  }) as JsonObject
  return Object.keys(config).length > 0 ? config : undefined
}

function logprobs(top: number | undefined): JsonObject {
  if (top === undefined) return {}
  return top === 0 ? { responseLogprobs: true } : { responseLogprobs: true, logprobs: top }
}

function format({ format: wanted }: GenRequest, original: Json | undefined): JsonObject {
  switch (wanted?.type) {
    case undefined:
      return original === undefined ? {} : { responseSchema: original }
    case 'text':
      return { responseMimeType: 'text/plain' }
    case 'json':
      return { responseMimeType: 'application/json' }
    case 'json-schema':
      return {
        responseMimeType: 'application/json',
        ...(isSameSchema(asObject(original), wanted.schema)
          ? { responseSchema: original }
          : { responseJsonSchema: wanted.schema }),
      }
  }
}
