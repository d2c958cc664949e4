/** JSON, or a piece of one, as it reads with the escapes of its strings undone, and where each unit of that stands. */

import { parseBounded } from '../core/bounded-json.ts'
import { type Detector, type Finding, findAll } from './finding.ts'

/** What was found in a text, at its place there. */
export interface PlacedFinding extends Finding {
  /** As it reads. */
  readonly value: string
  /** Outside of a string of JSON, where what replaces it must be one itself. */
  readonly isBare: boolean
}

/** A text and how it reads: the same, but for the strings of JSON. */
export interface Reading {
  readonly text: string
  /** How much of it reads the same whatever follows. */
  readonly known: number
  /** Where a unit of the reading begins in the text that is read; for its length, where that ends. */
  placeOf(at: number): number
  /** Is this place within a string? */
  isWithinAt(at: number): boolean
  /** No further than its string. */
  clipped(finding: Finding): Finding
  /** How it stands in the text. */
  place(finding: Finding): PlacedFinding
}

export function readPlain(text: string): Reading {
  return {
    text,
    known: text.length,
    placeOf: (at) => at,
    isWithinAt: () => false,
    clipped: (finding) => finding,
    place: (finding) => ({ ...finding, value: text.slice(finding.start, finding.end), isBare: false }),
  }
}

/** `isWithin`: it begins within a string. Lexical: of what is no JSON, as much is read as looks so. */
export function readJson(raw: string, isWithin = false): Reading {
  return new JsonReading(raw, isWithin)
}

/** Is it JSON that reads otherwise than it stands? */
export function isJsonText(text: string): boolean {
  return text.includes('\\') && /^\s*[{[]/.test(text) && parseBounded(text) !== undefined
}

/** All that is found in a text, or in JSON, in order and without overlap. */
export function findPlaced(
  text: string,
  isJson: boolean,
  detectors: readonly Detector[],
): readonly PlacedFinding[] {
  const reading = isJson ? readJson(text) : readPlain(text)
  return findAll(reading.text, detectors).map((finding) => reading.place(reading.clipped(finding)))
}

class JsonReading implements Reading {
  readonly text: string
  readonly known: number
  readonly #isWithin: boolean
  /** Undefined where no escape shifts them. */
  readonly #places: Uint32Array | undefined
  /** Places of the quotes that begin and end strings, in the reading. */
  readonly #quotes: readonly number[]

  constructor(raw: string, isWithin: boolean) {
    this.#isWithin = isWithin
    const quotes: number[] = []
    this.#quotes = quotes
    if (!raw.includes('\\')) {
      for (let at = raw.indexOf('"'); at >= 0; at = raw.indexOf('"', at + 1)) quotes.push(at)
      this.text = raw
      this.known = raw.length
      return
    }
    const places = new Uint32Array(raw.length + 1)
    const units: string[] = []
    let within = isWithin
    let known: number | undefined
    for (let at = 0; at < raw.length;) {
      places[units.length] = at
      const unit = raw[at]!
      if (unit === '"') {
        quotes.push(units.length)
        within = !within
      }
      const escape = within && unit === '\\' ? readEscape(raw, at) : undefined
      if (escape === 'open') known ??= units.length
      const isEscape = escape !== undefined && escape !== 'open'
      units.push(isEscape ? escape.unit : unit)
      at += isEscape ? escape.length : 1
    }
    places[units.length] = raw.length
    this.text = units.join('')
    this.known = known ?? units.length
    this.#places = places
  }

  placeOf(at: number): number {
    return this.#places === undefined ? at : this.#places[at]!
  }

  isWithinAt(at: number): boolean {
    const before = countBelow(this.#quotes, at)
    return this.#isWithin === (before % 2 === 0)
  }

  /** Only what was cut off ends with its string: what crosses the end of one was looked for across it. */
  clipped(finding: Finding): Finding {
    const { kind, start, until } = finding
    if (until === undefined || !this.isWithinAt(start)) return finding
    const end = this.#quoteFrom(start)
    return end < this.text.length ? { kind, start, end } : finding
  }

  place(finding: Finding): PlacedFinding {
    const { start, end } = finding
    return {
      ...finding,
      start: this.placeOf(start),
      end: this.placeOf(end),
      value: this.text.slice(start, end),
      isBare: !this.isWithinAt(start) && this.#quoteFrom(start) >= end,
    }
  }

  /** The quote that begins or ends a string here or later, or the end of the text. */
  #quoteFrom(place: number): number {
    return this.#quotes[countBelow(this.#quotes, place)] ?? this.text.length
  }
}

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/** `open`: its end is still to come. Undefined: it is none. */
function readEscape(
  raw: string,
  at: number,
): { readonly unit: string; readonly length: number } | 'open' | undefined {
  const letter = raw[at + 1]
  if (letter === undefined) return 'open'
  if (letter !== 'u') {
    const unit = escapes[letter]
    return unit === undefined ? undefined : { unit, length: 2 }
  }
  const digits = /^[0-9A-Fa-f]*/.exec(raw.slice(at + 2, at + 6))![0]
  if (digits.length === 4) return { unit: String.fromCharCode(Number.parseInt(digits, 16)), length: 6 }
  return at + 2 + digits.length === raw.length ? 'open' : undefined
}

/** How many of these, in order, are less. */
function countBelow(sorted: readonly number[], limit: number): number {
  let from = 0
  let to = sorted.length
  while (from < to) {
    const middle = (from + to) >> 1
    if (sorted[middle]! < limit) from = middle + 1
    else to = middle
  }
  return from
}
