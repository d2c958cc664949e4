/** Whole answers: read as the one line that they amount to, written from the folded answer. */

import { type Answer, type AnswerBlock, blocksOf, foldAnswer } from '../../core/answer.ts'
import type { BlockKind, GenEvent } from '../../core/event.ts'
import { asObject, isObject, type Json, type JsonObject } from '../../core/json.ts'
import type { EncodeContext, Patch } from '../dialect.ts'
import { logprobsToWire } from '../openai-chat/annotation.ts'
import { toolInput } from '../tool-input.ts'
import { reasonToWire } from './done-reason.ts'
import { protocolFault } from '../fault.ts'
import { encodeError } from './error.ts'
import { LineDecoder } from './stream-decode.ts'
import { usageToWire } from './usage.ts'

const dialect = 'ollama-chat'

/** Never throws. */
export function decodeResponse(body: Json, patch?: Patch): readonly GenEvent[] {
  const decoder = new LineDecoder()
  if (!isObject(body)) return decoder.fail(protocolFault('The answer is not a JSON object.'))
  const answer = patch === undefined ? body : patch(body)
  if (answer['error'] === undefined && !isObject(answer['message'])) {
    return decoder.fail(protocolFault('The answer has no message.'))
  }
  return decoder.take(answer)
}

/**
 * The answer of choice 0, or the error body of a failed one. Media, native blocks, citations and signatures have
 * no place here and are left out.
 */
export function encodeResponse(events: readonly GenEvent[], context: EncodeContext): JsonObject {
  const answer = foldAnswer(events)
  if (answer.error !== undefined) return encodeError(answer.error)
  const blocks = blocksOf(answer, 0)
  const finish = answer.finishes.find(({ choice }) => choice === 0)
  const logprobs = blocks.flatMap((block) => block.logprobs ?? [])
  const { message: beside, ...extras } = extrasOf(answer)
  return {
    ...extras,
    model: answer.model || context.model,
    created_at: new Date(answer.createdAtMs ?? context.nowMs).toISOString(),
    message: { ...encodeMessage(blocks), ...asObject(beside) },
    ...(logprobs.length > 0 ? { logprobs: logprobsToWire(logprobs) } : {}),
    ...(finish === undefined ? {} : { done_reason: reasonToWire(finish.reason, finish.native) }),
    done: finish !== undefined,
    ...usageToWire(answer.usage),
  }
}

/** The members that only this dialect knows. */
function extrasOf({ natives }: Answer): JsonObject {
  const own = natives.filter((native) => native.dialect === dialect).map(({ value }) => asObject(value) ?? {})
  return Object.assign({}, ...own) as JsonObject
}

function encodeMessage(blocks: readonly AnswerBlock[]): JsonObject {
  const textOf = (...kinds: readonly BlockKind['kind'][]) =>
    blocks.flatMap((block) => (kinds.includes(block.kind) ? [block.text] : [])).join('')
  const thinking = textOf('reasoning')
  const calls = blocks.filter((block) => block.kind === 'tool')
  return {
    role: 'assistant',
    content: textOf('text', 'refusal'),
    ...(thinking === '' ? {} : { thinking }),
    ...(calls.length > 0 ? { tool_calls: calls.map((call, n) => callToWire(call, call.text, n)) } : {}),
  }
}

/** A whole tool call: the dialect has no pieces of one. */
export function callToWire(
  block: BlockKind & { readonly kind: 'tool' },
  text: string,
  index: number,
): JsonObject {
  const own = block.native?.dialect === dialect ? block.native.fields : {}
  return {
    id: block.callId,
    function: { index, name: block.name, arguments: toolInput(text, block.freeform === true) },
    ...own,
  }
}
