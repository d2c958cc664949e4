/** What a provider was asked, read from the body that the simulator received, in each provider's own field names. */

import { asArray, asNumber, asObject, asString, type Json, type JsonObject } from '../../src/core/json.ts'

/** Names of the simulator's receipts. */
export type ProviderDialect = 'openai-chat' | 'openai-responses' | 'anthropic-messages' | 'gemini-generate'

export interface ProviderBody {
  readonly system: string
  readonly userText: string
  readonly maxTokens: number | undefined
  readonly temperature: number | undefined
  /** Data in base64, or addresses. */
  readonly images: readonly string[]
  readonly toolNames: readonly string[]
  readonly callIds: readonly string[]
  readonly results: readonly { readonly callId: string; readonly text: string }[]
  /** The schema that the answer must obey, where the dialect has its own field for it. */
  readonly schema: JsonObject | undefined
}

/** Throws where `dialect` is none that the simulator serves. */
export function readProviderBody(dialect: string, body: Json): ProviderBody {
  return readers[dialect as ProviderDialect](objectOf(body))
}

const readers: Record<ProviderDialect, (body: JsonObject) => ProviderBody> = {
  'openai-chat': readChat,
  'openai-responses': readResponses,
  'anthropic-messages': readMessages,
  'gemini-generate': readGemini,
}

const objectOf = (value: Json | undefined): JsonObject => asObject(value) ?? {}
const objects = (value: Json | undefined): JsonObject[] => asArray(value).map(objectOf)
const text = (value: Json | undefined): string => asString(value) ?? ''

/** A string, or the texts of its parts. */
const joined = (content: Json | undefined): string =>
  typeof content === 'string'
    ? content
    : objects(content)
        .map((part) => text(part['text']))
        .join('')

const withoutScheme = (url: Json | undefined) => text(url).replace(/^data:image\/png;base64,/, '')

function readChat(body: JsonObject): ProviderBody {
  const messages = objects(body['messages'])
  const by = (...roles: string[]) => messages.filter((message) => roles.includes(text(message['role'])))
  const imageUrl = (part: JsonObject) => part['image_url']
  return {
    system: by('system', 'developer')
      .map((message) => joined(message['content']))
      .join(''),
    userText: by('user')
      .map((message) => joined(message['content']))
      .join(''),
    maxTokens: asNumber(body['max_completion_tokens']) ?? asNumber(body['max_tokens']),
    temperature: asNumber(body['temperature']),
    images: by('user')
      .flatMap((message) => objects(message['content']))
      .filter((part) => part['type'] === 'image_url')
      .map((part) => withoutScheme(asObject(imageUrl(part))?.['url'] ?? imageUrl(part))),
    toolNames: objects(body['tools']).map((tool) => text(objectOf(tool['function'])['name'])),
    callIds: by('assistant')
      .flatMap((message) => objects(message['tool_calls']))
      .map((call) => text(call['id'])),
    results: by('tool').map((message) => ({
      callId: text(message['tool_call_id']),
      text: joined(message['content']),
    })),
    schema: asObject(objectOf(objectOf(body['response_format'])['json_schema'])['schema']),
  }
}

function readResponses(body: JsonObject): ProviderBody {
  const input = body['input']
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : objects(input)
  const by = (...roles: string[]) => items.filter((item) => roles.includes(text(item['role'])))
  const ofType = (type: string) => items.filter((item) => item['type'] === type)
  return {
    system:
      text(body['instructions']) +
      by('system', 'developer')
        .map((item) => joined(item['content']))
        .join(''),
    userText: by('user')
      .map((item) => joined(item['content']))
      .join(''),
    maxTokens: asNumber(body['max_output_tokens']),
    temperature: asNumber(body['temperature']),
    images: by('user')
      .flatMap((item) => objects(item['content']))
      .filter((part) => part['type'] === 'input_image')
      .map((part) => withoutScheme(part['image_url'])),
    toolNames: objects(body['tools']).map((tool) => text(tool['name'])),
    callIds: ofType('function_call').map((item) => text(item['call_id'])),
    results: ofType('function_call_output').map((item) => ({
      callId: text(item['call_id']),
      text: joined(item['output']),
    })),
    schema: asObject(objectOf(objectOf(body['text'])['format'])['schema']),
  }
}

function readMessages(body: JsonObject): ProviderBody {
  const messages = objects(body['messages'])
  const blocks = messages.flatMap((message) =>
    typeof message['content'] === 'string' ? [] : objects(message['content']),
  )
  const ofType = (type: string) => blocks.filter((block) => block['type'] === type)
  const config = objectOf(body['output_config'])
  return {
    system: joined(body['system']),
    userText: messages
      .filter((message) => message['role'] === 'user')
      .map((message) => joined(message['content']))
      .join(''),
    maxTokens: asNumber(body['max_tokens']),
    temperature: asNumber(body['temperature']),
    images: ofType('image').map((block) => {
      const source = objectOf(block['source'])
      return text(source['data'] ?? source['url'])
    }),
    toolNames: objects(body['tools']).map((tool) => text(tool['name'])),
    callIds: ofType('tool_use').map((block) => text(block['id'])),
    results: ofType('tool_result').map((block) => ({
      callId: text(block['tool_use_id']),
      text: joined(block['content']),
    })),
    schema: asObject(objectOf(config['format'])['schema']),
  }
}

function readGemini(body: JsonObject): ProviderBody {
  const contents = objects(body['contents'])
  const parts = contents.flatMap((content) => objects(content['parts']))
  const config = objectOf(body['generationConfig'])
  const members = (name: string) =>
    parts.map((part) => objectOf(part[name])).filter((member) => Object.keys(member).length > 0)
  return {
    system: joined(objectOf(body['systemInstruction'])['parts']),
    userText: contents
      .filter((content) => content['role'] !== 'model')
      .map((content) => joined(content['parts']))
      .join(''),
    maxTokens: asNumber(config['maxOutputTokens']),
    temperature: asNumber(config['temperature']),
    images: [
      ...members('inlineData').map((data) => text(data['data'])),
      ...members('fileData').map((data) => text(data['fileUri'])),
    ],
    toolNames: objects(body['tools'])
      .flatMap((tool) => objects(tool['functionDeclarations']))
      .map((declaration) => text(declaration['name'])),
    callIds: members('functionCall').map((call) => text(call['id'])),
    results: members('functionResponse').map((response) => ({
      callId: text(response['id']),
      text: JSON.stringify(response['response']),
    })),
    schema: asObject(config['responseJsonSchema']) ?? asObject(config['responseSchema']),
  }
}
