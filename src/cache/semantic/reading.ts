/** Reads a question once into all that the guards compare. */

import { type Language, languageOf } from '../../core/language.ts'
import { fillers, frames, kinds, negations, numerals, scopes, synonyms, times, units } from './words.ts'

export interface Reading {
  readonly language: Language | undefined
  /** Fragments that are no words: code, paths, addresses, identifiers, versions. */
  readonly code: readonly string[]
  /** In their order, each with its unit. */
  readonly numbers: readonly string[]
  /** Without a number. */
  readonly units: ReadonlySet<string>
  readonly times: ReadonlySet<string>
  readonly scopes: ReadonlySet<string>
  readonly isNegated: boolean
  /** When what is asked about is; undefined where no verb says. */
  readonly tense: 'past' | 'present' | 'future' | undefined
  /** `what eats it` is about the one who does it, `what does it eat` about the other; undefined where neither shows. */
  readonly asksFor: 'subject' | 'object' | undefined
  /** Something is done `by` somebody: the other way round, it is done to them. */
  readonly isPassive: boolean
  /** Names, in their order. */
  readonly names: readonly string[]
  /** The unit whose number is asked for (`how many miles`). */
  readonly counted: string | undefined
  /** What is asked for, where the question says. */
  readonly kind: string | undefined
  /** All words in lower case. */
  readonly words: ReadonlySet<string>
  /** Where each word stands first. */
  readonly places: ReadonlyMap<string, number>
  /** By relation (`from`, `to`, ...), the words that follow it. */
  readonly related: ReadonlyMap<string, string>
  /** Words that carry meaning, each by the name of its meaning. */
  readonly content: ReadonlySet<string>
  /** The same, each with the words that carry it. */
  readonly carried: ReadonlyMap<string, readonly string[]>
  /** What is to be done, in a question for the way to do it. */
  readonly deed: string | undefined
  /** Of those, the ones whose meaning is known by other words too. */
  readonly concepts: ReadonlySet<string>
  /** Of the others, those that stand for nothing else. */
  readonly specifics: ReadonlySet<string>
}

/** Verbs that say no more than that something is done. */
const lightVerbs = new Set(
  'be keep set put take work best one my the this it they perform turn give say write notice learn'.split(
    ' ',
  ),
)

