/** Whether two English words can stand for each other: as forms of one word, or by the lexicon. */

import { interchangeable, irregular } from './lexicon.ts'

/** Of words with one beginning, what may follow it in each. */
const endings = new Set(
  (
    ' s es e ed d ing er r or ers ion ation ition tion ions ations ment ments al ance ence able ible ly y ity ty ness ' +
    'ful ies ied ier iest est th ative ive age ure ist ian iness ily ial'
  ).split(' '),
)
const minBeginning = 4

/** Only endings that change no meaning: a baker is no bake. */
const inflections = new Set(['', 's', 'es', 'ed', 'd', 'ing', 'e', 'ies', 'ied', 'y'])
/** The shortest words that inflection leaves recognisable. */
const minStem = 3

/** `insure` and `insurance`: a shared beginning, and what English adds to one. */
function isFormOf(one: string, other: string): boolean {
  const shared = sharedLength(one, other)
  // `plan` and `planning` share one letter more than the ending leaves.
  for (let at = shared; at >= Math.max(minBeginning, shared - 1); at--) {
    if (areEndings(one, other, at, endings)) return true
  }
  return false
}

function isInflected(one: string, other: string): boolean {
  const at = sharedLength(one, other)
  return at >= minStem && areEndings(one, other, at, inflections)
}

function sharedLength(one: string, other: string): number {
  let at = 0
  while (at < one.length && one[at] === other[at]) at++
  return at
}

function areEndings(one: string, other: string, at: number, known: ReadonlySet<string>): boolean {
  const [a, b] = [endingOf(one, at), endingOf(other, at)]
  if (!known.has(a) || !known.has(b)) return false
  const longer = a === '' ? b : b === '' ? a : undefined
  if (a === 'd' || b === 'd') return one[at - 1] === 'e' && longer === 'd' // `car`, `card`
  if (longer === 'e') return false // `plan`, `plane`
  return longer !== 'y' || at > minBeginning // `part`, `party`
}

/** Without the doubling of a consonant before it: `plan`, `planning`. */
function endingOf(word: string, at: number): string {
  const rest = word.slice(at)
  return rest[0] === word[at - 1] && /^.(?:ing|ed|ers?)$/.test(rest) ? rest.slice(1) : rest
}

const bases = new Map<string, string[]>()
for (const [base, ...forms] of irregular) {
  for (const form of forms) bases.set(form, [...(bases.get(form) ?? []), base!])
}

const linesByBeginning = new Map<string, { readonly word: string; readonly line: number }[]>()
interchangeable.forEach((words, line) => {
  for (const word of words) {
    const beginning = word.slice(0, minStem)
    const entries = linesByBeginning.get(beginning) ?? []
    linesByBeginning.set(beginning, entries)
    entries.push({ word, line })
  }
})

function basesOf(word: string): readonly string[] {
  // `important`, `importance`
  const quality = word.replace(/(?<=.{4}[ae])nce$/, 'nt')
  return [word, ...(quality === word ? [] : [quality]), ...(bases.get(word) ?? [])]
}

function linesOf(word: string): Set<number> {
  const lines = new Set<number>()
  for (const base of basesOf(word)) {
    for (const entry of linesByBeginning.get(base.slice(0, minStem)) ?? []) {
      if (entry.word === base || isInflected(entry.word, base)) lines.add(entry.line)
    }
  }
  return lines
}

export function canStandFor(one: string, other: string): boolean {
  if (one === other) return true
  for (const a of basesOf(one)) {
    for (const b of basesOf(other)) if (a === b || isInflected(a, b) || isFormOf(a, b)) return true
  }
  const lines = linesOf(one)
  return lines.size > 0 && !lines.isDisjointFrom(linesOf(other))
}
