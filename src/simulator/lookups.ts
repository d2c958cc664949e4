/** Answers that are computed from the request alone: embeddings, token counts, lists of models. */

import { createHash } from 'node:crypto'
import { asArray, asNumber, asObject, asString, type Json, type JsonObject } from '../core/json.ts'
import { tokensOf } from './answer.ts'
import { models } from './models.ts'
import { contentText, PromptReader } from './prompt.ts'
import type { WireName } from './wire.ts'

const openAiDimensions = 1536
const geminiDimensions = 768

export interface Lookup {
  readonly body: JsonObject
  readonly inputTokens: number
}

/** Texts that share words have vectors that are close: each word adds to the places that its digest names. */
export function vectorOf(text: string, dimensions: number): number[] {
  const vector = Array<number>(dimensions).fill(0)
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ['']) {
    const digest = createHash('sha256').update(word).digest()
    for (let at = 0; at < 16; at += 4) {
      const place = digest.readUInt32BE(at) % dimensions
      vector[place]! += digest[16 + at]! & 1 ? 1 : -1
    }
  }
  const length = Math.hypot(...vector) || 1
  return vector.map((value) => value / length)
}

/** OpenAI's embeddings, as numbers or in base64. */
export function openAiEmbeddings(body: JsonObject, model: string): Lookup {
  const { input } = body
  // A list of numbers is one text, as tokens.
  const list = Array.isArray(input) && typeof input[0] !== 'number' ? asArray(input) : [input ?? '']
  const texts = list.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)))
  const dimensions = asNumber(body['dimensions']) ?? openAiDimensions
  const data = texts.map((text, index) => {
    const vector = vectorOf(text, dimensions)
    const embedding = body['encoding_format'] === 'base64' ? toBase64(vector) : vector
    return { object: 'embedding', index, embedding }
  })
  const inputTokens = texts.reduce((sum, text) => sum + tokensOf(text), 0)
  const usage = { prompt_tokens: inputTokens, total_tokens: inputTokens }
  return { body: { object: 'list', data, model, usage }, inputTokens }
}

function toBase64(vector: readonly number[]): string {
  return Buffer.from(new Float32Array(vector).buffer).toString('base64')
}

/** Gemini's embeddings: one, or a batch of requests. */
export function geminiEmbeddings(body: JsonObject): Lookup {
  const requests =
    body['requests'] === undefined ? [body] : asArray(body['requests']).map((each) => asObject(each) ?? {})
  const texts = requests.map((each) => contentText(asObject(each['content'])?.['parts'], new PromptReader()))
  const embeddings = requests.map((each, at) => ({
    values: vectorOf(texts[at]!, asNumber(each['outputDimensionality']) ?? geminiDimensions),
  }))
  const inputTokens = texts.reduce((sum, text) => sum + tokensOf(text), 0)
  return {
    body: body['requests'] === undefined ? { embedding: embeddings[0]! } : { embeddings },
    inputTokens,
  }
}

/** Cohere's embeddings of texts, by the type that is asked for most. */
export function cohereEmbeddings(body: JsonObject): Lookup {
  const texts = asArray(body['texts']).map((text) => asString(text) ?? '')
  const dimensions = asNumber(body['output_dimension']) ?? openAiDimensions
  const inputTokens = texts.reduce((sum, text) => sum + tokensOf(text), 0)
  return {
    body: {
      texts,
      embeddings: { float: texts.map((text) => vectorOf(text, dimensions)) },
      meta: { api_version: { version: '2' }, billed_units: { input_tokens: inputTokens } },
      response_type: 'embeddings_by_type',
    },
    inputTokens,
  }
}

/** Ollama's embeddings of a text or of a list of them. */
export function ollamaEmbeddings(body: JsonObject, model: string): Lookup {
  const { input } = body
  const texts = (Array.isArray(input) ? asArray(input) : [input]).map((text) => asString(text) ?? '')
  const dimensions = asNumber(body['dimensions']) ?? geminiDimensions
  const inputTokens = texts.reduce((sum, text) => sum + tokensOf(text), 0)
  return {
    body: {
      model,
      embeddings: texts.map((text) => vectorOf(text, dimensions)),
      total_duration: 2_000_000,
      load_duration: 1_000_000,
      prompt_eval_count: inputTokens,
    },
    inputTokens,
  }
}

export function tokenCount(wire: WireName, inputTokens: number): JsonObject {
  switch (wire) {
    case 'anthropic-messages':
      return { input_tokens: inputTokens }
    case 'gemini-generate':
      return {
        totalTokens: inputTokens,
        promptTokensDetails: [{ modality: 'TEXT', tokenCount: inputTokens }],
      }
    case 'openai-chat':
    case 'openai-responses':
    case 'bedrock-converse': // has no such path
    case 'cohere-chat':
    case 'ollama-chat':
    case 'openai-completions':
      return { object: 'response.input_tokens', input_tokens: inputTokens }
  }
}

/** The synthetic models as a provider would list them. */
export function modelList(wire: WireName): JsonObject {
  const names = [...models.keys()]
  switch (wire) {
    case 'anthropic-messages': {
      const data: Json = names.map((id) => ({
        type: 'model',
        id,
        display_name: id,
        created_at: '2026-01-01T00:00:00Z',
      }))
      return { data, has_more: false, first_id: names[0] ?? null, last_id: names.at(-1) ?? null }
    }
    case 'cohere-chat':
      return { models: names.map((name) => ({ name, endpoints: ['chat', 'embed'] })) }
    case 'ollama-chat':
      return { models: names.map((name) => ({ name, model: name })) }
    case 'gemini-generate':
      return {
        models: names.map((name) => ({
          name: `models/${name}`,
          displayName: name,
          inputTokenLimit: 1_048_576,
          outputTokenLimit: 65_536,
          supportedGenerationMethods: ['generateContent', 'countTokens'],
        })),
      }
    case 'openai-chat':
    case 'openai-responses':
    case 'bedrock-converse': // has no such path
    case 'openai-completions':
      return {
        object: 'list',
        data: names.map((id) => ({ id, object: 'model', created: 1_767_225_600, owned_by: 'sim' })),
      }
  }
}

/** The model that the body names. */
export function modelInBody(body: JsonObject): string {
  return asString(body['model']) ?? ''
}
