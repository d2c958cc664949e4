/** Says why two questions that lie near each other may want different answers. */

import { canStandFor } from './alike.ts'
import { meaningOf, type Reading } from './reading.ts'
import { attributes, carriers, kindWords, opposites, softUnits } from './words.ts'

type Difference = (a: Reading, b: Reading) => boolean

/** What can turn an answer round, by the reason that it is; each holds in both directions. */
const differences: readonly (readonly [reason: string, isThere: Difference])[] = [
  ['language', (a, b) => differ(a.language, b.language) && !shareWords(a, b)],
  ['code', (a, b) => !sameBag(a.code, b.code)],
  ['number', (a, b) => !sameList(a.numbers, b.numbers)],
  ['unit', (a, b) => !unitsMatch(a.units, b.units)],
  ['time', (a, b) => !sameSet(a.times, b.times)],
  ['tense', (a, b) => (a.tense === 'future') !== (b.tense === 'future')],
  ['tense', (a, b) => differ(a.tense, b.tense) && !isOfDate(a) && !isOfDate(b)],
  ['negation', (a, b) => a.isNegated !== b.isNegated],
  ['opposite', isOpposed],
  ['scope', (a, b) => !sameSet(a.scopes, b.scopes)],
  ['name', (a, b) => !sameList(a.names, b.names) && !namesMatch(a, b)],
  ['kind', (a, b) => differ(a.kind, b.kind) || isOfOtherKind(a, b) || isOfOtherKind(b, a)],
  ['order', (a, b) => a.isPassive !== b.isPassive || differ(a.asksFor, b.asksFor)],
  ['order', (a, b) => isTurned(a, b) || goesOtherWay(a, b) || goesOtherWay(b, a)],
  ['deed', (a, b) => lacksDeed(a, b) || lacksDeed(b, a)],
  ['word', isSubstituted],
]

/**
 * The first reason against one answer for both; undefined where there is none. Symmetric. Cosines tell topics apart,
 * not demands: to "enable" and to "disable" lie closer than two ways to ask for either. So whatever can turn an
 * answer round must be the same in both.
 */
export function whyNotSame(a: Reading, b: Reading): string | undefined {
  return differences.find(([, isThere]) => isThere(a, b))?.[0]
}

/** Half of their words or more: then a guess that their languages differ was wrong. */
function shareWords({ words: a }: Reading, { words: b }: Reading): boolean {
  return a.intersection(b).size * 2 >= Math.min(a.size, b.size)
}

/** What one wants to do, the other does not speak of. */
function lacksDeed({ deed }: Reading, other: Reading): boolean {
  if (deed === undefined || other.words.has(deed)) return false
  if (other.deed !== undefined && canStandFor(deed, other.deed)) return false
  const meaning = meaningOf(deed)?.name
  if (meaning !== undefined && carriers.has(meaning)) return false
  return !(meaning !== undefined && other.content.has(meaning)) && !speaksOf(other, deed)
}

/** Has a word that can stand for this one. */
function speaksOf({ carried }: Reading, word: string): boolean {
  for (const words of carried.values()) if (words.some((each) => canStandFor(word, each))) return true
  return false
}

/** A date is what it is, whenever what it is of was. */
function isOfDate({ content }: Reading): boolean {
  return content.has('date') || content.has('deadline')
}

/** Both say, and not the same. */
function differ<Value>(one: Value | undefined, other: Value | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other
}

/** One says what it asks for, the other neither says so nor speaks of it. */
function isOfOtherKind({ kind, counted }: Reading, other: Reading): boolean {
  if (kind === undefined || other.kind !== undefined) return false
  if (counted !== undefined && (other.units.has(counted) || other.content.has(counted))) return false
  const words = kindWords[kind]
  return words !== undefined && !words.some((word) => other.content.has(word))
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((value) => b.has(value))
}

function unitsMatch(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  const isSoft = (unit: string) => softUnits.has(unit)
  if (a.size === 0) return [...b].every(isSoft)
  if (b.size === 0) return [...a].every(isSoft)
  return sameSet(a, b)
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index])
}

