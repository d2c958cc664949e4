/** Whole messages: read as the stream they stand for, written from the folded answer. */

import { type AnswerBlock, blocksOf, foldAnswer } from '../../core/answer.ts'
import { GatewayError } from '../../core/error.ts'
import type { GenEvent } from '../../core/event.ts'
import { parseBounded } from '../../core/bounded-json.ts'
import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import { sealCallId, sealSignature } from '../../core/signature.ts'
import type { EncodeContext, Patch } from '../dialect.ts'
import { citationToWire } from './citation.ts'
import { encodeError, errorFromWire } from './error.ts'
import { reasonToWire } from './stop-reason.ts'
import { MessageDecoder } from './stream-decode.ts'
import { toolInput } from '../tool-input.ts'
import { usageToWire } from './usage.ts'

/** A whole message is the `message_start` of a stream that has no more to say. Never throws. */
export function decodeResponse(body: Json, patch?: Patch): readonly GenEvent[] {
  if (!isObject(body)) return [broken('The answer is not a JSON object.')]
  const message = patch === undefined ? body : patch(body)
  if (message['type'] === 'error' || isObject(message['error'])) {
    return [{ type: 'fail', error: errorFromWire(200, message) }]
  }
  if (!Array.isArray(message['content'])) return [broken('The answer has no content.')]
  const decoder = new MessageDecoder()
  return [...decoder.take({ type: 'message_start', message }), ...decoder.take({ type: 'message_stop' })]
}

/**
 * The message of choice 0, or the error body of a failed answer. Media blocks, native blocks of other dialects
 * and logprobs have no place in a message and are left out.
 */
export function encodeResponse(events: readonly GenEvent[], context: EncodeContext): JsonObject {
  const answer = foldAnswer(events)
  if (answer.error !== undefined) return encodeError(answer.error)
  const blocks = blocksOf(answer, 0)
  const finish = answer.finishes.find(({ choice }) => choice === 0)
  const isRefusal = blocks.some(({ kind }) => kind === 'refusal')
  return {
    id: answer.id || context.id,
    type: 'message',
    role: 'assistant',
    model: answer.model || context.model,
    content: blocks.flatMap((block) => encodeBlock(block)),
    stop_reason:
      finish === undefined
        ? null
        : isRefusal
          ? 'refusal'
          : reasonToWire(finish.reason, finish.native, finish.stopSequence),
    stop_sequence: finish?.stopSequence ?? null,
    ...messageExtras(answer.natives),
    usage: usageToWire(answer.usage),
  }
}

/** The members of the message that only this dialect knows; whole events of a stream have no place here. */
function messageExtras(natives: readonly { readonly dialect: string; readonly value: Json }[]): JsonObject {
  let extras: JsonObject = {}
  for (const { dialect, value } of natives) {
    if (dialect === 'anthropic-messages' && isObject(value) && typeof value['type'] !== 'string') {
      extras = { ...extras, ...value }
    }
  }
  return extras
}

function encodeBlock(block: AnswerBlock): readonly JsonObject[] {
  switch (block.kind) {
    case 'text': {
      const citations = (block.citations ?? [])
        .map(citationToWire)
        .filter((citation) => citation !== undefined)
      return [{ type: 'text', text: block.text, ...(citations.length > 0 ? { citations } : {}) }]
    }
    case 'refusal':
      return [{ type: 'text', text: block.text }]
    case 'reasoning': {
      const sealed = block.signature === undefined ? '' : sealSignature(block.signature, 'anthropic-messages')
      if (!block.redacted) return [{ type: 'thinking', thinking: block.text, signature: sealed }]
      return sealed === '' ? [] : [{ type: 'redacted_thinking', data: sealed }]
    }
    case 'tool':
      return [
        {
          type: 'tool_use',
          id: sealCallId(block.callId, block.signature),
          name: block.name,
          input: toolInput(block.text, block.freeform === true),
          ...ownFields(block.native),
        },
      ]
    case 'native': {
      if (block.dialect !== 'anthropic-messages' || !isObject(block.value)) return []
      const input = block.text === '' ? undefined : parseBounded(block.text)
      return [input === undefined ? block.value : { ...block.value, input }]
    }
    case 'media':
      return []
  }
}

/** The members that came from this dialect, to put back. */
export function ownFields(
  native: { readonly dialect: string; readonly fields: JsonObject } | undefined,
): JsonObject {
  return native?.dialect === 'anthropic-messages' ? native.fields : {}
}

function broken(problem: string): GenEvent {
  return { type: 'fail', error: new GatewayError('upstream_protocol', problem) }
}
