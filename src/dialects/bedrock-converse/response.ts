/** Whole answers of Converse: read as the stream they stand for, written from the folded answer. */

import { type Answer, type AnswerBlock, blocksOf, foldAnswer } from '../../core/answer.ts'
import { GatewayError } from '../../core/error.ts'
import type { GenEvent } from '../../core/event.ts'
import { asObject, isObject, type Json, type JsonObject } from '../../core/json.ts'
import { sealSignature } from '../../core/signature.ts'
import type { EncodeContext, Patch } from '../dialect.ts'
import { toolInput } from '../tool-input.ts'
import { citationToWire } from './citation.ts'
import { encodeError, errorFromWire } from './error.ts'
import { sourceToWire } from './media.ts'
import { reasonToWire } from './stop-reason.ts'
import { ConverseDecoder } from './stream-decode.ts'
import { usageToWire } from './usage.ts'

const dialect = 'bedrock-converse'
/** The one member beside the message that a stream tells with its end rather than with its usage. */
const toldAtEnd = 'additionalModelResponseFields'

/** Never throws. */
export function decodeResponse(body: Json, patch?: Patch): readonly GenEvent[] {
  if (!isObject(body)) return [broken('The answer is not a JSON object.')]
  const answer = patch === undefined ? body : patch(body)
  const content = asObject(asObject(answer['output'])?.['message'])?.['content']
  if (!Array.isArray(content)) {
    const isError = typeof answer['message'] === 'string' || answer['__type'] !== undefined
    return [
      isError
        ? { type: 'fail', error: errorFromWire(200, undefined, answer) }
        : broken('The answer has no content.'),
    ]
  }
  const { output: _output, stopReason, [toldAtEnd]: additional, ...metadata } = answer
  const decoder = new ConverseDecoder()
  const events = [...decoder.start()]
  for (const block of content as readonly Json[]) {
    events.push(...(isObject(block) ? decoder.whole(block) : [broken('A content block is not an object.')]))
  }
  const extras = additional === undefined ? undefined : { [toldAtEnd]: additional }
  return [...events, ...decoder.stop(stopReason, extras), ...decoder.metadata(metadata)]
}

/**
 * The answer of choice 0, or the error body of a failed one. Native blocks of other dialects, logprobs and the
 * signatures of text and tool calls have no place here and are left out.
 */
export function encodeResponse(events: readonly GenEvent[], _context: EncodeContext): JsonObject {
  const answer = foldAnswer(events)
  if (answer.error !== undefined) return encodeError(answer.error)
  const finish = answer.finishes.find(({ choice }) => choice === 0)
  const content = blocksOf(answer, 0)
    .map(encodeBlock)
    .filter((block) => block !== undefined)
  return {
    ...extrasOf(answer),
    output: { message: { role: 'assistant', content } },
    ...(finish === undefined
      ? {}
      : { stopReason: reasonToWire(finish.reason, finish.native, finish.stopSequence) }),
    ...(answer.usage === undefined ? {} : { usage: usageToWire(answer.usage) }),
  }
}

/** The members that only this dialect knows; whole events of a stream have no place here. */
function extrasOf({ natives }: Answer): JsonObject {
  const own = natives.filter((native) => native.dialect === dialect).map(({ value }) => asObject(value) ?? {})
  return Object.assign({}, ...own.filter((value) => typeof value['event'] !== 'string')) as JsonObject
}

/** A block with all of its text; undefined for one that has no form here. */
export function encodeBlock(block: AnswerBlock): JsonObject | undefined {
  switch (block.kind) {
    case 'text': {
      const citations = (block.citations ?? [])
        .map(citationToWire)
        .filter((citation) => citation !== undefined)
      if (citations.length === 0) return { text: block.text }
      return { citationsContent: { content: [{ text: block.text }], citations } }
    }
    case 'refusal':
      return { text: block.text }
    case 'reasoning': {
      const { signature, redacted, text } = block
      if (redacted) {
        // The slot takes bytes in base64, in which nothing else could travel.
        if (signature?.dialect !== dialect) return undefined
        return { reasoningContent: { redactedContent: signature.value } }
      }
      const sealed = signature === undefined ? {} : { signature: sealSignature(signature, dialect) }
      return { reasoningContent: { reasoningText: { text, ...sealed } } }
    }
    case 'tool': {
      const { callId, name, text, freeform } = block
      const own = block.native?.dialect === dialect ? block.native.fields : {}
      return { toolUse: { toolUseId: callId, name, input: toolInput(text, freeform === true), ...own } }
    }
    case 'media': {
      const source = sourceToWire(block.media, block.source)
      return source && { [block.media]: source }
    }
    case 'native':
      return block.dialect === dialect ? asObject(block.value) : undefined
  }
}

function broken(problem: string): GenEvent {
  return { type: 'fail', error: new GatewayError('upstream_protocol', problem) }
}
