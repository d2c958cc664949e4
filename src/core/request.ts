/** The canonical request: what a client of any dialect asks a model to generate. */

import type { Citation, DialectId, MediaKind, MediaSource, NativeFields, Signature } from './event.ts'
import type { Json, JsonObject } from './json.ts'

/** The client asks the provider to cache the prompt up to and including the marked part. */
export interface CacheHint {
  readonly ttl?: '5m' | '1h'
}

export type Part =
  | {
      readonly type: 'text'
      readonly text: string
      readonly cache?: CacheHint
      readonly citations?: readonly Citation[]
      readonly signature?: Signature
      readonly native?: NativeFields
    }
  | {
      readonly type: 'media'
      readonly media: MediaKind
      readonly source: MediaSource
      readonly filename?: string
      readonly title?: string
      /** How closely to look at an image, in OpenAI's words. */
      readonly detail?: string
      readonly cache?: CacheHint
      /** Such as `citations.enabled` and `videoMetadata`. */
      readonly native?: NativeFields
    }
  | {
      readonly type: 'reasoning'
      readonly text: string
      readonly summary?: true
      readonly redacted?: true
      readonly signature?: Signature
      readonly native?: NativeFields
    }
  | { readonly type: 'refusal'; readonly text: string; readonly native?: NativeFields }
  | {
      readonly type: 'tool-call'
      readonly callId: string
      readonly name: string
      /** Raw JSON text of the arguments object, or plain text where `freeform`. */
      readonly arguments: string
      readonly freeform?: true
      readonly signature?: Signature
      readonly cache?: CacheHint
      readonly native?: NativeFields
    }
  | {
      readonly type: 'tool-result'
      readonly callId: string
      /** The tool's name where the dialect says it; encoders that need it look up the call. */
      readonly name?: string
      readonly content: readonly Part[]
      readonly isError?: boolean
      readonly cache?: CacheHint
      readonly native?: NativeFields
    }
  | { readonly type: 'native'; readonly dialect: DialectId; readonly value: Json }

/**
 * One turn. Tool results stand in turns of the role `tool`, on their own. System and developer turns stay
 * where the client put them; encoders for dialects with one system field gather them.
 */
export interface Turn {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool'
  readonly parts: readonly Part[]
  readonly name?: string
  readonly native?: NativeFields
}

export type Tool =
  | {
      readonly type: 'function'
      readonly name: string
      readonly description?: string
      /** JSON Schema of the arguments object; absent for a tool without arguments. */
      readonly schema?: JsonObject
      readonly strict?: boolean
      readonly cache?: CacheHint
      readonly native?: NativeFields
    }
  /** A tool that the provider runs, or of a form only its dialect knows. */
  | { readonly type: 'native'; readonly dialect: DialectId; readonly value: JsonObject }

export type ToolChoice =
  | { readonly type: 'auto' | 'none' | 'required' }
  | { readonly type: 'tool'; readonly name: string }
  | { readonly type: 'allowed'; readonly mode: 'auto' | 'required'; readonly names: readonly string[] }
  | { readonly type: 'native'; readonly dialect: DialectId; readonly value: Json }

export type OutputFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json' }
  | {
      readonly type: 'json-schema'
      readonly schema: JsonObject
      readonly name?: string
      readonly description?: string
      readonly strict?: boolean
    }

/** How much the model should think: an effort in words, a budget in tokens, or both. */
export interface ReasoningOptions {
  readonly effort?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max'
  readonly budgetTokens?: number
  /** The provider decides how much to think (Anthropic's `adaptive`, Gemini's budget of -1). */
  readonly adaptive?: true
  /** Show the reasoning to the client: as it is, or in the provider's summary style. */
  readonly show?: boolean | 'auto' | 'concise' | 'detailed'
}

export interface GenRequest {
  /** As the client sent it: a route, `provider/model`, or a bare model name. */
  readonly model: string
  readonly stream: boolean
  readonly turns: readonly Turn[]
  readonly tools?: readonly Tool[]
  readonly toolChoice?: ToolChoice
  readonly parallelToolCalls?: boolean
  readonly format?: OutputFormat
  readonly reasoning?: ReasoningOptions
  readonly verbosity?: string
  readonly maxOutputTokens?: number
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
  readonly stop?: readonly string[]
  readonly seed?: number
  readonly presencePenalty?: number
  readonly frequencyPenalty?: number
  readonly logitBias?: Readonly<Record<string, number>>
  readonly choices?: number
  /** Number of alternatives per token; 0 asks for the chosen token only. Absent: no logprobs. */
  readonly topLogprobs?: number
  readonly outputModalities?: readonly string[]
  /** The end user, as the client claims. */
  readonly user?: string
  readonly session?: string
  readonly metadata?: JsonObject
  readonly serviceTier?: string
  readonly store?: boolean
  readonly previousResponseId?: string
  /** Cache the whole prompt automatically (Anthropic's top-level `cache_control`). */
  readonly cache?: CacheHint
  /** The client asked for a usage block on its stream (Chat Completions only; others always send one). */
  readonly includeUsage?: boolean
  /** Fields of the client's dialect without a canonical form: they survive encoding in the same dialect. */
  readonly native?: NativeFields
}

/** Names of the client's own fields that a target of another dialect cannot be told. */
export function untoldFields({ native }: GenRequest): string[] {
  if (native === undefined) return []
  const { fields, carried = [] } = native
  return Object.keys(fields).filter((name) => !carried.includes(name))
}
