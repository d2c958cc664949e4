/** Assertions that look at the text alone. */

import { editDistance } from '../../config/nearest.ts'
import { asArray, asNumber, asObject, type Json, parseJson } from '../../core/json.ts'
import { isDeepStrictEqual } from 'node:util'
import {
  type Assertion,
  decide,
  excerpt,
  isFault,
  type Outcome,
  type GradeParts,
  type Reply,
  type Verdict,
} from './assertion.ts'

/** How texts are written where a suite gives a number or a truth value. */
export function textOf(value: Json | undefined): string {
  if (typeof value === 'string') return value
  return value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** The values of a list; a text is split on commas, and quotes protect commas. */
export function listOf(value: Json | undefined): string[] {
  if (Array.isArray(value)) return value.map((item) => textOf(item as Json))
  const items = textOf(value).match(/"(?:[^"\\]|\\.)*"|[^,]+/g) ?? []
  return items.map((item) => {
    const trimmed = item.trim()
    return trimmed.startsWith('"') && trimmed.endsWith('"')
      ? trimmed.slice(1, -1).replaceAll('\\"', '"')
      : trimmed
  })
}

export function gradeEquals({ output }: Reply, { value }: Assertion): Verdict {
  if (typeof value === 'object' && value !== null) {
    return decide(
      isDeepStrictEqual(parseJson(output), value),
      `${excerpt(output)} against ${excerpt(textOf(value))}`,
    )
  }
  return decide(output === textOf(value), `${excerpt(output)} against ${excerpt(textOf(value))}`)
}

export function gradeContains({ output }: Reply, { value }: Assertion, isFolded: boolean): Verdict {
  const wanted = textOf(value)
  const isThere = isFolded ? output.toLowerCase().includes(wanted.toLowerCase()) : output.includes(wanted)
  return decide(isThere, `${excerpt(wanted)} is ${isThere ? '' : 'not '}in the output`)
}

export function gradeContainsMany(
  { output }: Reply,
  { value }: Assertion,
  { isFolded, needsAll }: { readonly isFolded: boolean; readonly needsAll: boolean },
): Verdict {
  const text = isFolded ? output.toLowerCase() : output
  const wanted = listOf(value)
  const missing = wanted.filter((item) => !text.includes(isFolded ? item.toLowerCase() : item))
  if (needsAll) {
    return decide(
      missing.length === 0,
      missing.length === 0 ? 'all are there' : `missing: ${missing.join(', ')}`,
    )
  }
  const isThere = missing.length < wanted.length
  return decide(isThere, isThere ? 'at least one is there' : `none of: ${wanted.join(', ')}`)
}

export function gradeStartsWith({ output }: Reply, { value }: Assertion): Verdict {
  return decide(output.startsWith(textOf(value)), `the output begins ${excerpt(output, 40)}`)
}

export function gradeRegex({ output }: Reply, { value, config }: Assertion, { regex }: GradeParts): Outcome {
  const match = regex.test(textOf(value), textOf(config?.['flags']), output)
  if ('error' in match) return match
  return decide(match.groups !== undefined, `${match.groups ? 'found' : 'no match of'} /${textOf(value)}/`)
}

export function gradeLevenshtein({ output }: Reply, { value, threshold = 5 }: Assertion): Verdict {
  const wanted = textOf(value)
  // A distance is at least the difference in length: the table of a long output is not needed.
  const least = Math.abs(wanted.length - output.length)
  const distance = least > threshold ? least : editDistance(output, wanted)
  return decide(
    distance <= threshold,
    `${least > threshold ? 'at least ' : ''}${distance} edits, ${threshold} allowed`,
  )
}

/** Whether a count is `n` or within `{min, max}`, both included. */
export function gradeCount(count: number, value: Json | undefined, unit: string): Verdict {
  const exact = asNumber(value)
  const { min = exact ?? 0, max = exact ?? Infinity } = (asObject(value) ?? {}) as {
    min?: number
    max?: number
  }
  const wanted = min === max ? String(min) : max === Infinity ? `at least ${min}` : `${min} to ${max}`
  return decide(count >= min && count <= max, `${count} ${unit}, wanted ${wanted}`)
}

export function wordCount(text: string): number {
  const trimmed = text.trim()
  return trimmed === '' ? 0 : trimmed.split(/\s+/).length
}

