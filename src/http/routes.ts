/** The data routes: which path speaks which dialect, and what is done there. */

import { GatewayError } from '../core/error.ts'
import type { DialectId } from '../core/event.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { dialects } from '../dialects/registry.ts'
import { jsonArrayFraming, sseFraming } from '../framing/stream-framing.ts'
import type { Inbound } from '../gateway/parts.ts'
import type { ForwardRoute } from '../providers/spec.ts'
import { openCountTokens } from '../upstream/count-tokens.ts'
import { openEmbed } from '../upstream/embed.ts'
import { openForward, type RawBody } from '../upstream/forward.ts'
import { openGenerate } from '../upstream/generate.ts'
import type { Call } from '../upstream/operation.ts'
import { openProviderCall, providerApiMethods } from '../upstream/provider-api.ts'

/** What a route may read of a request. */
export interface RequestSource {
  readonly method: string
  /** The query as it was sent, without the question mark. */
  readonly query: string
  header(name: string): string | undefined
  json(): Promise<Json>
  /** The body whatever it is; larger ones than JSON are allowed where it is none. */
  raw(): Promise<RawBody>
}

/** A route that a request matched, with what its path said. */
export interface DataRoute {
  readonly dialect: string
  readonly operation: Inbound['operation']
  readonly methods: readonly string[]
  open(source: RequestSource): Promise<Call>
  encodeError(error: GatewayError): JsonObject
}

const post = ['POST']

function generate(id: DialectId): DataRoute {
  const dialect = dialects[id]
  return {
    dialect: id,
    operation: 'generate',
    methods: post,
    open: async (source) => openGenerate(dialect, await source.json(), {}, sseFraming),
    encodeError: dialect.error.encode,
  }
}

function countTokens(id: DialectId): DataRoute {
  return {
    dialect: id,
    operation: 'count-tokens',
    methods: post,
    open: async (source) => openCountTokens(id, await source.json(), undefined),
    encodeError: dialects[id].error.encode,
  }
}

function forward(route: ForwardRoute): DataRoute {
  return {
    dialect: `openai-${route.replace('/', '-')}`,
    operation: 'forward',
    methods: post,
    open: async (source) => openForward(route, await source.raw(), source.header('accept')),
    encodeError: dialects['openai-chat'].error.encode,
  }
}

const forwarded = [
  'moderations',
  'images/generations',
  'images/edits',
  'audio/speech',
  'audio/transcriptions',
  'audio/translations',
  'rerank',
] as const satisfies readonly ForwardRoute[]

const fixed: ReadonlyMap<string, DataRoute> = new Map<string, DataRoute>([
  ['/v1/chat/completions', generate('openai-chat')],
  ['/v1/completions', generate('openai-completions')],
  ['/v1/responses', generate('openai-responses')],
  ['/v1/responses/input_tokens', countTokens('openai-responses')],
  ['/v1/messages', generate('anthropic-messages')],
  ['/v1/messages/count_tokens', countTokens('anthropic-messages')],
  [
    '/v1/embeddings',
    {
      dialect: 'openai-embeddings',
      operation: 'embed',
      methods: post,
      open: async (source) => openEmbed('openai-embeddings', await source.json(), undefined),
      encodeError: dialects['openai-chat'].error.encode,
    },
  ],
  ...forwarded.map((route): [string, DataRoute] => [`/v1/${route}`, forward(route)]),
])

/** The paths that never change: beside them there are those of Gemini's models, and providers' own. */
export const dataPaths: readonly string[] = [...fixed.keys()]

const providerPath = /^\/providers\/([A-Za-z0-9][A-Za-z0-9._-]{0,63})(\/.*)?$/

/** A provider's own API, below its name. */
function findProviderRoute(path: string): DataRoute | undefined {
  const match = providerPath.exec(path)
  if (!match) return undefined
  const [, provider, below = ''] = match
  return {
    dialect: 'native',
    operation: 'forward',
    methods: providerApiMethods,
    open: async ({ method, query, header, raw }) =>
      openProviderCall({ provider: provider!, path: below, method, query, header, body: await raw() }),
    encodeError: errorEncoderFor(below),
  }
}

// Vercel's SDK leaves `models/` out before a name that has a slash.
const geminiPath = /^\/v1(?:beta|alpha)?\/(?:models\/)?([^:]+):([A-Za-z]+)$/

/** The route of a request to this path, or undefined. */
export function findDataRoute(path: string, query: URLSearchParams | undefined): DataRoute | undefined {
  return fixed.get(path) ?? findProviderRoute(path) ?? findGeminiRoute(path, query)
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
        methods: post,
        open: async (source) =>
          openGenerate(gemini, await source.json(), { model, stream: false }, sseFraming),
        encodeError,
      }
    case 'streamGenerateContent': {
      const framing = query?.get('alt') === 'sse' ? sseFraming : jsonArrayFraming
      return {
        dialect: 'gemini',
        operation: 'generate',
        methods: post,
        open: async (source) => openGenerate(gemini, await source.json(), { model, stream: true }, framing),
        encodeError,
      }
    }
    case 'countTokens':
      return {
        dialect: 'gemini',
        operation: 'count-tokens',
        methods: post,
        open: async (source) => openCountTokens('gemini', await source.json(), model),
        encodeError,
      }
    case 'embedContent':
    case 'batchEmbedContents':
      return {
        dialect: 'gemini-embeddings',
        operation: 'embed',
        methods: post,
        open: async (source) =>
          openEmbed('gemini-embeddings', await source.json(), {
            model,
            isBatch: match[2] === 'batchEmbedContents',
          }),
        encodeError,
      }
    default:
      return undefined
  }
}

/** The name of a model as a path holds it. Throws `invalid_request` where that is no percent-encoding. */
export function decodeModel(text: string): string {
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
