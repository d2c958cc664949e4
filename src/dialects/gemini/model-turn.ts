/** Puts a model's turn together again from the pieces that a client kept of a stream. */

import type { Signature } from '../../core/event.ts'
import type { Part, Turn } from '../../core/request.ts'

/**
 * Google's clients keep every chunk of a streamed answer as a content of its own and send it back so. Adjacent
 * turns of the assistant become one, and where one's last part and the next's first are pieces of one text or
 * thought, they become one part. A piece with a signature of Gemini's own stays as it was, as Google asks;
 * another provider's belongs to the text before it.
 */
export function joinModelTurns(turns: readonly Turn[]): readonly Turn[] {
  const joined: Turn[] = []
  let parts: Part[] | undefined
  for (const turn of turns) {
    if (turn.role !== 'assistant') {
      parts = undefined
      joined.push(turn)
    } else if (parts) {
      append(parts, joinProofs(turn.parts))
    } else {
      parts = joinProofs(turn.parts)
      joined.push({ role: 'assistant', parts })
    }
  }
  return joined
}

/**
 * Other clients gather the pieces in one content. A stream tells another provider's proof in a piece without
 * text: it belongs to all of the thought before it, which the provider wants back in one.
 */
function joinProofs(parts: readonly Part[]): Part[] {
  const joined: Part[] = []
  for (const part of parts) {
    if (part.type !== 'reasoning' || part.text !== '' || !isForeign(part.signature)) {
      joined.push(part)
      continue
    }
    const start = joined.findLastIndex((piece) => !isUnproven(piece)) + 1
    const text = joined.splice(start).map((piece) => (piece.type === 'reasoning' ? piece.text : ''))
    joined.push({ ...part, text: text.join('') })
  }
  return joined
}

const isForeign = (signature: Signature | undefined) =>
  signature !== undefined && signature.dialect !== 'gemini'

const isUnproven = (part: Part) => part.type === 'reasoning' && part.signature === undefined

function append(parts: Part[], next: readonly Part[]): void {
  const last = parts.at(-1)
  for (const [at, part] of next.entries()) {
    const whole = at === 0 && last ? continued(last, part) : undefined
    if (whole) parts[parts.length - 1] = whole
    // The last chunk of a stream often has an empty text.
    else if (!isEmptyText(part)) parts.push(part)
  }
}

/** Both pieces as one part; undefined where the second does not continue the first. */
function continued(first: Part, next: Part): Part | undefined {
  if (first.type !== 'text' && first.type !== 'reasoning') return undefined
  if (next.type !== first.type || first.signature !== undefined) return undefined
  if (next.signature?.dialect === 'gemini') return undefined
  return { ...first, ...next, text: first.text + next.text }
}

function isEmptyText(part: Part): boolean {
  return part.type === 'text' && part.text === '' && part.signature === undefined
}
