/** What the writer of each wire format must do. The formats are written here by hand, from what was recorded. */

import type { Json, JsonObject } from '../core/json.ts'
import type { SimAnswer, SimUsage } from './answer.ts'
import type { Habits } from './habits.ts'
import type { Prompt } from './prompt.ts'
import type { RateState } from './rates.ts'

export type WireName =
  | 'openai-chat'
  | 'openai-responses'
  | 'anthropic-messages'
  | 'gemini-generate'
  | 'bedrock-converse'
  | 'cohere-chat'
  | 'ollama-chat'
  | 'openai-completions'

/** How a stream is cut into events, and the content type that says so. */
export interface WireStream {
  readonly framing: 'sse' | 'aws-event-stream' | 'ndjson'
  readonly contentType: string
}

/**
 * One event of a stream, or the one JSON document of an answer that is not streamed. `role` says what it is to
 * faults: `open` comes before content, `delta` carries content, `finish` says why the answer ended.
 */
export interface SimFrame {
  readonly event?: string
  /** JSON, or the data's text as it is (`[DONE]`, or what a fault wants). */
  readonly value: JsonObject | string
  readonly role: 'whole' | 'open' | 'delta' | 'other' | 'finish' | 'usage' | 'done'
  /** Output tokens that this frame reveals; they are billed when it is sent. */
  readonly tokens: number
}

/** An answer and all that its writer needs to know beside it. */
export interface Reply {
  readonly answer: SimAnswer
  readonly prompt: Prompt
  readonly body: JsonObject
  readonly model: string
  readonly habits: Habits
  /** Unique in this simulator; every id in the answer is made of it. */
  readonly n: number
  readonly nowMs: number
}

/** An error, in words that every dialect finds its own among. */
export interface ErrorWords {
  readonly status: number
  readonly message: string
  /** Overrides the type, or the code, that the status implies. */
  readonly type?: string
  readonly code?: string
  /** Google's `details`; other dialects leave them out. */
  readonly details?: readonly Json[]
}

/** What the headers of an answer tell. */
export interface HeadersOf {
  readonly n: number
  readonly nowMs: number
  readonly habits: Habits
  /** Undefined: a limit that nobody reaches. */
  readonly rate: RateState | undefined
}

export interface Wire {
  readonly name: WireName
  /** Absent: server-sent events. */
  readonly stream?: WireStream
  /** Reads what the request asks. Total: what it does not know, it passes over. */
  read(body: JsonObject): Prompt
  whole(reply: Reply): JsonObject
  frames(reply: Reply): SimFrame[]
  /** A frame in the middle of a stream that tells usage. */
  usageFrame(reply: Reply, usage: SimUsage): SimFrame
  error(words: ErrorWords, n: number): JsonObject
  /** An error as an event of a stream that began well. */
  errorFrame(words: ErrorWords, n: number): SimFrame
  /** A frame of a kind that is not needed to read the answer, as providers slip in now and then. */
  strangeFrame(reply: Reply): SimFrame
  /** The headers of its provider beside content type and length. */
  headers(reply: HeadersOf): [string, string][]
}

/** How this wire streams. */
export function streamOf({ stream }: Wire): WireStream {
  return stream ?? { framing: 'sse', contentType: 'text/event-stream' }
}

/** An answer that is not streamed, as the one frame that it is. */
export function wholeFrame(wire: Wire, reply: Reply): SimFrame {
  const tokens = reply.answer.usage.outputTokens * reply.prompt.choices
  return { value: wire.whole(reply), role: 'whole', tokens }
}
