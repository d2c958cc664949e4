/** The canonical embeddings request and answer. */

import type { Json, JsonObject } from './json.ts'
import type { Usage } from './usage.ts'

/** What one vector is wanted of: text, token ids, or what only its own dialect can say (pictures, sound). */
export type EmbedInput =
  | string
  | readonly number[]
  | { readonly dialect: EmbeddingDialectId; readonly value: Json }

export interface EmbedRequest {
  readonly model: string
  /** One entry per vector wanted. */
  readonly inputs: readonly EmbedInput[]
  readonly dimensions?: number
  /** What the vectors are for, in Gemini's words (`RETRIEVAL_QUERY`, ...). */
  readonly taskType?: string
  readonly title?: string
  /** How the client wants vectors on the wire. */
  readonly encoding: 'float' | 'base64'
  /** The client asked with a list rather than with a single input: it wants a list back. */
  readonly isList: boolean
  readonly user?: string
  readonly native?: { readonly dialect: EmbeddingDialectId; readonly fields: JsonObject }
}

export interface EmbedAnswer {
  readonly model: string
  readonly vectors: readonly (readonly number[])[]
  readonly usage?: Usage
}

export type EmbeddingDialectId =
  | 'openai-embeddings'
  | 'gemini-embeddings'
  | 'cohere-embeddings'
  | 'voyage-embeddings'
  | 'ollama-embeddings'
  | 'bedrock-embeddings'
