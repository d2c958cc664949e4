/** Where each dialect's operations live below a provider's base URL. */

import type { EmbeddingDialectId } from '../core/embedding.ts'
import type { DialectId } from '../core/event.ts'

/** The model stands in a path of Gemini's: its name must not be able to leave its segment. */
function segment(model: string): string {
  return model.split('/').map(encodeURIComponent).join('/')
}

const generate: Record<DialectId, (model: string, stream: boolean) => string> = {
  'openai-chat': () => '/chat/completions',
  'openai-responses': () => '/responses',
  'anthropic-messages': () => '/messages',
  gemini: (model, stream) =>
    `/models/${segment(model)}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  // An ARN has slashes of its own: the model is one segment, whatever is in it.
  'bedrock-converse': (model, stream) =>
    `/model/${encodeURIComponent(model)}/${stream ? 'converse-stream' : 'converse'}`,
  'cohere-chat': () => '/chat',
  'ollama-chat': () => '/chat',
  'openai-completions': () => '/completions',
}

/** The path of a generation in a dialect. */
export function generatePath(dialect: DialectId, model: string, stream: boolean): string {
  return generate[dialect](model, stream)
}

const embed: Record<EmbeddingDialectId, (model: string, method: string | undefined) => string> = {
  'openai-embeddings': () => '/embeddings',
  'gemini-embeddings': (model, method) => `/models/${segment(model)}:${method ?? 'embedContent'}`,
  'cohere-embeddings': () => '/embed',
  'voyage-embeddings': () => '/embeddings',
  'ollama-embeddings': () => '/embed',
  'bedrock-embeddings': (model) => `/model/${encodeURIComponent(model)}/invoke`,
}

/** The path of an embedding; `method` is what the dialect's encoder chose where it has several. */
export function embedPath(dialect: EmbeddingDialectId, model: string, method?: string): string {
  return embed[dialect](model, method)
}

const count: Partial<Record<DialectId, (model: string) => string>> = {
  'openai-responses': () => '/responses/input_tokens',
  'anthropic-messages': () => '/messages/count_tokens',
  gemini: (model) => `/models/${segment(model)}:countTokens`,
}

/** The path that counts a prompt's tokens; undefined where the dialect has none. */
export function countTokensPath(dialect: DialectId, model: string): string | undefined {
  return count[dialect]?.(model)
}
