/** Embeddings by Bedrock's InvokeModel, whose body is that of the model's maker: Titan, Nova or Cohere. */

import type { EmbedAnswer, EmbedInput, EmbedRequest } from '../../core/embedding.ts'
import { GatewayError } from '../../core/error.ts'
import { asArray, asNumber, asObject, defined, type Json, type JsonObject } from '../../core/json.ts'
import type { Patch } from '../dialect.ts'
import { invalid, optional, readCount, readObject, readString, required } from '../read-fields.ts'
import { cohereEmbeddings } from './cohere.ts'
import type { EmbeddingDialect, EmbedPath, EncodedEmbedRequest } from './embedding-dialect.ts'
import { decodeVector } from './vector.ts'

const id = 'bedrock-embeddings'

/**
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html,
 * https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html
 */
export const bedrockEmbeddings: EmbeddingDialect = {
  id,
  request: { decode: decodeRequest, encode: encodeRequest },
  response: { decode: decodeResponse, encode: encodeResponse },
}

/** The model stands in the path. */
function decodeRequest(body: Json, path?: EmbedPath): EmbedRequest {
  const request = readObject(body, '')
  const model = path?.model ?? ''
  if (request['texts'] !== undefined || request['inputs'] !== undefined || request['images'] !== undefined) {
    return cohereEmbeddings.request.decode({ ...request, model })
  }
  const one = { model, isList: false, encoding: 'float' as const }
  const nova = optional(request, 'singleEmbeddingParams', '', readObject)
  if (nova === undefined) {
    const dimensions = optional(request, 'dimensions', '', readCount)
    return { ...one, inputs: [required(request, 'inputText', '', readString)], ...defined({ dimensions }) }
  }
  const text = asObject(nova['text'])?.['value']
  if (typeof text !== 'string') throw invalid('singleEmbeddingParams.text.value', 'must be a string')
  const dimensions = optional(nova, 'embeddingDimension', 'singleEmbeddingParams.', readCount)
  return { ...one, inputs: [text], ...defined({ dimensions }) }
}

function encodeRequest(request: EmbedRequest, target: { readonly model: string }): EncodedEmbedRequest {
  const { model } = target
  if (model.includes('cohere.')) {
    const { body, dropped } = cohereEmbeddings.request.encode(request, target)
    const { model: _, ...rest } = body
    return { body: rest, dropped }
  }
  const text = onlyText(request.inputs)
  const asked = { task_type: request.taskType, title: request.title, user: request.user }
  const dropped = [...Object.keys(defined(asked)), ...Object.keys(request.native?.fields ?? {})]
  const { dimensions } = request
  if (model.includes('titan-embed'))
    return { body: defined({ inputText: text, dimensions }) as JsonObject, dropped }
  const singleEmbeddingParams = defined({
    embeddingPurpose: 'GENERIC_INDEX',
    text: { truncationMode: 'END', value: text },
    embeddingDimension: dimensions,
  }) as JsonObject
  return { body: { taskType: 'SINGLE_EMBEDDING', singleEmbeddingParams }, dropped }
}

/** Amazon's own models take one text a call; several calls would be several bills. */
function onlyText(inputs: readonly EmbedInput[]): string {
  const [input, ...others] = inputs
  if (typeof input === 'string' && others.length === 0) return input
  throw new GatewayError('unsupported_parameter', 'The target embeds one text a call.', { param: 'input' })
}

function decodeResponse(body: Json, patch?: Patch): EmbedAnswer | GatewayError {
  const answer = asObject(body)
  const read = (answer && patch ? patch(answer) : answer) ?? {}
  const vectors = vectorsOf(read)
  if (vectors.length === 0 || !vectors.every((vector) => vector !== undefined)) {
    return new GatewayError('upstream_protocol', 'The provider sent no list of vectors.')
  }
  const count = asNumber(read['inputTextTokenCount'])
  const isCount = count !== undefined && Number.isSafeInteger(count) && count >= 0
  return { model: '', vectors, ...(isCount && { usage: { inputTokens: count, outputTokens: 0 } }) }
}

/** One vector (Titan), a list of vectors with what they are (Nova), or vectors by type or bare (Cohere). */
function vectorsOf({ embedding, embeddings }: JsonObject): (readonly number[] | undefined)[] {
  if (Array.isArray(embedding)) return [decodeVector(embedding as Json)]
  const byType = asObject(embeddings)
  const list = byType === undefined ? asArray(embeddings) : asArray(byType['float'])
  return list.map((entry) => decodeVector(asObject(entry)?.['embedding'] ?? entry))
}

function encodeResponse({ vectors, usage }: EmbedAnswer, request: EmbedRequest): JsonObject {
  if (request.isList) {
    const texts = request.inputs.filter((input) => typeof input === 'string')
    return { texts, embeddings: { float: vectors }, response_type: 'embeddings_by_type' }
  }
  return { embedding: vectors[0] ?? [], inputTextTokenCount: usage?.inputTokens ?? 0 }
}
