/**
 * Reads a pattern in the part of JavaScript's syntax that can be matched in linear time: no references back and no
 * looking around. `\b` may stand at the two ends.
 */

import {
  anything,
  type CharacterSet,
  complement,
  digits,
  lineEnds,
  spaces,
  union,
  withBothCases,
  wordUnits,
} from './character-set.ts'

export type Node =
  | { readonly type: 'set'; readonly set: CharacterSet }
  | { readonly type: 'sequence'; readonly of: readonly Node[] }
  | { readonly type: 'choice'; readonly of: readonly Node[] }
  /** `max` absent: without bound. */
  | { readonly type: 'repeat'; readonly of: Node; readonly min: number; readonly max?: number }

export interface ParsedPattern {
  readonly node: Node
  readonly startsAtWord: boolean
  readonly endsAtWord: boolean
}

/** What is wrong with a pattern, in words for whoever wrote it. */
export class PatternFault extends Error {
  override readonly name = 'PatternFault'
}

const maxCount = 1_000

/** Throws PatternFault. `ignoreCase` also by `(?i)` in front. */
export function parsePattern(pattern: string, ignoreCase = false): ParsedPattern {
  let source = pattern
  let anyCase = ignoreCase
  if (source.startsWith('(?i)')) {
    source = source.slice(4)
    anyCase = true
  }
  const startsAtWord = source.startsWith('\\b')
  if (startsAtWord) source = source.slice(2)
  const endsAtWord = /(?:^|[^\\])(?:\\\\)*\\b$/.test(source)
  if (endsAtWord) source = source.slice(0, -2)
  const reader = new PatternReader(source, anyCase)
  return { node: reader.readAll(), startsAtWord, endsAtWord }
}

/**
 * The words themselves, one or the other: a tree, in which those that begin alike share their beginnings. A space may
 * be any, such as the end of a line.
 */
export function wordsAsNode(words: readonly string[], ignoreCase: boolean): Node {
  const sets = new Map<string, CharacterSet>([[' ', spaces]])
  const setOf = (unit: string): CharacterSet => {
    const lower = ignoreCase && unit.toLowerCase().length === 1 ? unit.toLowerCase() : unit
    const known = sets.get(lower)
    if (known) return known
    const set = single(lower.charCodeAt(0))
    const made = ignoreCase ? withBothCases(set) : set
    sets.set(lower, made)
    return made
  }
  return branch(
    words.map((word) => Array.from({ length: word.length }, (_, at) => setOf(word[at]!))),
    0,
  )
}

/** Of words that are alike up to this place. */
function branch(words: readonly (readonly CharacterSet[])[], at: number): Node {
  if (words.length === 1) {
    return { type: 'sequence', of: words[0]!.slice(at).map((set): Node => ({ type: 'set', set })) }
  }
  const bySet = new Map<CharacterSet | undefined, (readonly CharacterSet[])[]>()
  for (const word of words) {
    const alike = bySet.get(word[at])
    if (alike) alike.push(word)
    else bySet.set(word[at], [word])
  }
  const options = Array.from(bySet, ([set, alike]): Node => {
    if (set === undefined) return { type: 'sequence', of: [] }
    return { type: 'sequence', of: [{ type: 'set', set }, branch(alike, at + 1)] }
  })
  return options.length === 1 ? options[0]! : { type: 'choice', of: options }
}

class PatternReader {
  readonly #source: string
  readonly #anyCase: boolean
  #at = 0

  constructor(source: string, anyCase: boolean) {
    this.#source = source
    this.#anyCase = anyCase
  }

