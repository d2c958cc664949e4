/** Chooses among the neighbours of a question the one whose answer it may be served, if any. */

import type { NearQuestion } from '../port.ts'
import { whyNotSame } from './guards.ts'
import { readQuestion } from './reading.ts'

export interface Choice {
  readonly found?: NearQuestion
  /** Why the nearest was passed over, where nothing was found. */
  readonly refused?: string
}

/** Neighbours that are looked at before the question counts as new. */
export const maxNeighbours = 5

/** Of neighbours that are near enough, nearest first. */
export function choose(text: string, neighbours: Iterable<NearQuestion>): Choice {
  const reading = readQuestion(text)
  let refused: string | undefined
  for (const near of neighbours) {
    const why = whyNotSame(reading, readQuestion(near.text))
    if (why === undefined) return { found: near }
    refused ??= why
  }
  return refused === undefined ? {} : { refused }
}