function sameBag(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && sameList(a.toSorted(compare), b.toSorted(compare))
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}

/** A name may begin a sentence, where its capital says nothing, or be written without one. Its order must hold. */
function namesMatch(a: Reading, b: Reading): boolean {
  if (!a.names.every((name) => hasName(b, name)) || !b.names.every((name) => hasName(a, name))) return false
  const inOrder = (names: readonly string[], { places }: Reading) =>
    names.every((name, at) => at === 0 || (places.get(names[at - 1]!) ?? 0) <= (places.get(name) ?? Infinity))
  return inOrder(a.names, b) && inOrder(b.names, a)
}

function hasName({ words }: Reading, name: string): boolean {
  return words.has(name)
}

/** One has a word of one side that the other lacks, and the other one of the other side; or both have both, the other way round. */
function isOpposed(a: Reading, b: Reading): boolean {
  for (const [one, other] of opposites) {
    const own = sidesOf(a, b, one, other)
    const theirs = sidesOf(b, a, one, other)
    if ((own.one && theirs.other) || (own.other && theirs.one)) return true
    const [first, second] = [orderOf(a, one, other), orderOf(b, one, other)]
    if (first !== undefined && second !== undefined && first !== second) return true
  }
  return false
}

function sidesOf(
  { words }: Reading,
  { words: known }: Reading,
  one: ReadonlySet<string>,
  other: ReadonlySet<string>,
): { readonly one: boolean; readonly other: boolean } {
  const has = (side: ReadonlySet<string>) => [...side].some((word) => words.has(word) && !known.has(word))
  return { one: has(one), other: has(other) }
}

/** Which of the two sides comes first, where there are both. */
function orderOf({ places }: Reading, one: ReadonlySet<string>, other: ReadonlySet<string>) {
  const first = (side: ReadonlySet<string>) =>
    Math.min(...[...side].map((word) => places.get(word) ?? Infinity))
  const [a, b] = [first(one), first(other)]
  return a === Infinity || b === Infinity ? undefined : a < b
}

/** What one question comes from, the other goes to. */
function isTurned(a: Reading, b: Reading): boolean {
  for (const [relation, word] of a.related) {
    const there = b.related.get(relation)
    if (there === undefined || there === word) continue
    if (b.content.has(word) && a.content.has(there)) return true
  }
  return false
}

const towards = ['to', 'into', 'onto', 'for']

/** From a thing in the one, to it in the other. */
function goesOtherWay({ related: a }: Reading, { related: b }: Reading): boolean {
  const from = a.get('from')
  if (from === undefined || b.has('from') || towards.some((way) => a.has(way))) return false
  return towards.some((way) => b.get(way) === from)
}

/**
 * A word of one question that the other has in no form is what that question is about, unless it belongs to the frame
 * in which anything is asked. Of words whose meaning has other words, some only say what form the answer has: one of
 * the two may go without them, but not have another on each side.
 */
function isSubstituted(a: Reading, b: Reading): boolean {
  const lacks =
    (of: Reading, other: Reading) =>
    (meaning: string): boolean =>
      !other.content.has(meaning) &&
      !other.places.has(meaning) &&
      !of.carried.get(meaning)!.every((word) => speaksOf(other, word))
  const own = [...a.specifics, ...a.concepts].filter(lacks(a, b))
  const theirs = [...b.specifics, ...b.concepts].filter(lacks(b, a))
  if ([...own, ...theirs].some((meaning) => !attributes.has(meaning) && !carriers.has(meaning))) return true
  // Of two questions for the way to do something, neither asks for a figure: it is what is to be done.
  const isOfWay = a.kind === 'how' && b.kind === 'how'
  if (isOfWay && [...own, ...theirs].some((meaning) => attributes.has(meaning))) return true
  return [attributes, carriers].some((kind) =>
    [own, theirs].every((side) => side.some((word) => kind.has(word))),
  )
}
