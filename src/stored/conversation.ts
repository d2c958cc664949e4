/** What of a call is kept for its continuation, and how a later request continues it. */

import { type Answer, type AnswerBlock, blocksOf } from '../core/answer.ts'
import { parseBounded } from '../core/bounded-json.ts'
import { defined, isObject } from '../core/json.ts'
import type { GenRequest, Part, Turn } from '../core/request.ts'

/** The turns of a call and of all that it continued, without instructions. */
export interface StoredConversation {
  readonly turns: readonly Turn[]
}

/** What to keep of an answered call: the request's turns but its instructions, then the answer's. */
export function conversationOf(request: GenRequest, answer: Answer): StoredConversation {
  const { said } = split(request.turns)
  return { turns: [...said, ...turnsOfAnswer(answer)] }
}

/**
 * The request with the stored turns before its own and `previousResponseId` gone. Its own instructions stay in
 * front; those of the earlier response are not carried over (OpenAI's Responses API, `instructions`).
 */
export function continueConversation(request: GenRequest, stored: StoredConversation): GenRequest {
  const { previousResponseId: _, ...rest } = request
  const { instructions, said } = split(request.turns)
  return { ...rest, turns: [...instructions, ...stored.turns, ...said] }
}

/** The first choice of an answer as the assistant's turn of the next request; none when the answer is empty. */
export function turnsOfAnswer(answer: Answer): Turn[] {
  const parts = blocksOf(answer, 0).map(toPart)
  return parts.length === 0 ? [] : [{ role: 'assistant', parts }]
}

/**
 * The field `instructions` of a Responses request, which holds for one call, apart from what was said. It is the
 * leading system turn that does not come from an item of the input: those carry `native`, and stay.
 */
function split(turns: readonly Turn[]): {
  readonly instructions: readonly Turn[]
  readonly said: readonly Turn[]
} {
  const [first] = turns
  const at = first?.role === 'system' && first.native === undefined ? 1 : 0
  return { instructions: turns.slice(0, at), said: turns.slice(at) }
}

function toPart(block: AnswerBlock): Part {
  const { text, signature, citations } = block
  switch (block.kind) {
    case 'text':
      return defined({ type: 'text' as const, text, citations, signature, native: block.native })
    case 'reasoning': {
      const { summary, redacted, native } = block
      return defined({ type: 'reasoning' as const, text, summary, redacted, signature, native })
    }
    case 'refusal':
      return defined({ type: 'refusal' as const, text, native: block.native })
    case 'tool': {
      const { callId, name, freeform, native } = block
      // Some providers stream nothing for a call without arguments.
      const args = text === '' && !freeform ? '{}' : text
      return defined({
        type: 'tool-call' as const,
        callId,
        name,
        arguments: args,
        freeform,
        signature,
        native,
      })
    }
    case 'media':
      return { type: 'media', media: block.media, source: block.source }
    case 'native': {
      // A block that came in pieces has its input, as JSON text, beside its value.
      const input = text === '' ? undefined : parseBounded(text)
      const value = input !== undefined && isObject(block.value) ? { ...block.value, input } : block.value
      return { type: 'native', dialect: block.dialect, value }
    }
  }
}