/** Ways to ask that ask for the same, each as the shortest of them. */
const askings: readonly (readonly [RegExp, string])[] = [
  [/^(?:hi|hello|hey|help)\b[ ,!.]*/, ''],
  [/\b(?:can|could|would|will) you (?:please )?(?=(?:tell|explain|show|help|give|describe)\b)/g, ''],
  [/\b(?:do|does) (?:you|anyone|anybody|someone) (?:know|remember)\b/g, ''],
  [
    /\b(?:i am|i'm|i was) (?:wondering|curious|interested)\b|\bi (?:would|'d) like to know\b|\bi want to know\b/g,
    '',
  ],
  [/\bis there (?:a|any|some) (?:\w+ )?(?:way|method|trick|possibility|means) (?:to|of|for)\b/g, 'how to'],
  [
    /\bwhat (?:can|could|should|do|must|may) (?:i|we|you|one) do (?:so that|in order to|to|about|if|when|against)\b/g,
    'how to',
  ],
  [
    /\b(?:what|which)(?: is| are|'s) the (?:\w+ )?(?:ways?|methods?|steps?|procedures?|process|commands?|codes?|tricks?|shortcuts?) (?:to|of|for|that|with which)\b/g,
    'how to',
  ],
  [/\bin (?:what|which) way\b/g, 'how'],
  [/\bis it possible (?:to|for (?:me|us|you) to)\b|\bam i (?:allowed|able) to\b|\bmay i\b/g, 'can i'],
  [
    /\bfor (?:what|which) reasons?\b|\b(?:what|which) (?:is|are) the reasons? (?:for|why|that)\b|\bwhat (?:could|can|may|might) be (?:causing|the reason for)\b|\bwhat(?: is|'s) causing\b/g,
    'why',
  ],
  [/\b(?:rather than|in place of)\b/g, 'instead of'],
  [/\b(?:in|on|from|at|during) (?:what|which) (?:date|day|time|hour)\b/g, 'when'],
  [/\bon average\b|\bon the whole\b/g, ''],
  [/\b(?:per|each|every) day\b|\b(?<!\b(?:in|for|within|about|takes?) )a day\b/g, 'daily'],
  [/\b(?:per|each|every) week\b|\b(?<!\b(?:in|for|within|about|takes?) )a week\b/g, 'weekly'],
  [/\b(?:per|each|every) month\b|\b(?<!\b(?:in|for|within|about|takes?) )a month\b/g, 'monthly'],
  [/\b(?:per|each|every) year\b|\b(?<!\b(?:in|for|within|about|takes?) )a year\b/g, 'yearly'],
  [/(\d) ?°? ?c\b(?!\+|#)/g, '$1 celsius'],
]

const phrases: readonly (readonly [RegExp, string])[] = [
  [/\b(turn|switch|log|sign|set|shut|power|call|work)(?:ed|ing|s)? ?-?(on|off|in|out|up|down)\b/g, '$1-$2'],
  [/\b(turn|switch|shut|power)(?:ed|ing|s)? ((?:\S+ ){1,4}?)(on|off|down)\b/g, '$1-$3 $2'],
  [/\bat (least|most)\b/g, 'at-$1'],
  [/\b(?:get|getting) (?:rid|ride) of\b|\bthrow(?:ing)? away\b/g, 'remove'],
  [/\bhow come\b/g, 'why'],
  [/\bapart from\b|\bother than\b/g, 'except'],
  [/\b(\w+)n['’]t\b/g, '$1 not'],
  [/\bcannot\b/g, 'can not'],
  [/\b(money) back\b/g, '$1-back'],
  [
    /\btwo[- ]factor(?: auth(?:entication)?)?\b|\b2-?fa\b|\btwo[- ]step (?:verification|login)\b/g,
    'twofactor',
  ],
  [/(\d) ?([ap])\.?m\b\.?/g, '$1 $2m-time'],
  [/\bnot (?:\S+ )?enough\b/g, 'not-enough'],
  [/\btoo little\b/g, 'too-little'],
  [/\bkeep(?:ing|s)? ((?:\S+ ){1,3}?)(?:out of|off|away from)\b/g, 'prevent $1'],
  [/\b(?:stop|prevent|protect)(?:s|ing)? ((?:\S+ ){1,4}?)from\b/g, 'prevent $1'],
  [/\bfree of\b/g, 'prevent'],
  [/\bmost recent\b/g, 'latest'],
  [/\bwill (i|we|you)\b/g, 'do $1'],
  [/^will\b/g, 'does'],
  [/\bthis (week|month|year|weekend|quarter|season|morning|afternoon|evening)\b/g, 'this-$1'],
  [/\b(\w+) by \1\b/g, '$1-by-$1'],
  [/\b(\w{3,}?)s? of \1s?\b/g, 'nested $1'],
  [/\bper cent\b/g, 'percent'],
  [/\bwi-?fi\b/g, 'wifi'],
  [/\b(virtual) (machine|server)s?\b/g, '$1-$2'],
  [/\b(notice) period\b/g, '$1-period'],
  [/\b(due) date\b/g, '$1-date'],
  [/\b(pay|send|take|roll|get|back|clean)(?:ing|s)? ?-?(off|back|out|up)\b/g, '$1-$2'],
  [/\bnon-?/g, 'not '],
]

const codeFragment =
  /```[\s\S]*?```|`[^`]*`|https?:\/\/\S+|\S+@\S+\.\S+|(?:[A-Za-z]:)?[\\/][\w.\\/-]{2,}|--?[a-z][\w-]*(?==)|\b\w+\([^)]*\)|\b\w+_\w+\b|\b[a-z]+[A-Z]\w*\b|\bv?\d+\.\d+(?:\.\d+)+\b|\B\.[a-z]{1,5}\b|[<>=!]=|[{}[\]|^]|&&/g
const symbols: Readonly<Record<string, string>> = {
  '%': ' percent ',
  $: ' dollar ',
  '€': ' euro ',
  '£': ' gbp ',
  '¥': ' yen ',
  '₹': ' rupee ',
  '°c': ' celsius ',
  '°f': ' fahrenheit ',
  '°': ' degree ',
}
const relations = new Set([
  'from',
  'to',
  'into',
  'than',
  'by',
  'vs',
  'versus',
  'over',
  'against',
  'before',
  'after',
  'without',
  'with',
  'via',
  'instead',
])

const tenses = [
  ['past', ['was', 'were', 'did', 'had']],
  ['present', ['is', 'are', 'do', 'does', 'can', 'should', 'must', 'has', 'have', 'may']],
  ['future', ['will', 'shall']],
] as const

/** Of fewer words a language is a guess. */
const minLanguageWords = 10

const token =
  /[\p{L}\p{M}][\p{L}\p{M}\d'’-]*|[-+]?\d[\d,]*(?:\.\d+)?(?:e\d+)?(?:st|nd|rd|th)?|[^\s\p{P}\p{L}\p{M}\d]+/gu

export function readQuestion(text: string): Reading {
  const plain = normalised(text)
  const tokens = plain.match(token) ?? []
  const { negations: negationCount, ...read } = readTokens(tokens)
  const { places } = read
  return {
    ...read,
    language: tokens.length < minLanguageWords ? undefined : languageOf(text),
    code: [...(text.match(codeFragment) ?? [])].map((fragment) => fragment.trim()),
    names: namesOf(text),
    isNegated: negationCount % 2 === 1,
    tense: tenseOf(places),
    asksFor: asked(plain),
    isPassive: /\b(?:was|were|is|are|be|been|being|gets?)\b.*\bby\b/.test(plain),
    counted: units.get(/\bhow many (?:\S+ )??(\w+)/.exec(plain)?.[1] ?? ''),
    kind: kindOf(plain),
    words: new Set([...places.keys()].map((word) => word.replace(/[^\p{L}\d+#]/gu, ''))).union(
      new Set(places.keys()),
    ),
    deed: deedOf(plain),
  }
}

/** What is found by looking at one word after the other. */
function readTokens(tokens: readonly string[]) {
  const found = {
    places: new Map<string, number>(),
    related: new Map<string, string>(),
    content: new Set<string>(),
    carried: new Map<string, string[]>(),
    concepts: new Set<string>(),
    specifics: new Set<string>(),
    units: new Set<string>(),
    times: new Set<string>(),
    scopes: new Set<string>(),
    numbers: [] as string[],
    negations: 0,
  }
  const { places, numbers, content, carried } = found
  let relation: string | undefined
  let numberAt = -Infinity
  tokens.forEach((raw, at) => {
    const word = raw.replace(/['’](?:s|d|m|ll|ve|re)?$/u, '')
    if (!places.has(word)) places.set(word, at)
    if (relations.has(word)) relation = word
    const number = numberOf(word)
    if (number !== undefined) {
      numbers.push(number)
      numberAt = at
    }
    if (negations.has(word)) found.negations++
    const unit = units.get(word)
    // `100 US dollars`
    if (unit === 'degree') numberAt++ // of what, comes next
    else if (unit !== undefined && at - numberAt <= 2) {
      numbers.push(`${numbers.pop()} ${unit}`)
      numberAt = -Infinity
    } else if (unit !== undefined) found.units.add(unit)
    note(found.times, times, word.replace(/days$/, 'day'))
    note(found.scopes, scopes, word)
    if (relations.has(word)) return
    const meaning = meaningOf(word)
    if (meaning === undefined) return
    if (number === undefined) {
      content.add(meaning.name)
      carried.set(meaning.name, [...(carried.get(meaning.name) ?? []), word])
      if (meaning.isConcept) found.concepts.add(meaning.name)
      else if (!frames.has(word) && !frames.has(meaning.name)) found.specifics.add(meaning.name)
    }
    if (relation !== undefined) found.related.set(relation, meaning.name)
    relation = undefined
  })
  return found
}

/** Undefined where the verb only leads to another one, or is none of its own. */
function deedOf(plain: string): string | undefined {
  const verb = /\bhow (?:do|can|could|should|would|to|does|may|might)(?: (?:i|we|you|one))? ([a-z-]+)/.exec(
    plain,
  )?.[1]
  return verb === undefined || lightVerbs.has(verb) || fillers.has(verb) ? undefined : verb
}

function tenseOf(places: ReadonlyMap<string, number>): Reading['tense'] {
  let first: { readonly tense: Reading['tense']; readonly at: number } = { tense: undefined, at: Infinity }
  for (const [tense, verbs] of tenses) {
    for (const verb of verbs) {
      const at = places.get(verb)
      if (at !== undefined && at < first.at) first = { tense, at }
    }
  }
  return first.tense
}

function asked(plain: string): Reading['asksFor'] {
  if (/\b(what|who|whom|which)( \w+)? (do|does|did)\b/.test(plain)) return 'object'
  return /^(what|who|which \w+) (?!is|are|was|were|do|does|did|will|can|should|has|have|must|would|could)\w/.test(
    plain,
  )
    ? 'subject'
    : undefined
}

function kindOf(plain: string): string | undefined {
  const kind = kinds.find(([pattern]) => pattern.test(plain))?.[1]
  return kind === 'any' ? undefined : kind
}

function normalised(text: string): string {
  let plain = text.normalize('NFKC').toLowerCase()
  plain = plain
    .replace(/([$€£¥₹]) ?(\d[\d,.]*)/g, '$2 $1')
    .replace(/°[cf]?|[%$€£¥₹]/g, (symbol) => symbols[symbol] ?? ' ')
  for (const [pattern, replacement] of askings) plain = plain.replace(pattern, replacement)
  for (const [pattern, replacement] of phrases) plain = plain.replace(pattern, replacement)
  // `5km` is a number and a unit.
  plain = plain.replace(/(?<![\p{L}\d])(\d+)(?!(?:st|nd|rd|th|e\d)\b)(\p{L}+)/gu, '$1 $2')
  return plain.replace(/\s+/g, ' ').trim()
}

function note(into: Set<string>, table: ReadonlyMap<string, string>, word: string): void {
  const meaning = table.get(word)
  if (meaning !== undefined) into.add(meaning)
}

function numberOf(word: string): string | undefined {
  if (/^[-+]?\d/.test(word))
    return String(/(st|nd|rd|th)$/.test(word) ? word : Number(word.replaceAll(',', '')))
  return word === 'second' ? undefined : numerals.get(word)
}

interface Meaning {
  readonly name: string
  readonly isConcept: boolean
}

/** Undefined where a word carries none. */
export function meaningOf(word: string): Meaning | undefined {
  if (fillers.has(word)) return undefined
  const root = stem(word)
  const concept = synonyms.get(word) ?? synonyms.get(root) ?? synonyms.get(`${root}e`)
  if (concept !== undefined) return { name: concept, isConcept: true }
  if (fillers.has(root)) return undefined
  return { name: units.get(word) ?? times.get(word) ?? root, isConcept: false }
}

/** Cuts the commonest endings: two forms of a word need only become the same, not a word. */
export function stem(word: string): string {
  if (word.length <= 3) return word
  return word
    .replace(/(?:ies|ied)$/, 'y')
    .replace(/(?<=ss|sh|ch|x|z)es$/, '')
    .replace(/(?<![su])s$/, '')
    .replace(/(?<=.{3})(?:ing|ed)$/, '')
    .replace(/(?<=.{3})(\D)\1$/, '$1')
    .replace(/(?<=.{3})e$/, '')
}

/** Words with a capital that no sentence gave them, and those in capitals; without a plain text's first words. */
function namesOf(text: string): string[] {
  const names: string[] = []
  const isShouting = text === text.toUpperCase()
  if (isShouting) return names
  for (const match of text.matchAll(/\p{Lu}[\p{L}\d&+#.-]*/gu)) {
    const name = match[0].replace(/[.-]+$/, '')
    const before = text.slice(0, match.index).trimEnd()
    const isFirst = before === '' || /[.!?:\n"“]$/.test(before)
    const isAcronym = name.length > 1 && name === name.toUpperCase()
    if (name === 'I' || /^I['’]/.test(text.slice(match.index))) continue
    if (isFirst && !isAcronym) continue
    if (/[\p{L}\d°-]$/u.test(text.slice(0, match.index))) continue
    const lower = name.toLowerCase().replace(/[^\p{L}\d+#]/gu, '')
    if (!fillers.has(lower) && !units.has(lower)) names.push(lower)
  }
  return names
}
