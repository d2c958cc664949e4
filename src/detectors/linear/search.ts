/** Searches a text for patterns in time linear in its length, whatever the patterns and the text are. */

import type { Detector, Finding } from '../finding.ts'
import { contains, wordUnits } from './character-set.ts'
import type { Instruction, Program } from './program.ts'

/**
 * Two machines of the same states. The first, whose sets of states are worked out once and kept, tells whether there
 * is anything to find: nearly always there is not. The second follows every state with the place where it began, and
 * gives the first and longest of the matches.
 */
export function createSearch(kind: string, program: Program): Detector {
  const scan = createScan(program)
  const follower = new Follower(program)
  return { kind, find: (text, from = 0) => (scan(text, from) < 0 ? none : follower.find(kind, text, from)) }
}

const none: readonly Finding[] = []

// -- is there anything?

/** Sets of states that are kept; beyond them the text is given to the second machine. */
const maxKeptSets = 2_000

/** The classes of units that the program does not tell apart, by unit. */
function classify({ instructions }: Program): {
  readonly of: Uint16Array
  readonly examples: readonly number[]
} {
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

/** Gives a function that tells the end of some match, or -1. Words' boundaries are not looked at. */
function createScan(program: Program): (text: string, from: number) => number {
  const { instructions, starts } = program
  const { of, examples } = classify(program)
  const width = examples.length
  const begin = closureOf(
    instructions,
    starts.map(({ at }) => at),
  )
  const sets: number[][] = []
  const numbers = new Map<string, number>()
  /** By set and class: the number of the set that follows. -1: not worked out. -2: a match. */
  let table = new Int32Array(64 * width).fill(unknown)

  const numberOf = (set: number[]): number => {
    const name = set.join()
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
    const follows = isMatch ? matched : numberOf(mergeSorted(begin, reached))
    table[set * width + unitClass] = follows
    return follows
  }
  const first = numberOf(begin)

  return (text, from) => {
    let set = first
    for (let at = from; at < text.length; at++) {
      const unitClass = of[text.charCodeAt(at)]!
      let next = table[set * width + unitClass]!
      if (next === unknown) {
        if (sets.length >= maxKeptSets) return at
        next = workOut(set, unitClass)
      }
      if (next === matched) return at
      set = next
    }
    return -1
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
  readonly #begins: Uint8Array
  /** The states that are on, in the order in which they were entered, and those that will be. */
  #current: number[] = []
  #next: number[] = []
  /** By state: where it began, and the step in which it was last entered. */
  readonly #beganAt: Int32Array
  readonly #enteredAt: Float64Array
  #step = 0
  #text = ''
  #best: Match | undefined

  constructor(program: Program) {
    this.#program = program
    this.#begins = beginnings(program)
    this.#beganAt = new Int32Array(program.instructions.length)
    this.#enteredAt = new Float64Array(program.instructions.length)
  }

  find(kind: string, text: string, begin: number): Finding[] {
    const findings: Finding[] = []
    this.#text = text
    for (let from = begin; from < text.length;) {
      const found = this.#firstMatch(from)
      if (!found) break
      findings.push({ kind, ...found })
      from = found.end
    }
    this.#text = ''
    return findings
  }

  #firstMatch(from: number): Match | undefined {
    const text = this.#text
    this.#best = undefined
    this.#current.length = 0
    this.#step++
    for (let place = from; place < text.length; place++) {
      const unit = text.charCodeAt(place)
      const { length } = this.#current
      const best: Match | undefined = this.#best as Match | undefined // `#read` sets it
      if (best === undefined) {
        if (this.#begins[unit] === 1) this.#begin(place)
        else if (length === 0) continue
      } else if (length === 0 || place - best.end > maxExtension) return best
      this.#read(unit, place + 1)
    }
    return this.#best
  }

  #begin(place: number): void {
    // States that are on were entered in this step: they began earlier, and stand.
    for (const { at, startsAtWord } of this.#program.starts) {
      if (!startsAtWord || isBoundary(this.#text, place)) this.#enter(this.#current, at, place, place)
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

/** 1 for each unit that a match may begin with. */
function beginnings({ instructions, starts }: Program): Uint8Array {
  const begins = new Uint8Array(0x10000)
  for (const at of closureOf(
    instructions,
    starts.map((start) => start.at),
  )) {
    const instruction = instructions[at]!
    if (instruction.type === 'set') for (const [from, to] of instruction.set) begins.fill(1, from, to + 1)
  }
  return begins
}

function isBoundary(text: string, place: number): boolean {
  return isWord(text.charCodeAt(place - 1)) !== isWord(text.charCodeAt(place))
}

/** Letters beyond ASCII are of words too: whole words of other languages could not be told otherwise. */
function isWord(unit: number): boolean {
  if (contains(wordUnits, unit)) return true
  return (unit > 0xbf && unit !== 0xd7 && unit !== 0xf7 && unit < 0x2000) || unit >= 0x3040
}
