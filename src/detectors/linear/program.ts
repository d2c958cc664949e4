/** Patterns as one machine of states without output on the way: Thompson's construction. */

import type { CharacterSet } from './character-set.ts'
import { type Node, type ParsedPattern, PatternFault } from './parse.ts'

/** `split` leads on without reading; `set` reads one unit; `accept` is the end of one pattern. */
export type Instruction =
  | { readonly type: 'set'; readonly set: CharacterSet; to: number }
  | { readonly type: 'split'; to: number[] }
  | { readonly type: 'accept'; readonly endsAtWord: boolean }

export interface Program {
  readonly instructions: readonly Instruction[]
  readonly starts: readonly { readonly at: number; readonly startsAtWord: boolean }[]
}

/** So many states bound the work per character; of words, where few are ever on at once, the memory. */
const maxPatternStates = 20_000
export const maxWordStates = 250_000

/** Throws PatternFault where the patterns are too large together, or one matches the empty text. */
export function compileProgram(
  patterns: readonly ParsedPattern[],
  maxInstructions = maxPatternStates,
): Program {
  const instructions: Instruction[] = []
  const add = (instruction: Instruction): number => {
    if (instructions.length >= maxInstructions) throw new PatternFault('the patterns are too large')
    return instructions.push(instruction) - 1
  }
  /** Compiles backwards: gives the place where the node begins, given where it leads. */
  const compile = (node: Node, next: number): number => {
    switch (node.type) {
      case 'set':
        return add({ type: 'set', set: node.set, to: next })
      case 'sequence':
        return node.of.reduceRight((at, part) => compile(part, at), next)
      case 'choice':
        return add({ type: 'split', to: node.of.map((option) => compile(option, next)) })
      case 'repeat':
        return repeat(node, next)
    }
  }
  const repeat = ({ of, min, max }: Extract<Node, { type: 'repeat' }>, next: number): number => {
    let at = next
    if (max === undefined) {
      const loop: Instruction = { type: 'split', to: [next] }
      at = add(loop)
      loop.to.push(compile(of, at))
    } else {
      for (let n = min; n < max; n++) at = add({ type: 'split', to: [compile(of, at), next] })
    }
    for (let n = 0; n < min; n++) at = compile(of, at)
    return at
  }
  const starts = patterns.map(({ node, startsAtWord, endsAtWord }) => {
    if (isNullable(node)) throw new PatternFault('it matches the empty text')
    return { at: compile(node, add({ type: 'accept', endsAtWord })), startsAtWord }
  })
  return { instructions, starts }
}

function isNullable(node: Node): boolean {
  switch (node.type) {
    case 'set':
      return false
    case 'sequence':
      return node.of.every(isNullable)
    case 'choice':
      return node.of.some(isNullable)
    case 'repeat':
      return node.min === 0 || isNullable(node.of)
  }
}

export interface Classes {
  /** By unit. */
  readonly of: Uint16Array
  /** A unit of each class. */
  readonly examples: readonly number[]
}

/** The classes of units that the program does not tell apart. */
export function classify({ instructions }: Program): Classes {
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

/** All states that these lead to without reading, in order. */
export function closureOf(instructions: readonly Instruction[], from: readonly number[]): number[] {
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
