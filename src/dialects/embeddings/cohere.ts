/** Cohere's `/v2/embed`. */

import type { EmbedAnswer, EmbedInput, EmbedRequest } from '../../core/embedding.ts'
import { GatewayError } from '../../core/error.ts'
import {
  asArray,
  asNumber,
  asObject,
  asString,
  defined,
  type Json,
  type JsonObject,
  unknownFields,
} from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { Patch } from '../dialect.ts'
import { invalid, optional, readArray, readCount, readObject, readString, required } from '../read-fields.ts'
import type { EmbeddingDialect, EncodedEmbedRequest } from './embedding-dialect.ts'
import { decodeVector } from './vector.ts'

const id = 'cohere-embeddings'
const known: ReadonlySet<string> = new Set([
  'model',
  'texts',
  'inputs',
  'images',
  'input_type',
  'output_dimension',
  'embedding_types',
])

export const cohereEmbeddings: EmbeddingDialect = {
  id,
  request: { decode: decodeRequest, encode: encodeRequest },
  response: { decode: decodeResponse, encode: encodeResponse },
}

/** What the vectors are for: Cohere's words, by Gemini's. */
const inputTypes: ReadonlyMap<string, string> = new Map([
  ['RETRIEVAL_DOCUMENT', 'search_document'],
  ['RETRIEVAL_QUERY', 'search_query'],
  ['QUESTION_ANSWERING', 'search_query'],
  ['FACT_VERIFICATION', 'search_query'],
  ['CODE_RETRIEVAL_QUERY', 'search_query'],
  ['CLASSIFICATION', 'classification'],
  ['CLUSTERING', 'clustering'],
])

function decodeRequest(body: Json): EmbedRequest {
  const request = readObject(body, '')
  const inputType = optional(request, 'input_type', '', readString)
  const task = [...inputTypes].find(([, word]) => word === inputType)?.[0]
  const others = unknownFields(request, known)
  const fields = defined({ ...others, input_type: task === undefined ? inputType : undefined }) as JsonObject
  return {
    model: required(request, 'model', '', readString),
    inputs: decodeInputs(request),
    isList: true,
    encoding: 'float',
    ...defined({ dimensions: optional(request, 'output_dimension', '', readCount), taskType: task }),
    ...(Object.keys(fields).length > 0 ? { native: { dialect: id, fields } } : {}),
  }
}

/** Texts; or entries that may hold pictures, which only this dialect knows. */
function decodeInputs(request: JsonObject): readonly EmbedInput[] {
  const texts = optional(request, 'texts', '', readArray) ?? []
  const mixed = optional(request, 'inputs', '', readArray) ?? []
  const images = optional(request, 'images', '', readArray) ?? []
  const inputs: EmbedInput[] = [
    ...texts.map((text, index) => readString(text, `texts[${index}]`)),
    ...mixed.map((value) => ({ dialect: id, value }) as const),
    ...images.map((url) => {
      const value = { content: [{ type: 'image_url', image_url: { url } }] }
      return { dialect: id, value } as const
    }),
  ]
  if (inputs.length === 0) throw invalid('texts', 'must be a list with at least one text')
  return inputs
}

/**
 * `input_type` is mandatory for today's models: the client's own word where it sent one, else by the task type,
 * else `search_document`, which is what an index is filled with.
 */
function encodeRequest(request: EmbedRequest, target: { readonly model: string }): EncodedEmbedRequest {
  const { input_type, truncate, ...others } = request.native?.fields ?? ({} as JsonObject)
  const isOwn = request.native?.dialect === id
  const task = request.taskType === undefined ? undefined : inputTypes.get(request.taskType)
  const texts = request.inputs.filter((input) => typeof input === 'string')
  const isPlain = texts.length === request.inputs.length
  const body = defined({
    ...(isOwn ? others : undefined),
    model: target.model,
    ...(isPlain ? { texts } : { inputs: request.inputs.map(encodeInput) }),
    input_type: asString(input_type) ?? task ?? 'search_document',
    truncate,
    embedding_types: ['float'],
    output_dimension: request.dimensions,
  }) as JsonObject
  const dropped = defined({
    task_type: request.taskType !== undefined && task === undefined ? true : undefined,
    title: request.title,
    user: request.user,
    ...(isOwn ? undefined : others),
  })
  return { body, dropped: Object.keys(dropped) }
}

function encodeInput(input: EmbedInput): Json {
  if (typeof input === 'string') return { content: [{ type: 'text', text: input }] }
  if ('dialect' in input && input.dialect === id) return input.value
  throw new GatewayError('unsupported_parameter', 'The target embeds text only.', { param: 'input' })
}

function decodeResponse(body: Json, patch?: Patch): EmbedAnswer | GatewayError {
  const answer = asObject(body)
  const read = answer && patch ? patch(answer) : answer
  const embeddings = asArray(asObject(read?.['embeddings'])?.['float'])
  const vectors = embeddings.map(decodeVector)
  if (vectors.length === 0 || !vectors.every((vector) => vector !== undefined)) {
    return new GatewayError('upstream_protocol', 'The provider sent no list of vectors.')
  }
  const usage = decodeUsage(asObject(asObject(read?.['meta'])?.['billed_units']))
  return { model: '', vectors, ...defined({ usage }) }
}

function decodeUsage(billed: JsonObject | undefined): Usage | undefined {
  const text = toCount(billed?.['input_tokens'])
  const images = toCount(billed?.['image_tokens'])
  if (billed === undefined || (text === undefined && images === undefined)) return undefined
  return {
    inputTokens: (text ?? 0) + (images ?? 0),
    outputTokens: 0,
    ...defined({ inputImageTokens: images }),
    native: { dialect: id, value: billed },
  }
}

function encodeResponse({ vectors, usage }: EmbedAnswer, request: EmbedRequest): JsonObject {
  const billed_units =
    usage?.native?.dialect === id ? usage.native.value : usage && { input_tokens: usage.inputTokens }
  return {
    texts: request.inputs.filter((input) => typeof input === 'string'),
    embeddings: { float: vectors },
    meta: { api_version: { version: '2' }, ...(billed_units && { billed_units }) },
    response_type: 'embeddings_by_type',
  }
}

function toCount(value: Json | undefined): number | undefined {
  const count = asNumber(value)
  return count !== undefined && Number.isSafeInteger(count) && count >= 0 ? count : undefined
}
