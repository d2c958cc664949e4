/** Voyage AI's `/v1/embeddings`: OpenAI's with other names, and with what the vectors are for. */

import type { EmbedAnswer, EmbedRequest } from '../../core/embedding.ts'
import { GatewayError } from '../../core/error.ts'
import { asString, defined, type Json, type JsonObject } from '../../core/json.ts'
import type { Patch } from '../dialect.ts'
import { readObject } from '../read-fields.ts'
import type { EmbeddingDialect, EncodedEmbedRequest } from './embedding-dialect.ts'
import { openaiEmbeddings } from './openai.ts'

const id = 'voyage-embeddings'
const { request: openaiRequest, response: openaiResponse } = openaiEmbeddings

/** https://docs.voyageai.com/reference/embeddings-api */
export const voyageEmbeddings: EmbeddingDialect = {
  id,
  request: { decode: decodeRequest, encode: encodeRequest },
  response: { decode: decodeResponse, encode: encodeResponse },
}

/** Voyage's words for what the vectors are for, by Gemini's; it knows no others. */
const inputTypes: Readonly<Record<string, string>> = {
  RETRIEVAL_QUERY: 'query',
  RETRIEVAL_DOCUMENT: 'document',
}

function decodeRequest(body: Json): EmbedRequest {
  const { output_dimension, encoding_format, ...rest } = readObject(body, '')
  const renamed = defined({
    ...rest,
    dimensions: output_dimension ?? undefined,
    encoding_format: encoding_format ?? undefined,
  })
  const { native, ...request } = openaiRequest.decode(renamed)
  const { input_type, ...fields } = native?.fields ?? ({} as JsonObject)
  const task = Object.keys(inputTypes).find((name) => inputTypes[name] === input_type)
  const others = defined({ ...fields, input_type: task === undefined ? input_type : undefined }) as JsonObject
  return {
    ...request,
    ...defined({ taskType: task }),
    ...(Object.keys(others).length > 0 ? { native: { dialect: id, fields: others } } : {}),
  }
}

/** The members of an OpenAI client's request that are not OpenAI's are taken for Voyage's: the two look alike. */
function encodeRequest(request: EmbedRequest, target: { readonly model: string }): EncodedEmbedRequest {
  const { taskType, user, native, ...rest } = request
  const isAlike = native?.dialect === id || native?.dialect === 'openai-embeddings'
  const plain = openaiRequest.encode(rest, target)
  const { dimensions, ...body } = plain.body
  const fields = isAlike ? native.fields : {}
  const input_type = asString(fields['input_type']) ?? (taskType && inputTypes[taskType])
  const dropped = defined({
    task_type: taskType !== undefined && input_type === undefined ? true : undefined,
    user,
    ...(isAlike ? undefined : native?.fields),
  })
  return {
    body: { ...fields, ...body, ...defined({ input_type, output_dimension: dimensions }) },
    dropped: [...plain.dropped, ...Object.keys(dropped)],
  }
}

/** Its usage says only a total, which OpenAI's clients do not look for: the canonical count stands for it. */
function decodeResponse(body: Json, patch?: Patch): EmbedAnswer | GatewayError {
  const answer = openaiResponse.decode(body, patch)
  if (answer instanceof GatewayError || answer.usage?.native === undefined) return answer
  const native = { ...answer.usage.native, dialect: id }
  return { ...answer, usage: { ...answer.usage, native } }
}

function encodeResponse(answer: EmbedAnswer, request: EmbedRequest): JsonObject {
  const { usage } = answer
  const own = usage?.native?.dialect === id ? usage.native.value : { total_tokens: usage?.inputTokens ?? 0 }
  return { ...openaiResponse.encode(answer, request), usage: own }
}
