/** Whole answers: read as the one chunk that they amount to, written from the folded answer. */

import { type Answer, type AnswerBlock, blocksOf, foldAnswer } from '../../core/answer.ts'
import type { GenEvent } from '../../core/event.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { sealCallId } from '../../core/signature.ts'
import type { EncodeContext, Patch } from '../dialect.ts'
import { readWhole } from '../openai-chunks.ts'
import { encodeOpenAiError } from '../openai-error.ts'
import { citationToWire, logprobsToWire } from './annotation.ts'
import { type ExtrasParts, extrasParts } from './extras.ts'
import { reasonToWire } from './finish-reason.ts'
import { mediaToWire } from './media.ts'
import { detailToWire } from './reasoning.ts'
import { ChunkDecoder } from './stream-decode.ts'
import { legacyMark } from './tool-calls.ts'
import { tierToWire, usageToWire } from './usage.ts'

const dialect = 'openai-chat'

/** Reads a whole answer. Never throws. */
export function decodeResponse(body: Json, patch?: Patch): readonly GenEvent[] {
  return readWhole(new ChunkDecoder(true), body, patch)
}

/**
 * The answer as one body, or the error body of a failed answer. Media but pictures, and native blocks of
 * other dialects, have no place in a message and are left out.
 */
export function encodeResponse(events: readonly GenEvent[], context: EncodeContext): JsonObject {
  const answer = foldAnswer(events)
  if (answer.error !== undefined) return encodeOpenAiError(answer.error)
  const extras = extrasOf(answer)
  const indexes = new Set([...answer.blocks, ...answer.finishes].map(({ choice }) => choice))
  return {
    id: answer.id || context.id,
    object: 'chat.completion',
    created: Math.floor((answer.createdAtMs ?? context.nowMs) / 1000),
    model: answer.model || context.model,
    ...(answer.fingerprint === undefined ? {} : { system_fingerprint: answer.fingerprint }),
    ...tierToWire(answer.usage),
    ...extras.body,
    choices: [...indexes].toSorted((a, b) => a - b).map((index) => encodeChoice(answer, index, extras)),
    ...(answer.usage === undefined ? {} : { usage: usageToWire(answer.usage) }),
  }
}

function extrasOf(answer: Answer): ExtrasParts {
  const own = answer.natives.filter((native) => native.dialect === dialect)
  return extrasParts(own.at(-1)?.value ?? {})
}

function encodeChoice(answer: Answer, index: number, extras: ExtrasParts): JsonObject {
  const blocks = blocksOf(answer, index)
  const finish = answer.finishes.find(({ choice }) => choice === index)
  const hasTools = blocks.some(({ kind }) => kind === 'tool')
  const logprobsOf = (kind: 'text' | 'refusal') => {
    const values = blocks.flatMap((block) => (block.kind === kind ? (block.logprobs ?? []) : []))
    return values.length > 0 ? logprobsToWire(values) : null
  }
  const [content, refusal] = [logprobsOf('text'), logprobsOf('refusal')]
  return {
    index,
    message: { ...encodeMessage(blocks), ...extras.messageOf(index) },
    logprobs: content === null && refusal === null ? null : { content, refusal },
    finish_reason: finish === undefined ? null : reasonToWire(finish.reason, finish.native, hasTools),
    ...extras.choiceOf(index),
  }
}

function encodeMessage(blocks: readonly AnswerBlock[]): JsonObject {
  const textOf = (kind: AnswerBlock['kind']) => {
    const found = blocks.filter((block) => block.kind === kind)
    return found.length > 0 ? found.map(({ text }) => text).join('') : null
  }
  const annotations = blocks
    .flatMap((block) => block.citations ?? [])
    .map(citationToWire)
    .filter((citation) => citation !== undefined)
  return {
    role: 'assistant',
    content: encodeContent(blocks, textOf('text')),
    refusal: textOf('refusal'),
    ...encodeReasoning(blocks, textOf('reasoning')),
    ...encodeImages(blocks),
    ...(annotations.length > 0 ? { annotations } : {}),
    ...encodeToolCalls(blocks),
  }
}

/** Text, unless the provider's content had parts that only a list can hold. */
function encodeContent(blocks: readonly AnswerBlock[], text: string | null): Json {
  if (!blocks.some((block) => block.kind === 'native' && block.dialect === dialect)) return text
  const parts: Json[] = []
  for (const block of blocks) {
    if (block.kind === 'text') parts.push({ type: 'text', text: block.text })
    if (block.kind === 'native' && block.dialect === dialect) parts.push(block.value)
  }
  return parts
}

/** The details are all or nothing: a reader that finds them does not read the plain text. */
function encodeReasoning(blocks: readonly AnswerBlock[], text: string | null): JsonObject {
  const reasoning = blocks.filter((block) => block.kind === 'reasoning')
  const plain = text === null || text === '' ? {} : { reasoning_content: text }
  if (!reasoning.some((block) => block.signature ?? block.summary)) return plain
  const details = reasoning.flatMap((block, index) => detailToWire(block, block.signature, index))
  return { ...plain, reasoning_details: details }
}

function encodeImages(blocks: readonly AnswerBlock[]): JsonObject {
  const images: JsonObject[] = []
  for (const block of blocks) {
    if (block.kind !== 'media' || block.media !== 'image') continue
    const image = mediaToWire('image', block.source, {})
    if (image !== undefined) images.push(image)
  }
  return images.length > 0 ? { images } : {}
}

function encodeToolCalls(blocks: readonly AnswerBlock[]): JsonObject {
  const calls: JsonObject[] = []
  let legacy: JsonObject | undefined
  for (const block of blocks) {
    if (block.kind !== 'tool') continue
    const fields = block.native?.dialect === dialect ? block.native.fields : {}
    if (fields[legacyMark] === true) legacy = { name: block.name, arguments: block.text }
    else {
      calls.push({
        id: sealCallId(block.callId, block.signature),
        ...(block.freeform
          ? { type: 'custom', custom: { name: block.name, input: block.text } }
          : { type: 'function', function: { name: block.name, arguments: block.text || '{}' } }),
        ...fields,
      })
    }
  }
  return {
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
    ...(legacy === undefined ? {} : { function_call: legacy }),
  }
}
