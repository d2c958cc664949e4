/** One line of an input file: which request it makes, and what may be wrong with it. */

import { GatewayError } from '../core/error.ts'
import { asString, isObject, type Json, type JsonObject } from '../core/json.ts'

export interface RequestLine {
  readonly customId: string
  /** The path that it would be posted to. */
  readonly url: string
  readonly body: JsonObject
  /** Weir's own, as with a request that is answered at once. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Thrown for a line that makes no request. */
export class LineError extends Error {
  readonly code: string
  readonly param: string | undefined

  constructor(code: string, message: string, param?: string) {
    super(message)
    this.code = code
    this.param = param
  }
}

/** Gemini names the model in the path, so that lines of one batch may have different ones. */
export const geminiEndpoint = '/v1beta/models/{model}:generateContent'
const geminiUrl = /^\/v1beta\/models\/[^:?#\s{}]{1,256}:generateContent$/

const fixedEndpoints: readonly string[] = [
  '/v1/chat/completions',
  '/v1/responses',
  '/v1/completions',
  '/v1/embeddings',
  '/v1/messages',
]

export const endpoints: readonly string[] = [...fixedEndpoints, geminiEndpoint]

export function isEndpoint(endpoint: string): boolean {
  return endpoints.includes(endpoint) || geminiUrl.test(endpoint)
}

/** What a line may say in headers, as a request would. */
export const carriedHeaders: readonly string[] = [
  'x-weir-user',
  'x-weir-session',
  'x-weir-tags',
  'x-weir-strict',
  'x-weir-cache',
  'x-weir-timeout-ms',
  'x-weir-data-region',
]

/** Of ids in answers and errors, which are repeated in each result. */
const maxCustomIdLength = 256
/** As long as all headers of a request may be, where nothing else is configured: they are kept in records and the ledger. */
const maxHeaderLength = 16_384
/** What a request could not have either. */
const controlCharacter = /[\0-\x08\x0a-\x1f\x7f]/

/** Reads a line. `parse` throws GatewayError for what is no JSON, or is too deep. Throws LineError. */
export function readRequestLine(text: Buffer, endpoint: string, parse: (text: Buffer) => Json): RequestLine {
  const value = parsed(text, parse)
  if (!isObject(value)) throw new LineError('invalid_json_line', 'The line is not a JSON object.')
  const { custom_id: customId, method, url, body, headers } = value
  if (typeof customId !== 'string' || customId === '' || customId.length > maxCustomIdLength) {
    const message = `\`custom_id\` must be a text of 1 to ${maxCustomIdLength} characters.`
    throw new LineError('invalid_custom_id', message, 'custom_id')
  }
  if (method !== 'POST') throw new LineError('invalid_method', '`method` must be `POST`.', 'method')
  if (!fits(asString(url), endpoint)) {
    throw new LineError('invalid_url', `\`url\` must be the batch's endpoint, \`${endpoint}\`.`, 'url')
  }
  if (!isObject(body)) throw new LineError('invalid_body', '`body` must be an object.', 'body')
  if (body['stream'] === true) {
    throw new LineError('invalid_body', 'A request of a batch cannot be streamed.', 'body.stream')
  }
  return {
    customId,
    url: url as string,
    body,
    ...(headers !== undefined && { headers: readHeaders(headers) }),
  }
}

function readHeaders(value: Json): Readonly<Record<string, string>> {
  const entries = isObject(value) ? Object.entries(value) : [['', value] as const]
  for (const [name, text] of entries) {
    if (!carriedHeaders.includes(name) || typeof text !== 'string') {
      const message = `\`headers\` may hold texts under: ${carriedHeaders.join(', ')}.`
      throw new LineError('invalid_headers', message, 'headers')
    }
    if (text.length > maxHeaderLength || controlCharacter.test(text)) {
      const message = `It must be a text of at most ${maxHeaderLength} characters, none of which is a control character.`
      throw new LineError('invalid_headers', message, `headers.${name}`)
    }
  }
  return Object.fromEntries(entries) as Record<string, string>
}

function parsed(text: Buffer, parse: (text: Buffer) => Json): Json {
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof GatewayError) {
      throw new LineError('invalid_json_line', error.message.replace('The body', 'The line'))
    }
    throw error
  }
}

function fits(url: string | undefined, endpoint: string): boolean {
  return url === endpoint
    ? endpoint !== geminiEndpoint
    : endpoint === geminiEndpoint && geminiUrl.test(url ?? '')
}
