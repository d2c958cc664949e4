/** Searches a text for patterns in time linear in its length, whatever the patterns and the text are. */

import type { Detector, Finding } from '../finding.ts'
import { endsAnywhere } from '../scripts.ts'
import { contains } from './character-set.ts'
import type { Instruction, Program } from './program.ts'

/**
 * Two machines of the same states. The first, whose sets of states are worked out once and kept, tells whether there
 * is anything to find: nearly always there is not. The second follows every state with the place where it began, and
 * gives the first and longest of the matches; it is asked only about the places that the first one names.
 */
export function createSearch(kind: string, program: Program): Detector {
  const classes = classify(program)
  const scan = createScan(program, classes)
  const follower = new Follower(program, classes)
  return {
    kind,
    find(text, from = 0) {
      let findings: Finding[] | undefined
      for (let seen = scan(text, from); seen !== undefined;) {
        const { match, next } = follower.firstMatch(text, seen)
        if (match) (findings ??= []).push({ kind, ...match })
        seen = scan(text, next)
      }
      return findings ?? none
    },
  }
}

const none: readonly Finding[] = []

// -- is there anything?

/** Sets of states that are kept: where there are more, they are forgotten and worked out anew, so often per text. */
const maxKeptSets = 2_000
const maxForgotten = 4
/** Of a text with ever new sets: so many units are left to the second machine, without a look. */
const givenUp = 65_536

interface Classes {
  /** By unit. */
  readonly of: Uint16Array
  /** A unit of each class. */
  readonly examples: readonly number[]
}

/** The classes of units that the program does not tell apart, by unit. */
function classify({ instructions }: Program): Classes {
  const edges = new Set([0])
  for (const instruction of instructions) {
    if (instruction.type !== 'set') continue
    for (const [from, to] of instruction.set) {
      edges.add(from)
      if (to < 0xffff) edges.add(to + 1)
    }
  }
  const of = new Uint16Array(0x10000)
  const examples: number[] = []
  const sorted = [...edges].toSorted((a, b) => a - b)
  for (const [index, edge] of sorted.entries()) {
    of.fill(index, edge, sorted[index + 1] ?? 0x10000)
    examples.push(edge)
  }
  return { of, examples }
}

/** The first match to end begins here or behind it, and ends there: if words' boundaries are where it has them. */
interface Seen {
  readonly start: number
  readonly end: number
}

function createScan(
  program: Program,
  { of, examples }: Classes,
): (text: string, from: number) => Seen | undefined {
  const { instructions, starts } = program
  const width = examples.length
  const begin = closureOf(
    instructions,
    starts.map(({ at }) => at),
  )
  const sets: number[][] = []
  const numbers = new Map<string, number>()
  /** By set and class: the number of the set that follows. -1: not worked out. -2: a match. */
  let table = new Int32Array(64 * width).fill(unknown)

  /** What is under way may be in the very states that a match begins in: such a set is another. */
  const numberOf = (set: number[], isUnderWay: boolean): number => {
    const name = `${isUnderWay} ${set.join()}`
    const found = numbers.get(name)
    if (found !== undefined) return found
    const number = sets.push(set) - 1
    numbers.set(name, number)
    if (number * width >= table.length) {
      const larger = new Int32Array(table.length * 2).fill(unknown)
      larger.set(table)
      table = larger
    }
    return number
  }
  const workOut = (set: number, unitClass: number): number => {
    const unit = examples[unitClass]!
    const next: number[] = []
    for (const at of sets[set]!) {
      const instruction = instructions[at]!
      if (instruction.type === 'set' && contains(instruction.set, unit)) next.push(instruction.to)
    }
    const reached = closureOf(instructions, next)
    const isMatch = reached.some((at) => instructions[at]!.type === 'accept')
    const follows = isMatch ? matched : numberOf(mergeSorted(begin, reached), reached.length > 0)
    table[set * width + unitClass] = follows
    return follows
  }
  const forget = (): void => {
    sets.length = 0
    numbers.clear()
    table.fill(unknown)
    numberOf(begin, false)
  }
  numberOf(begin, false)
  const first = 0

  return (text, from) => {
    let set = first
    let begun = from
    let forgotten = 0
    for (let at = from; at < text.length; at++) {
      // Nothing is under way: a match begins here or later.
      if (set === first) begun = at
      const unitClass = of[text.charCodeAt(at)]!
      let next = table[set * width + unitClass]!
      if (next === unknown) {
        if (sets.length >= maxKeptSets) {
          if (forgotten++ === maxForgotten) return { start: begun, end: at + givenUp }
          const known = sets[set]!
          forget()
          set = numberOf(known, set !== first)
        }
        next = workOut(set, unitClass)
      }
      if (next === matched) return { start: begun, end: at + 1 }
      set = next
    }
    return undefined
  }
}

const unknown = -1
const matched = -2

function mergeSorted(a: readonly number[], b: readonly number[]): number[] {
  return [...new Set([...a, ...b])].toSorted((x, y) => x - y)
}

/** All states that these lead to without reading, in order. */
function closureOf(instructions: readonly Instruction[], from: readonly number[]): number[] {
  const seen = new Set<number>()
  const todo = [...from]
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    if (seen.has(at)) continue
    seen.add(at)
    const instruction = instructions[at]!
    if (instruction.type === 'split') todo.push(...instruction.to)
  }
  return [...seen].toSorted((x, y) => x - y)
}

// -- what is it?

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
