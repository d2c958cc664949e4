/** The data routes: which path speaks which dialect, and what is done there. */

import { GatewayError } from '../core/error.ts'
import type { DialectId } from '../core/event.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { dialects } from '../dialects/registry.ts'
import { jsonArrayFraming, sseFraming } from '../framing/stream-framing.ts'
import type { Inbound } from '../gateway.ts'
import { openCountTokens } from '../upstream/count-tokens.ts'
import { openEmbed } from '../upstream/embed.ts'
import { openGenerate } from '../upstream/generate.ts'
import type { Call } from '../upstream/operation.ts'

/** A route that a request matched, with what its path said. */
export interface DataRoute {
  readonly dialect: string
  readonly operation: Inbound['operation']
  open(body: Json): Call
  encodeError(error: GatewayError): JsonObject
}

function generate(id: DialectId): DataRoute {
  const dialect = dialects[id]
  return {
    dialect: id,
    operation: 'generate',
    open: (body) => openGenerate(dialect, body, {}, sseFraming),
    encodeError: dialect.error.encode,
  }
}

function countTokens(id: DialectId): DataRoute {
  return {
    dialect: id,
    operation: 'count-tokens',
    open: (body) => openCountTokens(id, body, undefined),
    encodeError: dialects[id].error.encode,
  }
}

const fixed: ReadonlyMap<string, DataRoute> = new Map<string, DataRoute>([
  ['/v1/chat/completions', generate('openai-chat')],
  ['/v1/responses', generate('openai-responses')],
  ['/v1/responses/input_tokens', countTokens('openai-responses')],
  ['/v1/messages', generate('anthropic-messages')],
  ['/v1/messages/count_tokens', countTokens('anthropic-messages')],
  [
    '/v1/embeddings',
    {
      dialect: 'openai-embeddings',
      operation: 'embed',
      open: (body) => openEmbed('openai-embeddings', body, undefined),
      encodeError: dialects['openai-chat'].error.encode,
    },
  ],
])

// Vercel's SDK leaves `models/` out before a name that has a slash.
const geminiPath = /^\/v1(?:beta|alpha)?\/(?:models\/)?([^:]+):([A-Za-z]+)$/

/** The route of a POST to this path, or undefined. */
export function findDataRoute(path: string, query: URLSearchParams | undefined): DataRoute | undefined {
  return fixed.get(path) ?? findGeminiRoute(path, query)
}

function findGeminiRoute(path: string, query: URLSearchParams | undefined): DataRoute | undefined {
  const match = geminiPath.exec(path)
  if (!match) return undefined
  const model = decodeModel(match[1]!)
  const { gemini } = dialects
  const encodeError = gemini.error.encode
  switch (match[2]) {
    case 'generateContent':
      return {
        dialect: 'gemini',
        operation: 'generate',
        open: (body) => openGenerate(gemini, body, { model, stream: false }, sseFraming),
        encodeError,
      }
    case 'streamGenerateContent': {
      const framing = query?.get('alt') === 'sse' ? sseFraming : jsonArrayFraming
      return {
        dialect: 'gemini',
        operation: 'generate',
        open: (body) => openGenerate(gemini, body, { model, stream: true }, framing),
        encodeError,
      }
    }
    case 'countTokens':
      return {
        dialect: 'gemini',
        operation: 'count-tokens',
        open: (body) => openCountTokens('gemini', body, model),
        encodeError,
      }
    case 'embedContent':
    case 'batchEmbedContents':
      return {
        dialect: 'gemini-embeddings',
        operation: 'embed',
        open: (body) =>
          openEmbed('gemini-embeddings', body, { model, isBatch: match[2] === 'batchEmbedContents' }),
        encodeError,
      }
    default:
      return undefined
  }
}

function decodeModel(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new GatewayError('invalid_request', 'The model in the path is not valid percent-encoding.')
  }
}

/** The dialect in which an error on this path is told, also where no route matches it. */
export function errorEncoderFor(path: string): (error: GatewayError) => JsonObject {
  if (path.startsWith('/v1/messages')) return dialects['anthropic-messages'].error.encode
  if (path.startsWith('/v1beta/')) return dialects.gemini.error.encode
  return dialects['openai-chat'].error.encode
}