  readAll(): Node {
    const node = this.#choice()
    if (this.#at < this.#source.length) throw new PatternFault('a `)` closes nothing')
    return node
  }

  #choice(): Node {
    const options = [this.#sequence()]
    while (this.#takes('|')) options.push(this.#sequence())
    return options.length === 1 ? options[0]! : { type: 'choice', of: options }
  }

  #sequence(): Node {
    const parts: Node[] = []
    while (this.#at < this.#source.length && !'|)'.includes(this.#next)) parts.push(this.#repeated())
    return { type: 'sequence', of: parts }
  }

  #repeated(): Node {
    let node = this.#atom()
    for (;;) {
      const count = this.#count()
      if (count === undefined) return node
      this.#takes('?') // the shortest or the longest: it is found either way
      node = { type: 'repeat', of: node, ...count }
    }
  }

  #count(): { readonly min: number; readonly max?: number } | undefined {
    if (this.#takes('*')) return { min: 0 }
    if (this.#takes('+')) return { min: 1 }
    if (this.#takes('?')) return { min: 0, max: 1 }
    const match = /^\{(\d{1,9})(,(\d{0,9}))?\}/.exec(this.#source.slice(this.#at, this.#at + 24))
    if (!match) return undefined
    this.#at += match[0].length
    const min = Number(match[1])
    const max = match[2] === undefined ? min : match[3] === '' ? undefined : Number(match[3])
    if (Math.max(min, max ?? 0) > maxCount) throw new PatternFault(`a count is above ${maxCount}`)
    if (max !== undefined && max < min) throw new PatternFault('a count ends before it begins')
    return { min, ...(max !== undefined && { max }) }
  }

  #atom(): Node {
    const character = this.#take()
    switch (character) {
      case '(':
        return this.#group()
      case '[':
        return this.#set(this.#class())
      case '.':
        return this.#set(complement(lineEnds))
      case '\\':
        return this.#set(this.#escape())
      case '*':
      case '+':
      case '?':
        throw new PatternFault(`\`${character}\` repeats nothing`)
      case '^':
      case '$':
        throw new PatternFault(`\`${character}\` is not supported: a text is searched as a whole`)
      default:
        return this.#set(single(character.charCodeAt(0)))
    }
  }

  #group(): Node {
    if (this.#takes('?') && !this.#takes(':')) {
      throw new PatternFault('only `(...)` and `(?:...)` are supported: nothing that looks around')
    }
    const node = this.#choice()
    if (!this.#takes(')')) throw new PatternFault('a `(` is not closed')
    return node
  }

  #class(): CharacterSet {
    const isNegated = this.#takes('^')
    const sets: CharacterSet[] = []
    while (!this.#takes(']')) {
      const from = this.#member()
      if (this.#next === '-' && this.#source[this.#at + 1] !== ']') {
        this.#at++
        const to = this.#member()
        sets.push(rangeOf(from, to))
      } else sets.push(from)
    }
    const set = union(...sets)
    return isNegated ? complement(this.#anyCase ? withBothCases(set) : set) : set
  }

  #member(): CharacterSet {
    const character = this.#take()
    return character === '\\' ? this.#escape() : single(character.charCodeAt(0))
  }

  #escape(): CharacterSet {
    const character = this.#take()
    const known = classes[character]
    if (known) return known
    if (character === 'x') return single(this.#hex(2))
    if (character === 'u') return single(this.#hex(4))
    if (/[A-Za-z0-9]/.test(character)) {
      throw new PatternFault(
        `\`\\${character}\` is not supported${character === 'b' ? ' within a pattern' : ''}`,
      )
    }
    return single(character.charCodeAt(0))
  }

  #hex(length: number): number {
    const text = this.#source.slice(this.#at, this.#at + length)
    if (!new RegExp(`^[0-9A-Fa-f]{${length}}$`).test(text))
      throw new PatternFault('a code is not hexadecimal')
    this.#at += length
    return Number.parseInt(text, 16)
  }

  #set(set: CharacterSet): Node {
    return toSet(set, this.#anyCase)
  }

  get #next(): string {
    return this.#source[this.#at] ?? ''
  }

  #take(): string {
    const character = this.#next
    if (character === '') throw new PatternFault('it ends too early')
    this.#at++
    return character
  }

  #takes(character: string): boolean {
    if (this.#next !== character) return false
    this.#at++
    return true
  }
}

const single = (unit: number): CharacterSet => [[unit, unit]]

const classes: Readonly<Record<string, CharacterSet>> = {
  d: digits,
  D: complement(digits),
  w: wordUnits,
  W: complement(wordUnits),
  s: spaces,
  S: complement(spaces),
  n: single(10),
  r: single(13),
  t: single(9),
  f: single(12),
  v: single(11),
  0: single(0),
}

function toSet(set: CharacterSet, anyCase: boolean): Node {
  return { type: 'set', set: anyCase && set !== anything ? withBothCases(set) : set }
}

function rangeOf(from: CharacterSet, to: CharacterSet): CharacterSet {
  const [[first, firstEnd] = [0, 1], ...moreFirst] = from
  const [[last, lastEnd] = [0, 1], ...moreLast] = to
  const isPlain = first === firstEnd && last === lastEnd && moreFirst.length + moreLast.length === 0
  if (!isPlain || last < first) throw new PatternFault('a range in `[...]` is not one')
  return [[first, last]]
}
