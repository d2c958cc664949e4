/** The canonical, block-structured events in which every client dialect and every provider dialect meet. */

import type { GatewayError } from './error.ts'
import type { Json, JsonObject } from './json.ts'
import type { Usage } from './usage.ts'

/** The wire formats that Weir speaks, on either side. */
export type DialectId =
  | 'openai-chat'
  | 'openai-responses'
  | 'anthropic-messages'
  | 'gemini'
  | 'bedrock-converse'
  | 'cohere-chat'
  | 'ollama-chat'
  | 'openai-completions'

/**
 * Why a choice ended, in our word. `tool-calls` is used whenever the answer asks the client to run a tool,
 * also for dialects that have no word for it. The provider's own word travels beside it as `native`.
 */
export type FinishReason =
  | 'stop'
  | 'length'
  | 'tool-calls'
  | 'content-filter'
  | 'refusal'
  | 'pause'
  | 'error'
  | 'other'

/**
 * An opaque proof of reasoning which a provider wants back in the next turn, byte for byte. Only the dialect
 * that issued it can read it; `core/signature.ts` carries it through clients of other dialects.
 */
export interface Signature {
  readonly dialect: DialectId
  readonly value: string
  /** The provider's id of the item which the signature belongs to, where it has one. */
  readonly id?: string
}

/** Where media bytes are. `file` is an id in the provider's own file store; `text` is a plain-text document. */
export type MediaSource =
  | { readonly at: 'base64'; readonly mimeType: string; readonly data: string }
  | { readonly at: 'url'; readonly url: string; readonly mimeType?: string }
  | { readonly at: 'file'; readonly id: string; readonly mimeType?: string }
  | { readonly at: 'text'; readonly text: string; readonly mimeType?: string }

export type MediaKind = 'image' | 'audio' | 'video' | 'document'

/** A source that supports a piece of the answer. Offsets count UTF-16 units of the block's text. */
export interface Citation {
  readonly url?: string
  readonly title?: string
  readonly citedText?: string
  readonly startIndex?: number
  readonly endIndex?: number
  /** The provider's own form, which alone survives encoding in the same dialect unchanged. */
  readonly native?: { readonly dialect: DialectId; readonly value: Json }
}

export interface TokenLogprob {
  readonly token: string
  readonly logprob: number
  readonly bytes?: readonly number[] | null
  readonly top?: readonly {
    readonly token: string
    readonly logprob: number
    readonly bytes?: readonly number[] | null
  }[]
}

/**
 * Members of the source dialect that have no canonical form (Anthropic's `caller`, the `id` and `phase` of a
 * Responses item). Only that dialect's encoder reads them; neighbours with one item `id` are parts of one item.
 */
export interface NativeFields {
  readonly dialect: DialectId
  readonly fields: JsonObject
  /** Names of `fields` whose wish the canonical form holds too, so that another dialect's encoder loses nothing. */
  readonly carried?: readonly string[]
}

/** What a block is. It is known when the block opens and never changes. */
export type BlockKind =
  | { readonly kind: 'text'; readonly native?: NativeFields }
  /** `summary`: the provider shows a summary of its reasoning rather than the reasoning itself. */
  | {
      readonly kind: 'reasoning'
      readonly summary?: true
      readonly redacted?: true
      readonly native?: NativeFields
    }
  | { readonly kind: 'refusal'; readonly native?: NativeFields }
  /** `freeform`: the deltas are the tool's plain input, not the JSON text of an arguments object. */
  | {
      readonly kind: 'tool'
      readonly callId: string
      readonly name: string
      readonly freeform?: true
      readonly native?: NativeFields
    }
  | { readonly kind: 'media'; readonly media: MediaKind; readonly source: MediaSource }
  /** A block only its own dialect knows (a server tool's call or result); deltas append to it as raw text. */
  | { readonly kind: 'native'; readonly dialect: DialectId; readonly value: Json }

export type BlockStart = {
  readonly type: 'block-start'
  readonly block: number
  readonly choice: number
} & BlockKind

/**
 * One step of an answer. Blocks are numbered over the whole answer in the order in which they open; each has
 * one start and one end, and no event names a block outside of that span (but `annotation` and `logprobs` may
 * follow their block's end).
 */
export type GenEvent =
  | {
      readonly type: 'start'
      readonly id: string
      /** The model as the provider reports it. */
      readonly model: string
      /** Absent where the provider does not say: the encoder then uses the gateway's clock. */
      readonly createdAtMs?: number
      /** The provider's build of the model (`system_fingerprint`). */
      readonly fingerprint?: string
    }
  | BlockStart
  /** For a tool: raw JSON text, never parsed here. */
  | { readonly type: 'block-delta'; readonly block: number; readonly text: string }
  | { readonly type: 'annotation'; readonly block: number; readonly value: Citation }
  | { readonly type: 'logprobs'; readonly block: number; readonly values: readonly TokenLogprob[] }
  | { readonly type: 'block-end'; readonly block: number; readonly signature?: Signature }
  /** Cumulative: the last one wins. */
  | { readonly type: 'usage'; readonly usage: Usage }
  | {
      readonly type: 'finish'
      readonly choice: number
      readonly reason: FinishReason
      readonly native: string
      readonly stopSequence?: string
    }
  | { readonly type: 'fail'; readonly error: GatewayError }
  /** What only its own dialect knows, outside of any block; it survives encoding in the same dialect. */
  | { readonly type: 'native'; readonly dialect: DialectId; readonly value: Json }
