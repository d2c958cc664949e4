/** OpenAI's `/v1/embeddings`, which most other providers speak too. */

import type { EmbedAnswer, EmbedInput, EmbedRequest } from '../../core/embedding.ts'
import { GatewayError } from '../../core/error.ts'
import {
  asArray,
  asNumber,
  asObject,
  asString,
  defined,
  isObject,
  type Json,
  type JsonObject,
  unknownFields,
} from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { Patch } from '../dialect.ts'
import type { EmbeddingDialect, EncodedEmbedRequest } from './embedding-dialect.ts'
import { decodeVector, isLength, toBase64 } from './vector.ts'

const id = 'openai-embeddings'
const fields = new Set(['model', 'input', 'dimensions', 'encoding_format', 'user'])

export const openaiEmbeddings: EmbeddingDialect = {
  id,
  request: { decode: decodeRequest, encode: encodeRequest },
  response: { decode: decodeResponse, encode: encodeResponse },
}

function decodeRequest(body: Json): EmbedRequest {
  if (!isObject(body)) throw new GatewayError('invalid_request', 'The body must be a JSON object.')
  const { model, dimensions, user } = body
  if (typeof model !== 'string' || model === '') throw invalid('model', 'a model name')
  const encoding = body['encoding_format'] ?? 'float'
  if (encoding !== 'float' && encoding !== 'base64') throw invalid('encoding_format', '"float" or "base64"')
  if (dimensions !== undefined && dimensions !== null && !isLength(dimensions)) {
    throw invalid('dimensions', 'a whole number above zero')
  }
  if (user !== undefined && user !== null && typeof user !== 'string') throw invalid('user', 'a string')
  const native = unknownFields(body, fields)
  return {
    model,
    ...decodeInput(body['input']),
    encoding,
    ...defined({ dimensions: dimensions ?? undefined, user: user ?? undefined }),
    ...(native ? { native: { dialect: id, fields: native } } : {}),
  }
}

/** A text or a list of token ids is one input; a list of texts or of lists is several. */
function decodeInput(input: Json | undefined): Pick<EmbedRequest, 'inputs' | 'isList'> {
  if (typeof input === 'string') return { inputs: [input], isList: false }
  const items = asArray(input)
  if (items.length === 0) throw invalid('input', 'a text, or a list with at least one input')
  if (isTokens(items)) return { inputs: [items], isList: false }
  const inputs = items.map((item, at): EmbedInput => {
    if (typeof item === 'string' || isTokens(item)) return item
    throw invalid(`input[${at}]`, 'a text or a list of token ids')
  })
  return { inputs, isList: true }
}

function isTokens(value: Json | undefined): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'number')
}

function encodeRequest(request: EmbedRequest, target: { readonly model: string }): EncodedEmbedRequest {
  const inputs = request.inputs.map((input) => {
    if (typeof input === 'string' || isTokens(input as Json)) return input as Json
    throw new GatewayError('unsupported_parameter', 'The target embeds text only.', {
      param: 'content.parts',
    })
  })
  const body = defined({
    ...(request.native?.dialect === id ? request.native.fields : undefined),
    model: target.model,
    input: request.isList || inputs.length !== 1 ? inputs : inputs[0],
    dimensions: request.dimensions,
    encoding_format: request.encoding === 'base64' ? 'base64' : undefined,
    user: request.user,
  }) as JsonObject
  const dropped = { task_type: request.taskType, title: request.title }
  return { body, dropped: Object.keys(defined(dropped)) }
}

function decodeResponse(body: Json, patch?: Patch): EmbedAnswer | GatewayError {
  const answer = asObject(body)
  const read = answer && patch ? patch(answer) : answer
  const data = asArray(read?.['data'])
    .map((item, at) => ({ at: asNumber(asObject(item)?.['index']) ?? at, item }))
    .toSorted((a, b) => a.at - b.at)
  const vectors = data.map(({ item }) => decodeVector(asObject(item)?.['embedding']))
  if (vectors.length === 0 || !vectors.every((vector) => vector !== undefined)) {
    return new GatewayError('upstream_protocol', 'The provider sent no list of vectors.')
  }
  return {
    model: asString(read?.['model']) ?? '',
    vectors,
    ...defined({ usage: decodeUsage(asObject(read?.['usage'])) }),
  }
}

function decodeUsage(usage: JsonObject | undefined): Usage | undefined {
  const tokens = asNumber(usage?.['prompt_tokens']) ?? asNumber(usage?.['total_tokens'])
  if (usage === undefined || tokens === undefined || tokens < 0 || !Number.isSafeInteger(tokens))
    return undefined
  return { inputTokens: tokens, outputTokens: 0, native: { dialect: id, value: usage } }
}

/** Clients demand a `usage`: where the provider told none and nobody estimated it, its counts are 0. */
function encodeResponse(answer: EmbedAnswer, request: EmbedRequest): JsonObject {
  const { usage } = answer
  return {
    object: 'list',
    data: answer.vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: request.encoding === 'base64' ? toBase64(vector) : vector,
    })),
    model: answer.model === '' ? request.model : answer.model,
    usage:
      usage?.native?.dialect === id
        ? usage.native.value
        : { prompt_tokens: usage?.inputTokens ?? 0, total_tokens: usage?.inputTokens ?? 0 },
  }
}

function invalid(param: string, wanted: string): GatewayError {
  return new GatewayError('invalid_request', `\`${param}\` must be ${wanted}.`, { param })
}
