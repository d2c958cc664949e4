/** The canonical embeddings request and answer. */

import type { JsonObject } from './json.ts'
import type { Usage } from './usage.ts'

export interface EmbedRequest {
  readonly model: string
  /** One entry per vector wanted: text, or token ids where the client sent those. */
  readonly inputs: readonly (string | readonly number[])[]
  readonly dimensions?: number
  /** What the vectors are for, in Gemini's words (`RETRIEVAL_QUERY`, ...). */
  readonly taskType?: string
  readonly title?: string
  /** How the client wants vectors on the wire. */
  readonly encoding: 'float' | 'base64'
  /** The client asked with a list rather than with a single input. */
  readonly isList: boolean
  readonly user?: string
  readonly native?: { readonly dialect: EmbeddingDialectId; readonly fields: JsonObject }
}

export interface EmbedAnswer {
  readonly model: string
  readonly vectors: readonly (readonly number[])[]
  readonly usage?: Usage
}

export type EmbeddingDialectId = 'openai-embeddings' | 'gemini-embeddings'
