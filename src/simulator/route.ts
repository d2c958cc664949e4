/** Which operation a path asks for: `/<provider>/...` and the end of the path decide. */

import { anthropicMessages } from './anthropic-messages.ts'
import { bedrockConverse } from './bedrock-converse.ts'
import { cohereChat } from './cohere-chat.ts'
import { geminiGenerate } from './gemini-generate.ts'
import { ollamaChat } from './ollama-chat.ts'
import { openAiChat } from './openai-chat.ts'
import { openAiCompletions } from './openai-completions.ts'
import { openAiResponses } from './openai-responses.ts'
import type { Wire } from './wire.ts'

export interface Operation {
  /**
   * `generate` answers with a model's words, `recorded` only from recordings, `none` not at all,
   * the others from the request alone.
   */
  readonly kind: 'generate' | 'count-tokens' | 'embed' | 'list-models' | 'recorded' | 'none'
  /** The wire of its errors and, for `generate`, of its answers. */
  readonly wire: Wire
  /** The folders of recordings that answer it. */
  readonly dialects: readonly string[]
}

export interface Route {
  readonly provider: string
  readonly operation: Operation
  /** From the path, where the dialect has it there. */
  readonly model?: string
  /** From the path, where the dialect has it there. */
  readonly stream?: boolean
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
}

const chat: Operation = { kind: 'generate', wire: openAiChat, dialects: ['openai-chat', 'mistral-chat'] }

/** By method and the end of the path. */
const operations: readonly (readonly [method: string, end: string, operation: Operation])[] = [
  ['POST', '/chat/completions', chat],
  ['POST', '/completions', { kind: 'generate', wire: openAiCompletions, dialects: ['openai-completions'] }],
  ['POST', '/v2/chat', { kind: 'generate', wire: cohereChat, dialects: ['cohere-chat-v2'] }],
  ['POST', '/v2/embed', { kind: 'embed', wire: cohereChat, dialects: ['cohere-embed'] }],
  ['POST', '/api/chat', { kind: 'generate', wire: ollamaChat, dialects: ['ollama-chat'] }],
  ['POST', '/api/embed', { kind: 'embed', wire: ollamaChat, dialects: ['ollama-embed'] }],
  ['POST', '/responses', { kind: 'generate', wire: openAiResponses, dialects: ['openai-responses'] }],
  ['POST', '/responses/input_tokens', { kind: 'count-tokens', wire: openAiResponses, dialects: [] }],
  ['POST', '/embeddings', { kind: 'embed', wire: openAiChat, dialects: ['openai-embeddings'] }],
  ['POST', '/messages', { kind: 'generate', wire: anthropicMessages, dialects: ['anthropic-messages'] }],
  [
    'POST',
    '/messages/count_tokens',
    { kind: 'count-tokens', wire: anthropicMessages, dialects: ['anthropic-count-tokens'] },
  ],
]

const gemini = (kind: Operation['kind'], dialect: string): Operation => ({
  kind,
  wire: geminiGenerate,
  dialects: [dialect],
})

const geminiActions: ReadonlyMap<string, Operation> = new Map([
  ['generateContent', gemini('generate', 'gemini-generate')],
  ['streamGenerateContent', gemini('generate', 'gemini-generate')],
  ['countTokens', gemini('count-tokens', 'gemini-count-tokens')],
  ['embedContent', gemini('embed', 'gemini-embeddings')],
  ['batchEmbedContents', gemini('embed', 'gemini-embeddings')],
])

const converse: Operation = { kind: 'generate', wire: bedrockConverse, dialects: ['bedrock-converse'] }

/** The route of a call; of the kind `none` where no provider has such a path. */
export function routeOf(method: string, target: string): Route {
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  const query = new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1))
  const provider = path.slice(1, path.indexOf('/', 1) < 0 ? undefined : path.indexOf('/', 1))
  const found = operations.find(([known, end]) => known === method && path.endsWith(end))
  if (found) return { provider, path, query, operation: found[2] }
  const inPath = /\/models\/(.+):(\w+)$/.exec(path)
  const action = inPath && method === 'POST' ? geminiActions.get(inPath[2]!) : undefined
  if (inPath && action) {
    return {
      provider,
      path,
      query,
      operation: action,
      model: decoded(inPath[1]!),
      stream: inPath[2] === 'streamGenerateContent',
    }
  }
  const conversed = /\/model\/(.+)\/(converse|converse-stream)$/.exec(path)
  if (conversed && method === 'POST') {
    return {
      provider,
      path,
      query,
      operation: converse,
      model: decoded(conversed[1]!),
      stream: conversed[2] === 'converse-stream',
    }
  }
  if (method === 'GET' && path.endsWith('/models')) {
    return { provider, path, query, operation: { kind: 'list-models', wire: wireOfPath(path), dialects: [] } }
  }
  if (/\/responses\/[\w-]+$/.test(path)) {
    return {
      provider,
      path,
      query,
      operation: { kind: 'recorded', wire: openAiResponses, dialects: ['openai-responses'] },
    }
  }
  // The refusal needs a dialect all the same.
  return { provider, path, query, operation: { kind: 'none', wire: wireOfPath(path), dialects: [] } }
}

/** The wire that a provider's paths are most likely of, for answers without another sign of it. */
function wireOfPath(path: string): Wire {
  if (path.includes('/v1beta')) return geminiGenerate
  if (path.startsWith('/bedrock/')) return bedrockConverse
  if (path.startsWith('/cohere/')) return cohereChat
  if (path.startsWith('/ollama/')) return ollamaChat
  return path.startsWith('/anthropic/') ? anthropicMessages : openAiChat
}

/** The text without percent signs; as it is where they mean nothing (`fault/http-503%0.5`). */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
