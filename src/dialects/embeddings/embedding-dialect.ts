/** The contract of an embeddings dialect: pure, as the dialects of generation are. */

import type { EmbedAnswer, EmbeddingDialectId, EmbedRequest } from '../../core/embedding.ts'
import type { GatewayError } from '../../core/error.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { Patch } from '../dialect.ts'

/** What a dialect puts in the URL instead of the body. */
export interface EmbedPath {
  readonly model: string
  /** The method takes several requests and answers with a list. */
  readonly isBatch: boolean
}

export interface EncodedEmbedRequest {
  readonly body: JsonObject
  /** Each thing the target dialect cannot carry, in canonical snake_case names. */
  readonly dropped: readonly string[]
  /** The method to call, where the dialect has several. */
  readonly method?: 'embedContent' | 'batchEmbedContents'
}

export interface EmbeddingDialect {
  readonly id: EmbeddingDialectId
  readonly request: {
    /** Throws GatewayError `invalid_request` with the path of the field at fault. */
    decode(body: Json, path?: EmbedPath): EmbedRequest
    /**
     * `model` is the provider's name of it. Throws GatewayError `unsupported_parameter` for an input that the
     * dialect has no form of: unlike an option, an input cannot be left out.
     */
    encode(request: EmbedRequest, target: { readonly model: string }): EncodedEmbedRequest
  }
  readonly response: {
    /** The answer, or `upstream_protocol` for what is none. Never throws. */
    decode(body: Json, patch?: Patch): EmbedAnswer | GatewayError
    /** The answer in the form that the client's `request` asked for. */
    encode(answer: EmbedAnswer, request: EmbedRequest): JsonObject
  }
}
