/** What the matrix asks of every SDK, in the words of none of them. */

import type { DialectId } from '../../../src/core/event.ts'

export interface Question {
  readonly model: string
  readonly text: string
  readonly stream: boolean
  readonly system?: string
  readonly maxTokens?: number
  readonly temperature?: number
  /** A PNG in base64, or its address. */
  readonly image?: { readonly base64: string } | { readonly url: string }
  /** Think before the answer, and show it. */
  readonly thinks?: boolean
  /** Lets go of the answer. */
  readonly signal?: AbortSignal
}

/** An answer, as the SDK gave it to the application. */
export interface Said {
  readonly text: string
  readonly reasoning?: string
  /** The input holds what was read from the provider's cache. */
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number }
  readonly cachedTokens?: number
}

export interface ToolCall {
  readonly name: string
  readonly arguments: unknown
}

/** A whole round: the calls that the model made, and what it said once it had their results. */
export interface ToolRound {
  readonly calls: readonly ToolCall[]
  readonly final: Said
}

/** What the application learns from an error that the SDK threw. */
export interface Failure {
  /** It is of the class that the SDK's documentation names for this status. */
  readonly isTyped: boolean
  readonly status: number | undefined
  /** Weir's code. */
  readonly code: string | undefined
}

export interface SdkClient {
  readonly name: string
  readonly dialect: DialectId
  ask(question: Question): Promise<Said>
  /** Offers the tool `forecast`, and answers each call with `toolResult`. */
  toolRound(question: Question): Promise<ToolRound>
  /** Asks for a person through the SDK's own helper, and gives what the helper parsed. */
  person(model: string): Promise<unknown>
  /** Reads what `ask` threw. */
  failureOf(error: unknown): Failure
  embed?(model: string, texts: readonly string[]): Promise<readonly (readonly number[])[]>
  countTokens?(model: string, text: string): Promise<number>
}

export interface ClientOptions {
  /** Of the gateway, without a path. */
  readonly url: string
  readonly key: string
}

/** The JSON Schema of the arguments of the tool `forecast`. */
export const forecastSchema = {
  type: 'object' as const,
  properties: {
    city: { type: 'string', enum: ['Bern', 'Oslo'] },
    days: { type: 'integer' },
  },
  required: ['city', 'days'],
  additionalProperties: false,
}

export const forecastDescription = 'The weather of the next days.'
export const toolResult = 'Rain, then 14 °C'
