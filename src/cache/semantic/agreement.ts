/** Whether two answers say the same, as far as that shows without asking a model. */

import type { CachedAnswer } from '../entry.ts'
import { whyNotSame } from './guards.ts'
import { readQuestion } from './reading.ts'

export function textOf({ events }: Pick<CachedAnswer, 'events'>): string {
  const shown = new Set<number>()
  let text = ''
  for (const event of events) {
    if (event.type === 'block-start' && event.kind === 'text') shown.add(event.block)
    else if (event.type === 'block-delta' && shown.has(event.block)) text += event.text
  }
  return text
}

/** Alike but for case, space and punctuation; or short, and alike in all that the guards compare. */
export function sameAnswer(one: Pick<CachedAnswer, 'events'>, other: Pick<CachedAnswer, 'events'>): boolean {
  const [a, b] = [textOf(one), textOf(other)]
  if (plain(a) === plain(b)) return true
  return (
    Math.max(a.length, b.length) <= maxReadLength &&
    whyNotSame(readQuestion(a), readQuestion(b)) === undefined
  )
}

/** The guards read sentences: of a longer text they would find something to differ in. */
const maxReadLength = 2_000

function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}
