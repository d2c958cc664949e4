/** Whole answers: read as the stream they stand for, written from the folded answer. */

import { type Answer, type AnswerBlock, blocksOf, foldAnswer } from '../../core/answer.ts'
import type { BlockKind, GenEvent } from '../../core/event.ts'
import { asArray, asObject, isObject, type Json, type JsonObject, unknownFields } from '../../core/json.ts'
import type { EncodeContext, Patch } from '../dialect.ts'
import { citationsOf, citationToWire } from './citation.ts'
import { protocolFault } from '../fault.ts'
import { decodeError, encodeError } from './error.ts'
import { reasonToWire } from './finish-reason.ts'
import { ChatDecoder } from './stream-decode.ts'
import { usageToWire } from './usage.ts'

const dialect = 'cohere-chat'
const messageFields: ReadonlySet<string> = new Set([
  'role',
  'content',
  'tool_plan',
  'tool_calls',
  'citations',
])

/** Never throws. */
export function decodeResponse(body: Json, patch?: Patch): readonly GenEvent[] {
  const decoder = new ChatDecoder()
  if (!isObject(body)) return decoder.fail(protocolFault('The answer is not a JSON object.'))
  const { id, message: wire, ...end } = patch === undefined ? body : patch(body)
  // Cohere's error bodies have a message too: a text.
  if (typeof wire === 'string') return decoder.fail(decodeError(200, JSON.stringify(body)))
  const message = asObject(wire)
  if (message === undefined) return decoder.fail(protocolFault('The answer has no message.'))
  decoder.start(id)
  decoder.plan(message['tool_plan'])
  const { content } = message
  if (typeof content === 'string') decoder.content(0, { text: content })
  else for (const [index, entry] of asArray(content).entries()) decoder.content(index, entry)
  for (const [index, call] of asArray(message['tool_calls']).entries()) {
    decoder.callStart(index, asObject(call))
  }
  for (const citation of citationsOf(message['citations'])) decoder.citation(citation)
  const extras = unknownFields(message, messageFields)
  decoder.finish(extras === undefined ? end : { ...end, message: extras })
  return decoder.events()
}

/**
 * The answer of choice 0, or the error body of a failed one. Media, native blocks of other dialects, logprobs and
 * signatures have no place here and are left out.
 */
export function encodeResponse(events: readonly GenEvent[], context: EncodeContext): JsonObject {
  const answer = foldAnswer(events)
  if (answer.error !== undefined) return encodeError(answer.error)
  const finish = answer.finishes.find(({ choice }) => choice === 0)
  const { message: beside, ...extras } = extrasOf(answer)
  return {
    ...extras,
    id: answer.id || context.id,
    message: { ...encodeMessage(blocksOf(answer, 0)), ...asObject(beside) },
    ...(finish === undefined ? {} : { finish_reason: reasonToWire(finish.reason, finish.native) }),
    ...(answer.usage === undefined ? {} : { usage: usageToWire(answer.usage) }),
  }
}

/** The members that only this dialect knows; whole events of a stream have no place here. */
function extrasOf({ natives }: Answer): JsonObject {
  const own = natives.filter((native) => native.dialect === dialect).map(({ value }) => asObject(value) ?? {})
  return Object.assign({}, ...own.filter((value) => typeof value['type'] !== 'string')) as JsonObject
}

function encodeMessage(blocks: readonly AnswerBlock[]): JsonObject {
  const plan = blocks.filter(isPlan).map(({ text }) => text)
  const content: JsonObject[] = []
  const citations: JsonObject[] = []
  for (const block of blocks) {
    for (const citation of block.citations ?? []) citations.push(citationToWire(citation, content.length))
    const entry = isPlan(block) ? undefined : contentToWire(block, block.text)
    if (entry !== undefined) content.push(entry)
  }
  const calls = blocks.flatMap((block) =>
    block.kind === 'tool' ? [callToWire(block, argumentsOf(block))] : [],
  )
  return {
    role: 'assistant',
    ...(plan.length > 0 ? { tool_plan: plan.join('') } : {}),
    ...(content.length > 0 ? { content } : {}),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
    ...(citations.length > 0 ? { citations } : {}),
  }
}

function argumentsOf(block: AnswerBlock & { readonly kind: 'tool' }): string {
  return block.freeform ? JSON.stringify({ input: block.text }) : block.text
}

/** Is this the text in which the model says what it will call its tools for? */
export function isPlan(block: BlockKind): boolean {
  return (
    block.kind === 'text' && block.native?.dialect === dialect && block.native.fields['tool_plan'] === true
  )
}

/** A block of the content with this much of its text; undefined for one that has no form there. */
export function contentToWire(block: BlockKind, text: string): JsonObject | undefined {
  switch (block.kind) {
    case 'text':
    case 'refusal':
      return { type: 'text', text }
    case 'reasoning':
      return block.redacted ? undefined : { type: 'thinking', thinking: text }
    case 'native':
      return block.dialect === dialect ? asObject(block.value) : undefined
    case 'tool':
    case 'media':
      return undefined
  }
}

/** A tool call with these arguments. */
export function callToWire(block: BlockKind & { readonly kind: 'tool' }, text: string): JsonObject {
  const own = block.native?.dialect === dialect ? block.native.fields : {}
  return {
    id: block.callId,
    type: 'function',
    function: { name: block.name, arguments: text },
    ...own,
  }
}
