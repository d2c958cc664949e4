/** Whole answers: read as the one chunk that they amount to, written from the folded answer. */

import { type Answer, blocksOf, foldAnswer } from '../../core/answer.ts'
import type { BlockKind, GenEvent } from '../../core/event.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { EncodeContext, Patch } from '../dialect.ts'
import { type ExtrasParts, extrasParts } from '../openai-chat/extras.ts'
import { reasonToWire } from '../openai-chat/finish-reason.ts'
import { usageToWire } from '../openai-chat/usage.ts'
import { readWhole } from '../openai-chunks.ts'
import { encodeOpenAiError } from '../openai-error.ts'
import { logprobsToWire } from './logprobs.ts'
import { ChunkDecoder } from './stream-decode.ts'

const dialect = 'openai-completions'

/** Reads a whole answer. Never throws. */
export function decodeResponse(body: Json, patch?: Patch): readonly GenEvent[] {
  return readWhole(new ChunkDecoder(true), body, patch)
}

/** The answer as one body, or the error body of a failed answer. All but text has no place in it and is left out. */
export function encodeResponse(events: readonly GenEvent[], context: EncodeContext): JsonObject {
  const answer = foldAnswer(events)
  if (answer.error !== undefined) return encodeOpenAiError(answer.error)
  const own = answer.natives.filter((native) => native.dialect === dialect)
  const extras = extrasParts(own.at(-1)?.value ?? {})
  const indexes = new Set([...answer.blocks, ...answer.finishes].map(({ choice }) => choice))
  return {
    ...extras.body,
    id: answer.id || context.id,
    object: 'text_completion',
    created: Math.floor((answer.createdAtMs ?? context.nowMs) / 1000),
    model: answer.model || context.model,
    ...(answer.fingerprint === undefined ? {} : { system_fingerprint: answer.fingerprint }),
    choices: [...indexes].toSorted((a, b) => a - b).map((index) => encodeChoice(answer, index, extras)),
    ...(answer.usage === undefined ? {} : { usage: usageToWire(answer.usage) }),
  }
}

function encodeChoice(answer: Answer, index: number, extras: ExtrasParts): JsonObject {
  const blocks = blocksOf(answer, index).filter(isText)
  const logprobs = blocks.flatMap((block) => block.logprobs ?? [])
  const finish = answer.finishes.find(({ choice }) => choice === index)
  return {
    text: blocks.map(({ text }) => text).join(''),
    index,
    logprobs: logprobs.length > 0 ? logprobsToWire(logprobs, 0) : null,
    finish_reason: finish === undefined ? null : reasonToWire(finish.reason, finish.native, false),
    ...extras.choiceOf(index),
  }
}

/** A refusal is the text of the answer, where there is no other place for it. */
export function isText({ kind }: BlockKind): boolean {
  return kind === 'text' || kind === 'refusal'
}
