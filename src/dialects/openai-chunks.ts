/** What the chunks of OpenAI's chat and of its legacy completions have in common: how they begin, end, and are read. */

import type { GatewayError } from '../core/error.ts'
import type { GenEvent } from '../core/event.ts'
import { parseBounded } from '../core/bounded-json.ts'
import { asNumber, asString, isObject, type Json, type JsonObject } from '../core/json.ts'
import type { Frame } from '../framing/frame.ts'
import type { Machine, Patch } from './dialect.ts'
import { protocolFault } from './fault.ts'
import { openAiErrorOf } from './openai-error.ts'

/** The terminator of a stream. It proves nothing: only a `finish_reason` ends an answer. */
export const done = '[DONE]'

/** Reads chunks one by one; a whole answer is one chunk. */
export interface ChunkReader {
  take(chunk: JsonObject): readonly GenEvent[]
  /** Ends the answer with a failure; whatever follows is not read. */
  fail(error: GatewayError): readonly GenEvent[]
  end(): readonly GenEvent[]
}

/** Reads frames; `patch` mends a provider's habits before the chunk is read. */
export function readFrames(reader: ChunkReader, patch: Patch | undefined): Machine<Frame, GenEvent> {
  return {
    push({ event, data }) {
      if (data === done || data === '') return []
      const value = parseBounded(data)
      if (!isObject(value)) return reader.fail(protocolFault('A chunk of the stream is not a JSON object.'))
      if (event === 'error') return reader.fail(openAiErrorOf(200, value))
      return reader.take(patch === undefined ? value : patch(value))
    },
    end: () => reader.end(),
  }
}

/** Reads a whole answer. Never throws. */
export function readWhole(reader: ChunkReader, body: Json, patch: Patch | undefined): readonly GenEvent[] {
  if (!isObject(body)) return reader.fail(protocolFault('The answer is not a JSON object.'))
  const answer = patch === undefined ? body : patch(body)
  if (!answer['error'] && !Array.isArray(answer['choices'])) {
    return reader.fail(protocolFault('The answer has no choices.'))
  }
  return [...reader.take(answer), ...reader.end()]
}

/** The start that a first chunk tells. */
export function startOf(chunk: JsonObject): GenEvent {
  const created = asNumber(chunk['created'])
  const fingerprint = asString(chunk['system_fingerprint'])
  return {
    type: 'start',
    id: asString(chunk['id']) ?? '',
    model: asString(chunk['model']) ?? '',
    // Some servers send 0, others milliseconds: a time that cannot be is no time.
    ...(created !== undefined && created > 0 && created < 1e11 ? { createdAtMs: created * 1000 } : {}),
    ...(fingerprint ? { fingerprint } : {}),
  }
}

/** The members that open every chunk. */
export function chunkHead(
  object: 'chat.completion.chunk' | 'text_completion',
  { id, model, createdAtMs, fingerprint }: Omit<GenEvent & { type: 'start' }, 'type'>,
  context: { readonly id: string; readonly model: string; readonly nowMs: number },
): JsonObject {
  return {
    id: id || context.id,
    object,
    created: Math.floor((createdAtMs ?? context.nowMs) / 1000),
    model: model || context.model,
    ...(fingerprint === undefined ? {} : { system_fingerprint: fingerprint }),
  }
}
