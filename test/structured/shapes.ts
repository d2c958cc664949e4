/** What the tests of structured output ask for, in every client's dialect, and how they read what comes. */

import assert from 'node:assert/strict'
import type { JsonObject } from '../../src/core/json.ts'
import { asArray, asObject, asString } from '../../src/core/json.ts'
import { SseParser } from '../../src/framing/sse.ts'

export const personSchema = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    age: { type: 'integer', minimum: 0 },
    role: { type: 'string', enum: ['admin', 'guest'] },
    address: {
      type: 'object',
      properties: { city: { type: 'string' }, zip: { type: 'string', pattern: '^[0-9]{5}$' } },
      required: ['city', 'zip'],
      additionalProperties: false,
    },
    nickname: { type: 'string' },
  },
  required: ['name', 'age', 'role', 'address'],
  additionalProperties: false,
} as const satisfies JsonObject

export interface Client {
  readonly name: string
  path(model: string, stream: boolean): string
  body(model: string, stream: boolean, schema?: JsonObject): JsonObject
  /** The text of the answer, whole or streamed. */
  text(body: string, stream: boolean): string
  error(body: string): JsonObject
}

const question = 'Who is it?'

function framesOf(body: string): JsonObject[] {
  return new SseParser()
    .push(Buffer.from(body))
    .filter(({ data }) => data !== '[DONE]')
    .map(({ data }) => JSON.parse(data) as JsonObject)
}

const first = (value: unknown): JsonObject => asObject(asArray(value)[0]) ?? {}
const errorIn = (body: string): JsonObject => asObject((JSON.parse(body) as JsonObject)['error']) ?? {}

export const clients: readonly Client[] = [
  {
    name: 'openai-chat',
    path: () => '/v1/chat/completions',
    body: (model, stream, schema = personSchema) => ({
      model,
      stream,
      messages: [{ role: 'user', content: question }],
      response_format: { type: 'json_schema', json_schema: { name: 'person', schema } },
    }),
    text: (body, stream) =>
      stream
        ? framesOf(body)
            .map((frame) => asString(asObject(first(frame['choices'])['delta'])?.['content']) ?? '')
            .join('')
        : String(asObject(first((JSON.parse(body) as JsonObject)['choices'])['message'])?.['content']),
    error: errorIn,
  },
  {
    name: 'openai-responses',
    path: () => '/v1/responses',
    body: (model, stream, schema = personSchema) => ({
      model,
      stream,
      input: question,
      text: { format: { type: 'json_schema', name: 'person', schema } },
    }),
    text: (body, stream) => {
      if (stream) {
        return framesOf(body)
          .filter(({ type }) => type === 'response.output_text.delta')
          .map(({ delta }) => asString(delta) ?? '')
          .join('')
      }
      const items = asArray((JSON.parse(body) as JsonObject)['output']).map((item) => asObject(item) ?? {})
      const message = items.find(({ type }) => type === 'message')
      return asString(first(message?.['content'])['text']) ?? ''
    },
    error: errorIn,
  },
  {
    name: 'anthropic-messages',
    path: () => '/v1/messages',
    body: (model, stream, schema = personSchema) => ({
      model,
      stream,
      max_tokens: 4000,
      messages: [{ role: 'user', content: question }],
      output_config: { format: { type: 'json_schema', schema } },
    }),
    text: (body, stream) =>
      stream
        ? framesOf(body)
            .map((frame) => asString(asObject(frame['delta'])?.['text']) ?? '')
            .join('')
        : (asString(first((JSON.parse(body) as JsonObject)['content'])['text']) ?? ''),
    error: errorIn,
  },
  {
    name: 'gemini',
    path: (model, stream) =>
      `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: (_model, _stream, schema = personSchema) => ({
      contents: [{ role: 'user', parts: [{ text: question }] }],
      generationConfig: { responseMimeType: 'application/json', responseJsonSchema: schema },
    }),
    text: (body, stream) =>
      (stream ? framesOf(body) : [JSON.parse(body) as JsonObject])
        .flatMap((frame) => asArray(asObject(first(frame['candidates'])['content'])?.['parts']))
        .map((part) => asString(asObject(part)?.['text']) ?? '')
        .join(''),
    error: errorIn,
  },
]

/** The configuration of providers that can be made to answer in one way each, all of the simulator. */
export function providersOf(simulatorUrl: string): JsonObject {
  const common = { apiKey: 'env:PROVIDER_KEY', allowPrivateNetwork: true }
  const openai = { ...common, type: 'openai', baseUrl: `${simulatorUrl}/openai/v1` }
  const claude = { ...common, type: 'anthropic', baseUrl: `${simulatorUrl}/anthropic/v1` }
  const google = { ...common, type: 'gemini', baseUrl: `${simulatorUrl}/gemini/v1beta` }
  return {
    openai,
    claude,
    google,
    'openai-tool': { ...openai, structured: 'tool' },
    'openai-json': { ...openai, structured: 'json' },
    'openai-words': { ...openai, structured: 'instructions' },
    'claude-tool': { ...claude, structured: 'tool' },
    'claude-words': { ...claude, structured: 'instructions' },
    'google-tool': { ...google, structured: 'tool' },
    'google-words': { ...google, structured: 'instructions' },
  }
}

export const targets = Object.keys(providersOf(''))

export function assertPerson(text: string): void {
  const person = JSON.parse(text) as JsonObject
  assert.equal(typeof person['name'], 'string', text)
  assert.equal(typeof person['age'], 'number', text)
  assert.match(asString(asObject(person['address'])?.['zip']) ?? '', /^[0-9]{5}$/)
}