/** Length in characters (code points), words, or output tokens as the provider counted them. */
export function gradeLength(reply: Reply, { value, config }: Assertion): Outcome {
  const unit = textOf(config?.['unit'] ?? 'characters')
  if (unit === 'words') return gradeCount(wordCount(reply.output), value, unit)
  if (unit === 'characters') return gradeCount(Array.from(reply.output).length, value, unit)
  if (reply.outputTokens === undefined) return { error: 'the provider did not count the output tokens' }
  return gradeCount(reply.outputTokens, value, 'tokens')
}

const numberPattern = /[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:[eE][-+]?\d+)?/g

/** The last number of a text, thousands separators allowed. */
export function lastNumber(text: string): number | undefined {
  const found = text.match(numberPattern)?.filter((item) => /\d/.test(item))
  const last = found?.at(-1)
  return last === undefined ? undefined : Number(last.replaceAll(',', ''))
}

/** The last number of the output against `value`, within `config.tolerance` or `config.relative` (a share). */
export function gradeNumeric({ output }: Reply, { value, config }: Assertion): Verdict {
  const wanted = Number(textOf(value))
  const found = lastNumber(output)
  if (found === undefined) return decide(false, 'there is no number in the output')
  const allowed = Math.max(
    asNumber(config?.['tolerance']) ?? 0,
    (asNumber(config?.['relative']) ?? 0) * Math.abs(wanted),
  )
  return decide(Math.abs(found - wanted) <= allowed + 1e-12, `${found} against ${wanted}, ${allowed} allowed`)
}

/** `1,234,567`, with any separator that is used between groups of three digits. Two numbers beside each other are two. */
const groupedNumber = /(?<![\d.,])\d{1,3}(?:([,.'’_ \u202F\u00A0])\d{3})(?:\1\d{3})*(?!\d)/g

/** Lower case, compatibility forms, without punctuation and digit separators; words apart by one space. */
export function normaliseWords(text: string): string {
  const words = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(groupedNumber, (number) => number.replaceAll(/\D/g, ''))
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
  return ` ${words} `
}

/** Which of the values stand in the text as whole words. */
export function wholeWordsIn(text: string, values: readonly Json[]): boolean[] {
  const haystack = normaliseWords(text)
  return values.map((value) => haystack.includes(normaliseWords(textOf(value))))
}

export function gradeNeedle({ output }: Reply, { value }: Assertion): Verdict {
  const { expect, forbid } = value as { expect: readonly Json[]; forbid?: readonly Json[] }
  const found = wholeWordsIn(output, expect).filter(Boolean).length
  const wrong = asArray(forbid).filter((_, index) => wholeWordsIn(output, asArray(forbid))[index])
  const score = expect.length === 0 ? 1 : found / expect.length
  const reason = `${found} of ${expect.length} found${wrong.length > 0 ? `; forbidden: ${wrong.map(textOf).join(', ')}` : ''}`
  return { pass: score === 1 && wrong.length === 0, score: wrong.length > 0 ? 0 : score, reason }
}

/** What a pattern's group says in this reply agrees with a value, or with what it said in an earlier turn. */
export function gradeNoContradiction(
  replies: readonly Reply[],
  { value }: Assertion,
  parts: GradeParts,
): Outcome {
  const {
    pattern,
    equals,
    same_as_turn: turn,
    flags,
  } = value as {
    pattern: string
    equals?: Json
    same_as_turn?: number
    flags?: string
  }
  const extract = (reply: Reply | undefined): string | undefined | { error: string } => {
    if (reply === undefined) return undefined
    const match = parts.regex.test(pattern, flags ?? 'i', reply.output)
    return 'error' in match ? match : match.groups?.[1]
  }
  const now = extract(replies.at(-1))
  const before = equals === undefined ? extract(replies[(turn ?? 1) - 1]) : textOf(equals)
  if (typeof now === 'object') return now
  if (typeof before === 'object') return before
  if (now === undefined) return decide(false, `nothing matches /${pattern}/ in this reply`)
  if (before === undefined) return decide(false, `nothing matches /${pattern}/ in turn ${turn ?? 1}`)
  return decide(normaliseWords(now) === normaliseWords(before), `${excerpt(now)} against ${excerpt(before)}`)
}

/** Follows one instruction and not the other: `follow` passes and `ignore` fails. */
export function hierarchyVerdict(follow: Outcome, ignore: Outcome): Outcome {
  if (isFault(follow)) return follow
  if (isFault(ignore)) return ignore
  const label = follow.pass ? (ignore.pass ? 'both' : 'followed') : ignore.pass ? 'overridden' : 'neither'
  return decide(label === 'followed', label)
}
