/** Gemini's `embedContent` and `batchEmbedContents`. */

import type { EmbedAnswer, EmbedInput, EmbedRequest } from '../../core/embedding.ts'
import { GatewayError } from '../../core/error.ts'
import {
  asArray,
  asObject,
  asString,
  defined,
  isObject,
  type Json,
  type JsonObject,
  unknownFields,
} from '../../core/json.ts'
import type { Patch } from '../dialect.ts'
import { decodeUsage, encodeUsage } from '../gemini/usage.ts'
import { camelKeys } from '../gemini/wire.ts'
import type { EmbeddingDialect, EmbedPath, EncodedEmbedRequest } from './embedding-dialect.ts'
import { decodeVector, isLength } from './vector.ts'

const id = 'gemini-embeddings'

export const geminiEmbeddings: EmbeddingDialect = {
  id,
  request: { decode: decodeRequest, encode: encodeRequest },
  response: { decode: decodeResponse, encode: encodeResponse },
}

interface Item {
  readonly input: EmbedInput
  /** Everything beside the content: task type, title, dimensions, and what has no canonical form. */
  readonly settings: JsonObject
}

/**
 * Reads a request of either method. The inputs of a batch may have settings of their own: where they differ,
 * the canonical request has what all share, and `native` has each one's for Gemini itself.
 */
function decodeRequest(body: Json, path?: EmbedPath): EmbedRequest {
  if (!isObject(body)) throw new GatewayError('invalid_request', 'The body must be a JSON object.')
  const request = camelKeys(body)
  const isBatch = path?.isBatch ?? 'requests' in request
  const model = path?.model ?? asString(request['model'])?.replace(/^models\//, '')
  if (model === undefined || model === '') throw invalid('model', 'the name of a model')
  const items = isBatch ? decodeBatch(request['requests']) : [decodeItem(request, '')]
  const shared = sharedSettings(items.map((item) => item.settings))
  const { taskType, title, outputDimensionality: dimensions, ...others } = shared
  const isUniform = items.every((item) => Object.keys(item.settings).length === Object.keys(shared).length)
  const native = isUniform ? others : { requests: items.map((item) => item.settings) }
  return {
    model,
    inputs: items.map((item) => item.input),
    isList: isBatch,
    encoding: 'float',
    ...(typeof dimensions === 'number' ? { dimensions } : {}),
    ...(typeof taskType === 'string' ? { taskType } : {}),
    ...(typeof title === 'string' ? { title } : {}),
    ...(Object.keys(native).length > 0 ? { native: { dialect: id, fields: native } } : {}),
  }
}

function decodeBatch(requests: Json | undefined): Item[] {
  const items = asArray(requests)
  if (items.length === 0) throw invalid('requests', 'a list with at least one request')
  return items.map((item, at) => {
    if (!isObject(item)) throw invalid(`requests[${at}]`, 'an object')
    return decodeItem(camelKeys(item), `requests[${at}].`)
  })
}

/** Settings stand beside the content or, in the newer form, in `embedContentConfig`. */
function decodeItem(request: JsonObject, path: string): Item {
  const { content, model: _model, embedContentConfig, ...beside } = request
  if (!isObject(content)) throw invalid(`${path}content`, 'an object')
  const settings = { ...beside, ...camelKeys(asObject(embedContentConfig) ?? {}) }
  const { outputDimensionality, taskType, title } = settings
  if (outputDimensionality !== undefined && !isLength(outputDimensionality)) {
    throw invalid(`${path}outputDimensionality`, 'a whole number above zero')
  }
  if (taskType !== undefined && typeof taskType !== 'string') throw invalid(`${path}taskType`, 'a string')
  if (title !== undefined && typeof title !== 'string') throw invalid(`${path}title`, 'a string')
  return { input: decodeContent(content, `${path}content.parts`), settings }
}

function decodeContent(content: JsonObject, path: string): EmbedInput {
  const parts = asArray(content['parts'])
  if (parts.length === 0) throw invalid(path, 'a list with at least one part')
  const texts = parts.map((part) => asString(asObject(part)?.['text'])).filter((text) => text !== undefined)
  return texts.length === parts.length ? texts.join('\n') : { dialect: id, value: content }
}

/** The settings that every input has with the same value. */
function sharedSettings(settings: readonly JsonObject[]): JsonObject {
  const [first = {}, ...others] = settings
  const isShared = (key: string) =>
    others.every((other) => JSON.stringify(other[key]) === JSON.stringify(first[key]))
  return Object.fromEntries(Object.entries(first).filter(([key]) => isShared(key)))
}

function encodeRequest(request: EmbedRequest, target: { readonly model: string }): EncodedEmbedRequest {
  const own = request.native?.dialect === id ? request.native.fields : {}
  const each = asArray(own['requests'])
  const shared = defined({
    ...unknownFields(own, new Set(['requests'])),
    taskType: request.taskType,
    title: request.title,
    outputDimensionality: request.dimensions,
  }) as JsonObject
  const items = request.inputs.map((input, at) => ({
    content: encodeContent(input),
    ...(asObject(each[at]) ?? shared),
  }))
  const dropped = request.user === undefined ? [] : ['user']
  const [single] = items
  if (single && items.length === 1) return { body: single, dropped, method: 'embedContent' }
  const requests = items.map((item) => ({ model: `models/${target.model}`, ...item }))
  return { body: { requests }, dropped, method: 'batchEmbedContents' }
}

function encodeContent(input: EmbedInput): JsonObject {
  if (typeof input === 'string') return { parts: [{ text: input }] }
  if ('dialect' in input && input.dialect === id && isObject(input.value)) return input.value
  throw new GatewayError('unsupported_parameter', 'The target does not take token ids.', { param: 'input' })
}

function decodeResponse(body: Json, patch?: Patch): EmbedAnswer | GatewayError {
  const answer = asObject(body)
  const read = answer && patch ? patch(answer) : answer
  const embeddings = read?.['embedding'] === undefined ? asArray(read?.['embeddings']) : [read['embedding']]
  const vectors = embeddings.map((embedding) => decodeVector(asObject(embedding)?.['values']))
  if (vectors.length === 0 || !vectors.every((vector) => vector !== undefined)) {
    return new GatewayError('upstream_protocol', 'The provider sent no vector.')
  }
  const usage = asObject(read?.['usageMetadata'])
  return { model: '', vectors, ...defined({ usage: usage && decodeUsage(usage, 0) }) }
}

function encodeResponse(answer: EmbedAnswer, request: EmbedRequest): JsonObject {
  const embeddings = answer.vectors.map((values) => ({ values }))
  const [embedding = { values: [] }] = embeddings
  return {
    ...(request.isList ? { embeddings } : { embedding }),
    ...(answer.usage ? { usageMetadata: encodeUsage(answer.usage) } : {}),
  }
}

function invalid(param: string, wanted: string): GatewayError {
  return new GatewayError('invalid_request', `\`${param}\` must be ${wanted}.`, { param })
}
