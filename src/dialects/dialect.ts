/** The contract that every dialect fulfils. A dialect is pure: no I/O, no clock, no random, no `node:` imports. */

import type { GatewayError } from '../core/error.ts'
import type { DialectId, GenEvent } from '../core/event.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { GenRequest } from '../core/request.ts'
import type { Frame, FramingName } from '../framing/frame.ts'

/** A synchronous, pure transducer. `end` says that the input is over; nothing may be pushed after it. */
export interface Machine<In, Out> {
  push(input: In): readonly Out[]
  end(): readonly Out[]
}

/** What an encoder must be told because a dialect has no clock and no random of its own. */
export interface EncodeContext {
  /** Used as the answer's id where the source dialect gave none. */
  readonly id: string
  /** The name to show as the answer's model. */
  readonly model: string
  readonly nowMs: number
  /** The client asked for a usage block on its stream. Dialects that always send one ignore it. */
  readonly includeUsage: boolean
}

/** What the request's encoder must know about the model at the other end. */
export interface EncodeTarget {
  /** The provider's own name of the model. */
  readonly model: string
  /** Used where the dialect demands an output limit and the client gave none. */
  readonly maxOutputTokens?: number
  /** The model wants the text of its earlier reasoning back (Chat Completions' `reasoning_content`). */
  readonly takesReasoning?: boolean
}

export interface EncodedRequest {
  readonly body: JsonObject
  /** Each thing the target dialect cannot carry: canonical snake_case names, or paths like `turns[2].audio`. */
  readonly dropped: readonly string[]
}

/** A quirk's patch of one parsed response body or stream event, before the decoder sees it. Pure. */
export type Patch = (value: JsonObject) => JsonObject

/**
 * Decoders never throw on what a provider sent: what they cannot read becomes a `fail` event with
 * `upstream_protocol`. `request.decode` throws GatewayError `invalid_request` with the path of the field at fault.
 */
export interface Dialect {
  readonly id: DialectId
  /** How its streams are cut into frames. Absent: server-sent events. */
  readonly framing?: FramingName
  /** The data of the frame that closes a stream, where the dialect has one beside its terminal event (`[DONE]`). */
  readonly terminator?: string
  /** The model's name stands in the body rather than in the path. */
  readonly modelInBody: boolean
  /** Where the schema of the answer stands in a request, for errors about it. */
  readonly formatParam: string
  /** Usage on a stream must be asked for (`stream_options.include_usage`). */
  readonly forcesUsage?: boolean
  /** Answers can be kept (`store`) and continued by their id (`previous_response_id`). */
  readonly keepsResponses?: boolean
  /** Parts of a prompt can be marked for the provider's own cache. */
  readonly takesCacheHints?: boolean
  readonly request: {
    /** `path` has what the dialect puts in the URL instead of the body (Gemini: model and stream). */
    decode(body: Json, path?: { readonly model?: string; readonly stream?: boolean }): GenRequest
    encode(request: GenRequest, target: EncodeTarget): EncodedRequest
  }
  readonly response: {
    /** A whole answer as the same events that its stream would give. */
    decode(body: Json, patch?: Patch): readonly GenEvent[]
    encode(events: readonly GenEvent[], context: EncodeContext): JsonObject
  }
  readonly stream: {
    /** Emits `finish` only on the protocol's own terminal marker, so that a cut stream has none. */
    decoder(patch?: Patch): Machine<Frame, GenEvent>
    encoder(context: EncodeContext): Machine<GenEvent, Frame>
  }
  readonly error: {
    /** Reads an error answer; total over any status and body. */
    decode(status: number, body: string): GatewayError
    encode(error: GatewayError): JsonObject
  }
}
