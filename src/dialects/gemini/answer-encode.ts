/** Canonical answers as Gemini's response bodies, and the pieces that bodies and stream chunks share. */

import { type Answer, type AnswerBlock, blocksOf, foldAnswer } from '../../core/answer.ts'
import type { GenEvent, TokenLogprob } from '../../core/event.ts'
import { asObject, defined, isObject, type Json, type JsonObject } from '../../core/json.ts'
import type { EncodeContext } from '../dialect.ts'
import { finishWordOf } from './finish.ts'
import { encodeGrounding } from './grounding.ts'
import { mediaPart } from './media.ts'
import { encodeUsage } from './usage.ts'
import { argumentsObject, derivedCallId, toThoughtSignature } from './wire.ts'

/** A whole answer as one `GenerateContentResponse`. */
export function encodeBody(events: readonly GenEvent[], context: EncodeContext): JsonObject {
  const answer = foldAnswer(events)
  const choices = new Set([...answer.blocks, ...answer.finishes].map((item) => item.choice))
  const candidates = [...choices]
    .toSorted((a, b) => a - b)
    .map((choice) => {
      let calls = 0
      const parts = blocksOf(answer, choice)
        .map((block) => blockPart(block, answerId(answer, context), block.kind === 'tool' ? calls++ : 0))
        .filter((part) => part !== undefined)
      return {
        content: parts.length > 0 ? { parts, role: 'model' } : { role: 'model' },
        ...ending(answer, choice),
      }
    })
  return {
    ...(isBlockedPrompt(answer) ? {} : { candidates }),
    ...(answer.usage ? { usageMetadata: encodeUsage(answer.usage) } : {}),
    ...head(answer, context),
    ...nativeFields(answer, 'response'),
  }
}

/** The answer's id on the wire. */
export function answerId(answer: Answer, context: EncodeContext): string {
  return answer.id === '' ? context.id : answer.id
}

/** The members that every chunk of an answer repeats. */
export function head(answer: Answer, context: EncodeContext): JsonObject {
  return defined({
    modelVersion: answer.model === '' ? context.model : answer.model,
    createTime: isoTime(answer.createdAtMs),
    responseId: answerId(answer, context),
  })
}

// Further than this from 1970 no date has a text (ECMA-262, "Time Values and Time Range").
const maxTimeMs = 8.64e15

function isoTime(timeMs: number | undefined): string | undefined {
  return timeMs !== undefined && Math.abs(timeMs) <= maxTimeMs ? new Date(timeMs).toISOString() : undefined
}

/**
 * A block as one part; undefined for what only another dialect knows. `callIndex` numbers the choice's
 * calls: the id that a decoder would derive by it is left out.
 */
export function blockPart(block: AnswerBlock, responseId: string, callIndex: number): JsonObject | undefined {
  const part = unsignedPart(block, responseId, callIndex)
  if (part === undefined || block.signature === undefined) return part
  return { ...part, thoughtSignature: toThoughtSignature(block.signature) }
}

function unsignedPart(block: AnswerBlock, responseId: string, callIndex: number): JsonObject | undefined {
  switch (block.kind) {
    case 'text':
    case 'refusal':
      return { text: block.text }
    case 'reasoning':
      return { text: block.text, thought: true }
    case 'tool': {
      const { callId, name } = block
      const id = callId === derivedCallId(responseId, block.choice, callIndex) ? undefined : callId
      return {
        functionCall: defined({ id, name, args: argumentsObject(block.text, block.freeform === true) }),
      }
    }
    case 'media':
      return mediaPart(block.source)
    case 'native':
      return block.dialect === 'gemini' && isObject(block.value) ? block.value : undefined
  }
}

/** What stands beside a candidate's content in the last chunk: index, finish reason and metadata. */
export function ending(answer: Answer, choice: number): JsonObject {
  const blocks = blocksOf(answer, choice)
  const texts = blocks.filter((block) => block.kind === 'text')
  const finish = answer.finishes.find((candidate) => candidate.choice === choice)
  const hasToolCall = blocks.some((block) => block.kind === 'tool')
  return defined({
    ...(finish ? { finishReason: finishWordOf(finish.reason, finish.native, hasToolCall) } : {}),
    groundingMetadata: encodeGrounding(texts),
    logprobsResult: logprobsResult(texts.flatMap((block) => block.logprobs ?? [])),
    ...nativeFields(answer, 'candidate', choice),
    index: choice,
  }) as JsonObject
}

function logprobsResult(values: readonly TokenLogprob[]): JsonObject | undefined {
  if (values.length === 0) return undefined
  const wire = ({ token, logprob }: { token: string; logprob: number }) => ({
    token,
    logProbability: logprob,
  })
  const hasTop = values.some((value) => value.top !== undefined)
  return {
    chosenCandidates: values.map(wire),
    ...(hasTop
      ? { topCandidates: values.map((value) => ({ candidates: (value.top ?? []).map(wire) })) }
      : {}),
  }
}

/** The members of Gemini's own that travelled as native events: of the response, or of one candidate. */
export function nativeFields(answer: Answer, of: 'response' | 'candidate', choice?: number): JsonObject {
  const fields: Record<string, Json | undefined> = {}
  for (const { dialect, value } of answer.natives) {
    const members = dialect === 'gemini' && isObject(value) ? asObject(value[of]) : undefined
    if (members && (choice === undefined || members['index'] === choice)) Object.assign(fields, members)
  }
  return fields
}

/** True for a prompt that Gemini refused: such an answer has feedback in place of candidates. */
export function isBlockedPrompt(answer: Answer): boolean {
  const feedback = asObject(nativeFields(answer, 'response')['promptFeedback'])
  return answer.blocks.length === 0 && feedback?.['blockReason'] !== undefined
}
