/** What a row of the provider table says. */

import type { EmbeddingDialectId } from '../core/embedding.ts'
import type { DialectId } from '../core/event.ts'
import type { QuirkName } from './quirks.ts'
import type { StructuredOffer } from './structured-offer.ts'

/**
 * How a credential travels: in `Authorization: Bearer`, or alone in a header of the provider's own. With `sigv4`
 * a key travels as a bearer, and an access key not at all: it signs each request, for this service of AWS. With
 * `google` an access token travels as a bearer; a service account's key signs for such tokens.
 */
export type AuthScheme =
  | { readonly kind: 'bearer' }
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'sigv4'; readonly service: string }
  | { readonly kind: 'google' }

/** Environment variables of each setting, in the order in which they are looked up. */
export type SigningEnv = Readonly<
  Record<'region' | 'accessKeyId' | 'secretAccessKey' | 'sessionToken', readonly string[]>
>

/** A route of OpenAI's that is forwarded as it is, by its path below the base URL. */
export type ForwardRoute =
  | 'moderations'
  | 'images/generations'
  | 'images/edits'
  | 'audio/speech'
  | 'audio/transcriptions'
  | 'audio/translations'
  | 'rerank'

/** The shape of a provider's own API for batches: how they are made, looked at, and collected. */
export type BatchApiKind = 'openai-files' | 'anthropic-batches' | 'gemini-batches' | 'mistral-jobs'

export interface ProviderSpec {
  readonly title: string
  /** `gen_ai.provider.name` in traces: OpenTelemetry's own name where its conventions have one. */
  readonly genAiName: string
  /** The dialects it speaks; the first is used for clients of any dialect that it does not speak. */
  readonly dialects: readonly [DialectId, ...DialectId[]]
  /** It answers no generation at all: only its errors are in its first dialect. */
  readonly generates?: false
  readonly embeddings?: EmbeddingDialectId
  /** The response header that tells the tokens of an embedding, where its body does not. */
  readonly embeddingTokensHeader?: string
  /** The dialects whose token-counting endpoint it offers. */
  readonly countsTokens?: readonly DialectId[]
  /** It takes batches of its own, at its own discount. */
  readonly batchApi?: BatchApiKind
  /** With version path, without a trailing slash; `{region}` is filled in. Absent: the configuration must name it. */
  readonly baseUrl?: string
  /** How its address is made of an account's own names, where there is no one address. */
  readonly address?: string
  /** What other gateways call it. */
  readonly alsoCalled?: readonly string[]
  readonly auth: AuthScheme
  /** Environment variables that hold its key, in the order in which they are looked up. */
  readonly env: readonly string[]
  /** The same for the settings by which requests are signed. */
  readonly signingEnv?: SigningEnv
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>
  readonly quirks?: readonly QuirkName[]
  /** How it can be made to answer by a schema. Absent: in every way that its dialect has words for. */
  readonly structured?: StructuredOffer
  /** It wants the reasoning of earlier turns back as plain text. */
  readonly takesReasoning?: true
  /** Members of a request's body that it takes and ignores without a word: they are reported as dropped. */
  readonly ignores?: readonly string[]
  /** The routes of OpenAI's, beside its dialects, that it answers below its base URL. */
  readonly forwards?: readonly ForwardRoute[]
  /** Request headers of its own API that a client may set. */
  readonly passes?: readonly string[]
  /** What an operator should know before using it: a sentence for the list of providers. */
  readonly note?: string
  /** Its answers differ from the dialect in ways that clients trip over: they are always encoded anew. */
  readonly deviates?: true
  /** Beginnings of the names of its own models, so that a bare model name finds it. */
  readonly modelPrefixes: readonly string[]
  /** Does closing the connection stop generation and billing? Where it does not, the answer is drained. */
  readonly cancelStopsBilling: boolean
}
