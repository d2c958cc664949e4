/** The hits of late that were compared, with what was asked and answered, until somebody has judged them. In memory only. */

import { randomUUID } from 'node:crypto'
import type { Trust } from './trust.ts'

/** Two questions and the answers to them. */
interface ComparedTexts {
  /** What was asked. */
  readonly question: string
  /** What was asked before, whose answer would have been served. */
  readonly asBefore: string
  readonly answer: string
  /** What would have been served. */
  readonly served: string
}

interface NewPair extends ComparedTexts {
  readonly org: string
  readonly destination: string
  /** It holds the comparison, by the id of the pair. */
  readonly trust: Trust
  /** Unix milliseconds. */
  readonly atMs: number
  /** Unix milliseconds: from then on neither answer is kept any more. */
  readonly expiresAtMs: number
}

export interface Pair extends NewPair {
  readonly id: string
}

/** The oldest go first. */
const maxPairs = 200
/** Of an answer, in characters. */
const maxAnswerLength = 4_000

export class Pairs {
  readonly #nowMs: () => number
  #all: Pair[] = []

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Gives its id. */
  add(pair: NewPair): string {
    const id = randomUUID()
    const cut = (text: string) => text.slice(0, maxAnswerLength)
    this.#keep((one) => one.expiresAtMs > this.#nowMs())
    if (this.#all.length >= maxPairs) this.#all.shift()
    this.#all.push({ ...pair, id, answer: cut(pair.answer), served: cut(pair.served) })
    return id
  }

  /** Those whose comparison counts, the newest first. */
  list(org: string): readonly Pair[] {
    this.#keep((one) => one.expiresAtMs > this.#nowMs() && one.trust.comparisonOf(one.id) !== undefined)
    return this.#all.filter((one) => one.org === org).toReversed()
  }

  remove(id: string): void {
    this.#keep((one) => one.id !== id)
  }

  forget(org: string): void {
    this.#keep((one) => one.org !== org)
  }

  #keep(isKept: (pair: Pair) => boolean): void {
    this.#all = this.#all.filter(isKept)
  }
}
