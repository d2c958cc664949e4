/** Searches a text for patterns in time linear in its length, whatever the patterns and the text are. */

import type { Detector, Finding } from '../finding.ts'
import { endsAnywhere } from '../scripts.ts'
import { contains } from './character-set.ts'
import { type Classes, classify, closureOf, type Program } from './program.ts'
import { Scan, type Seen } from './scan.ts'

/**
 * Two machines of the same states. The first, whose sets of states are worked out once and kept, tells whether there
 * is anything to find: nearly always there is not. The second follows every state with the place where it began, and
 * gives the first and longest of the matches; it is asked only about the places that the first one names.
 */
export function createSearch(kind: string, program: Program): Detector {
  const classes = classify(program)
  const scan = new Scan(program, classes)
  const follower = new Follower(program, classes)
  return {
    kind,
    find(text, from = 0) {
      let findings: Finding[] | undefined
      for (let seen = scan.find(text, from); seen !== undefined;) {
        const { match, next } = follower.firstMatch(text, seen)
        if (match) (findings ??= []).push({ kind, ...match })
        seen = scan.find(text, next)
      }
      return findings ?? none
    },
  }
}

const none: readonly Finding[] = []

/** A match ends at the latest so far behind its last end that was found: text is hostile, and this bounds its work. */
const maxExtension = 256

interface Match {
  readonly start: number
  readonly end: number
}

/** Pike's way, each state with the place where it began: of those in one state, the first to begin stands for all. */
class Follower {
  readonly #program: Program
  readonly #classes: Classes
  readonly #beginnings: readonly (readonly Beginning[])[]
  /** The states that are on, in the order in which they were entered, and those that will be. */
  #current: number[] = []
  #next: number[] = []
  /** By state: where it began, and the step in which it was last entered. */
  readonly #beganAt: Int32Array
  readonly #enteredAt: Float64Array
  #step = 0
  #text = ''
  #best: Match | undefined

  constructor(program: Program, classes: Classes) {
    this.#program = program
    this.#classes = classes
    this.#beginnings = beginningsOf(program, classes)
    this.#beganAt = new Int32Array(program.instructions.length)
    this.#enteredAt = new Float64Array(program.instructions.length)
  }

  /** The match that begins first of those about which there is more to say; else only how far it has looked. */
  firstMatch(text: string, seen: Seen): { readonly match: Match | undefined; readonly next: number } {
    this.#text = text
    const next = this.#follow(seen)
    const match = this.#best
    this.#text = ''
    return { match, next: match?.end ?? next }
  }

  #follow({ start, end }: Seen): number {
    const text = this.#text
    this.#best = undefined
    this.#current.length = 0
    this.#step++
    for (let place = start; place < text.length; place++) {
      const unit = text.charCodeAt(place)
      const { length } = this.#current
      const best: Match | undefined = this.#best as Match | undefined // `#read` sets it
      if (best === undefined) {
        if (length === 0 && place >= end) return place
        this.#begin(place, unit)
      } else if (length === 0 || place - best.end > maxExtension) return place
      this.#read(unit, place + 1)
    }
    return text.length
  }

  #begin(place: number, unit: number): void {
    // States that are on were entered in this step: they began earlier, and stand.
    for (const { at, startsAtWord } of this.#beginnings[this.#classes.of[unit]!]!) {
      if (startsAtWord && !isBoundary(this.#text, place)) continue
      if (this.#enteredAt[at] === this.#step) continue
      this.#enteredAt[at] = this.#step
      this.#beganAt[at] = place
      this.#current.push(at)
    }
  }

  #read(unit: number, place: number): void {
    const { instructions } = this.#program
    const next = this.#next
    next.length = 0
    this.#step++
    for (const at of this.#current) {
      const start = this.#beganAt[at]!
      if (this.#best !== undefined && start > this.#best.start) continue
      const instruction = instructions[at]!
      if (instruction.type === 'set' && contains(instruction.set, unit)) {
        this.#enter(next, instruction.to, start, place)
      }
    }
    this.#next = this.#current
    this.#current = next
  }

  /** Those that began first are entered first, so that whoever comes later changes nothing. */
  #enter(into: number[], state: number, start: number, place: number): void {
    const { instructions } = this.#program
    const todo = [state]
    for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
      if (this.#enteredAt[at] === this.#step) continue
      this.#enteredAt[at] = this.#step
      this.#beganAt[at] = start
      const instruction = instructions[at]!
      if (instruction.type === 'set') into.push(at)
      else if (instruction.type === 'split') todo.push(...instruction.to)
      else if (!instruction.endsAtWord || isBoundary(this.#text, place)) this.#accept(start, place)
    }
  }

  #accept(start: number, end: number): void {
    const best = this.#best
    if (best === undefined || start < best.start || (start === best.start && end > best.end)) {
      this.#best = { start, end }
    }
  }
}

interface Beginning {
  readonly at: number
  readonly startsAtWord: boolean
}

/** By class of units: the states before one of which a match may begin with it. */
function beginningsOf({ instructions, starts }: Program, { examples }: Classes): readonly Beginning[][] {
  const all = starts.flatMap(({ at, startsAtWord }) =>
    closureOf(instructions, [at]).map((state) => ({ at: state, startsAtWord })),
  )
  return examples.map((unit) =>
    all.filter(({ at }) => {
      const instruction = instructions[at]!
      return instruction.type === 'set' && contains(instruction.set, unit)
    }),
  )
}

/** Where no spaces are written between words, there is a boundary everywhere. */
function isBoundary(text: string, place: number): boolean {
  const [before, behind] = [text.charCodeAt(place - 1), text.charCodeAt(place)]
  return isWord(before) !== isWord(behind) || endsAnywhere(before) || endsAnywhere(behind)
}

/** Letters beyond ASCII are of words too: whole words of other languages could not be told otherwise. */
function isWord(unit: number): boolean {
  return !Number.isNaN(unit) && /[\p{L}\p{M}\p{N}_]/u.test(String.fromCharCode(unit))
}
