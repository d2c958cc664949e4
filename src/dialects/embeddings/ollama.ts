/** Ollama's `/api/embed`. */

import type { EmbedAnswer, EmbedRequest } from '../../core/embedding.ts'
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
import type { Patch } from '../dialect.ts'
import {
  invalid,
  optional,
  readCount,
  readObject,
  readString,
  readStrings,
  required,
} from '../read-fields.ts'
import type { EmbeddingDialect, EncodedEmbedRequest } from './embedding-dialect.ts'
import { decodeVector } from './vector.ts'

const id = 'ollama-embeddings'
const known: ReadonlySet<string> = new Set(['model', 'input', 'prompt', 'dimensions'])
const metrics: ReadonlySet<string> = new Set(['total_duration', 'load_duration', 'prompt_eval_count'])

/** https://docs.ollama.com/api/embed */
export const ollamaEmbeddings: EmbeddingDialect = {
  id,
  request: { decode: decodeRequest, encode: encodeRequest },
  response: { decode: decodeResponse, encode: encodeResponse },
}

/** Also the older form of `/api/embeddings`, whose one text is a `prompt`. */
function decodeRequest(body: Json): EmbedRequest {
  const request = readObject(body, '')
  const input = request['input'] ?? request['prompt']
  const isList = Array.isArray(input)
  const inputs = isList ? readStrings(input, 'input') : [readString(input, 'input')]
  if (inputs.length === 0) throw invalid('input', 'must have at least one text')
  const fields = unknownFields(request, known)
  return {
    model: required(request, 'model', '', readString),
    inputs,
    isList,
    encoding: 'float',
    ...defined({ dimensions: optional(request, 'dimensions', '', readCount) }),
    ...(fields === undefined ? {} : { native: { dialect: id, fields } }),
  }
}

function encodeRequest(request: EmbedRequest, target: { readonly model: string }): EncodedEmbedRequest {
  const inputs = request.inputs.map((input) => {
    if (typeof input === 'string') return input
    throw new GatewayError('unsupported_parameter', 'The target embeds text only.', { param: 'input' })
  })
  const { native } = request
  const isOwn = native?.dialect === id
  const body = defined({
    ...(isOwn ? native.fields : undefined),
    model: target.model,
    input: request.isList || inputs.length !== 1 ? inputs : inputs[0],
    dimensions: request.dimensions,
  }) as JsonObject
  const dropped = defined({
    task_type: request.taskType,
    title: request.title,
    user: request.user,
    ...(isOwn ? undefined : native?.fields),
  })
  return { body, dropped: Object.keys(dropped) }
}

function decodeResponse(body: Json, patch?: Patch): EmbedAnswer | GatewayError {
  const answer = asObject(body)
  const read = answer && patch ? patch(answer) : answer
  const older = read?.['embedding']
  const vectors = (older === undefined ? asArray(read?.['embeddings']) : [older]).map(decodeVector)
  if (vectors.length === 0 || !vectors.every((vector) => vector !== undefined)) {
    return new GatewayError('upstream_protocol', 'The provider sent no list of vectors.')
  }
  const tokens = asNumber(read?.['prompt_eval_count'])
  const value = Object.fromEntries(Object.entries(read ?? {}).filter(([name]) => metrics.has(name)))
  const isCounted = tokens !== undefined && Number.isSafeInteger(tokens) && tokens >= 0
  const usage = isCounted
    ? { inputTokens: tokens, outputTokens: 0, native: { dialect: id, value } }
    : undefined
  return { model: asString(read?.['model']) ?? '', vectors, ...defined({ usage }) }
}

function encodeResponse({ model, vectors, usage }: EmbedAnswer, request: EmbedRequest): JsonObject {
  const counts = usage?.native?.dialect === id ? usage.native.value : undefined
  return {
    model: model === '' ? request.model : model,
    embeddings: vectors,
    ...(counts ?? (usage && { prompt_eval_count: usage.inputTokens })),
  }
}
