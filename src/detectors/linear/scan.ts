/** Tells quickly where in a text there may be a match: the sets of states that a text leads to are worked out once and kept. */

import { contains } from './character-set.ts'
import { type Classes, closureOf, type Program } from './program.ts'

/** Sets of states that are kept: where there are more, they are forgotten and worked out anew, so often per text. */
const maxKeptSets = 2_000
const maxForgotten = 4
/** Of a text with ever new sets: so many units are passed over. */
const givenUp = 65_536

/** The first match to end begins here or behind it, and ends there: if words' boundaries are where it has them. */
export interface Seen {
  readonly start: number
  readonly end: number
}

const unknown = -1
const matched = -2
/** The number of the set in which nothing is under way. */
const first = 0

export class Scan {
  readonly #program: Program
  readonly #classes: Classes
  readonly #begin: readonly number[]
  readonly #sets: (readonly number[])[] = []
  readonly #numbers = new Map<string, number>()
  /** By set and class: the number of the set that follows. -1: not worked out. -2: a match. */
  #table: Int32Array

  constructor(program: Program, classes: Classes) {
    this.#program = program
    this.#classes = classes
    this.#begin = closureOf(
      program.instructions,
      program.starts.map(({ at }) => at),
    )
    this.#table = new Int32Array(64 * classes.examples.length).fill(unknown)
    this.#numberOf(this.#begin, false)
  }

  /** Undefined where there is no match from here on. */
  find(text: string, from: number): Seen | undefined {
    const { of, examples } = this.#classes
    const width = examples.length
    let table = this.#table
    let set = first
    let start = from
    let forgotten = 0
    for (let at = from; at < text.length; at++) {
      // Nothing is under way: a match begins here or later.
      if (set === first) start = at
      const unitClass = of[text.charCodeAt(at)]!
      let next = table[set * width + unitClass]!
      if (next === unknown) {
        if (this.#sets.length >= maxKeptSets) {
          if (forgotten++ === maxForgotten) return { start, end: at + givenUp }
          set = this.#forgetAllBut(set)
        }
        next = this.#workOut(set, unitClass)
        table = this.#table
      }
      if (next === matched) return { start, end: at + 1 }
      set = next
    }
    return undefined
  }

  #workOut(set: number, unitClass: number): number {
    const { instructions } = this.#program
    const { examples } = this.#classes
    const unit = examples[unitClass]!
    const next: number[] = []
    for (const at of this.#sets[set]!) {
      const instruction = instructions[at]!
      if (instruction.type === 'set' && contains(instruction.set, unit)) next.push(instruction.to)
    }
    const reached = closureOf(instructions, next)
    const isMatch = reached.some((at) => instructions[at]!.type === 'accept')
    const follows = isMatch ? matched : this.#numberOf(mergeSorted(this.#begin, reached), reached.length > 0)
    this.#table[set * examples.length + unitClass] = follows
    return follows
  }

  /** What is under way may be in the very states that a match begins in: such a set is another. */
  #numberOf(set: readonly number[], isUnderWay: boolean): number {
    const name = `${isUnderWay} ${set.join()}`
    const found = this.#numbers.get(name)
    if (found !== undefined) return found
    const number = this.#sets.push(set) - 1
    this.#numbers.set(name, number)
    if (number * this.#classes.examples.length >= this.#table.length) {
      const larger = new Int32Array(this.#table.length * 2).fill(unknown)
      larger.set(this.#table)
      this.#table = larger
    }
    return number
  }

  /** Gives the number that this set has from now on. */
  #forgetAllBut(set: number): number {
    const kept = this.#sets[set]!
    this.#sets.length = 0
    this.#numbers.clear()
    this.#table.fill(unknown)
    this.#numberOf(this.#begin, false)
    return this.#numberOf(kept, set !== first)
  }
}

function mergeSorted(a: readonly number[], b: readonly number[]): number[] {
  return [...new Set([...a, ...b])].toSorted((x, y) => x - y)
}
