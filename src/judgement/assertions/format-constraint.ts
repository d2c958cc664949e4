/**
 * Constraints on the form of an answer that a program can check: the 25 kinds of IFEval (Zhou et al., 2023), each
 * written anew. `strict` checks the answer as it is; `loose` passes where any of eight variants of it does.
 */

import { asArray, asNumber, type Json, type JsonObject, parseJson } from '../../core/json.ts'
import { decide, type Verdict } from './assertion.ts'
import { textOf, wordCount } from './text.ts'

interface Kind {
  /** Names of the arguments that must be given. */
  readonly needs: readonly string[]
  holds(text: string, args: JsonObject, language: (text: string) => string | undefined): boolean
}

/** `relation: at least | at most | less than | exactly` with a number. */
function relates(count: number, args: JsonObject, name: string): boolean {
  const wanted = asNumber(args[name]) ?? 0
  switch (textOf(args['relation'] ?? 'at least')) {
    case 'at most':
      return count <= wanted
    case 'less than':
      return count < wanted
    case 'exactly':
      return count === wanted
    default:
      return count >= wanted
  }
}

function wholeWord(word: string): RegExp {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`(?<![\\p{L}\\p{N}_])${escaped}(?![\\p{L}\\p{N}_])`, 'giu')
}

function countOf(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}

const words = (value: Json | undefined): string[] => asArray(value).map(textOf)

/** Sentences end with `.`, `!` or `?` before a space or the end; abbreviations of one letter do not end one. */
export function sentenceCount(text: string): number {
  const trimmed = text.trim()
  if (trimmed === '') return 0
  const ends = trimmed.match(/(?<![\s.][A-Za-z])[.!?]+["')\]]*(?=\s|$)/g)?.length ?? 0
  return /[.!?]["')\]]*$/.test(trimmed) ? Math.max(1, ends) : ends + 1
}

const paragraphs = (text: string): string[] => text.split(/\n\s*\n/).filter((part) => part.trim() !== '')
const divided = (text: string): string[] =>
  text.split(/\s*\n?\*\*\*\n?\s*/).filter((part) => part.trim() !== '')
const folded = (text: string): string => text.trim().toLowerCase()

export const formatKinds: Readonly<Record<string, Kind>> = {
  'keywords:existence': {
    needs: ['keywords'],
    holds: (text, { keywords }) => words(keywords).every((word) => wholeWord(word).test(text)),
  },
  'keywords:frequency': {
    needs: ['keyword', 'frequency'],
    holds: (text, args) => relates(countOf(text, wholeWord(textOf(args['keyword']))), args, 'frequency'),
  },
  'keywords:forbidden_words': {
    needs: ['forbidden_words'],
    holds: (text, args) => words(args['forbidden_words']).every((word) => !wholeWord(word).test(text)),
  },
  'keywords:letter_frequency': {
    needs: ['letter', 'frequency'],
    holds(text, args) {
      const letter = textOf(args['letter']).toLowerCase()
      return relates(
        Array.from(text.toLowerCase()).filter((character) => character === letter).length,
        args,
        'frequency',
      )
    },
  },
  'language:response_language': {
    needs: ['language'],
    holds: (text, args, language) => language(text) === textOf(args['language']),
  },
  'length_constraints:number_words': {
    needs: ['num_words'],
    holds: (text, args) => relates(wordCount(text), args, 'num_words'),
  },
  'length_constraints:number_sentences': {
    needs: ['num_sentences'],
    holds: (text, args) => relates(sentenceCount(text), args, 'num_sentences'),
  },
  'length_constraints:number_paragraphs': {
    needs: ['num_paragraphs'],
    holds: (text, args) => divided(text).length === asNumber(args['num_paragraphs']),
  },
  'length_constraints:nth_paragraph_first_word': {
    needs: ['num_paragraphs', 'nth_paragraph', 'first_word'],
    holds(text, args) {
      const parts = paragraphs(text)
      const first = /[\p{L}\p{N}'’-]+/u.exec(parts[(asNumber(args['nth_paragraph']) ?? 1) - 1] ?? '')?.[0]
      return (
        parts.length === asNumber(args['num_paragraphs']) &&
        first?.toLowerCase() === folded(textOf(args['first_word']))
      )
    },
  },
  'detectable_content:number_placeholders': {
    needs: ['num_placeholders'],
    holds: (text, args) => countOf(text, /\[[^\][\n]+\]/g) >= (asNumber(args['num_placeholders']) ?? 0),
  },
  'detectable_content:postscript': {
    needs: ['marker'],
    holds(text, args) {
      const marker = textOf(args['marker']).toLowerCase()
      const last = paragraphs(text).at(-1)?.trim().toLowerCase() ?? ''
      return last.split('\n').some((line) => line.trim().startsWith(marker))
    },
  },
  'detectable_format:number_bullet_lists': {
    needs: ['num_bullets'],
    holds: (text, args) =>
      countOf(text, /^[ \t]*(?:[-+]|\*(?!\*))[ \t]+\S/gm) === asNumber(args['num_bullets']),
  },
  'detectable_format:constrained_response': {
    needs: ['options'],
    holds: (text, args) => words(args['options']).some((option) => text.trim() === option),
  },
  'detectable_format:number_highlighted_sections': {
    needs: ['num_highlights'],
    holds: (text, args) =>
      countOf(text, /\*\*[^*\n]*[^*\s][^*\n]*\*\*|(?<!\*)\*[^*\n]*[^*\s][^*\n]*\*(?!\*)/g) >=
      (asNumber(args['num_highlights']) ?? 0),
  },
  'detectable_format:multiple_sections': {
    needs: ['section_spliter', 'num_sections'],
    holds(text, args) {
      const mark = textOf(args['section_spliter']).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      return (
        countOf(text, new RegExp(`^\\W*${mark}\\s+(?:\\d+|[IVXLC]+)\\b`, 'gim')) >=
        (asNumber(args['num_sections']) ?? 0)
      )
    },
  },
  'detectable_format:json_format': {
    needs: [],
    holds: (text) => parseJson(text.trim()) !== undefined,
  },
  'detectable_format:title': {
    needs: [],
    holds: (text) => /<<[^<>\n]*[^<>\s][^<>\n]*>>/.test(text),
  },
  'combination:two_responses': {
    needs: [],
    holds(text) {
      const parts = text.split('******').map((part) => part.trim())
      return parts.length === 2 && parts.every((part) => part !== '') && parts[0] !== parts[1]
    },
  },
  'combination:repeat_prompt': {
    needs: ['prompt_to_repeat'],
    holds: (text, args) => folded(text).startsWith(folded(textOf(args['prompt_to_repeat']))),
  },
  'change_case:capital_word_frequency': {
    needs: ['capital_frequency'],
    holds(text, args) {
      const capital = text
        .match(/[\p{L}\p{N}'’-]+/gu)
        ?.filter((word) => /\p{Lu}/u.test(word) && word === word.toUpperCase())
      return relates(
        capital?.length ?? 0,
        { ...args, relation: args['capital_relation'] ?? args['relation'] },
        'capital_frequency',
      )
    },
  },
  'change_case:english_capital': {
    needs: [],
    holds: (text, _, language) => text === text.toUpperCase() && isEnglish(language(text.toLowerCase())),
  },
  'change_case:english_lowercase': {
    needs: [],
    holds: (text, _, language) => text === text.toLowerCase() && isEnglish(language(text)),
  },
  'startend:end_checker': {
    needs: ['end_phrase'],
    holds: (text, args) =>
      folded(text)
        .replace(/"$/, '')
        .endsWith(folded(textOf(args['end_phrase']))),
  },
  'startend:quotation': {
    needs: [],
    holds: (text) => /^"[\s\S]*[^\s"][\s\S]*"$/.test(text.trim()),
  },
  'punctuation:no_comma': {
    needs: [],
    holds: (text) => !text.includes(','),
  },
}

/** Short texts have no language that could be told. */
function isEnglish(language: string | undefined): boolean {
  return language === undefined || language === 'en'
}

/** The answer as it is, without its first line, its last line, or both; each with and without asterisks. */
export function looseVariants(text: string): string[] {
  const lines = text.split('\n')
  const cuts = [lines, lines.slice(1), lines.slice(0, -1), lines.slice(1, -1)].map((part) =>
    part.join('\n').trim(),
  )
  const variants = [text, ...cuts.slice(1)]
  return [...variants, ...variants.map((variant) => variant.replaceAll('*', ''))]
}

export function gradeFormat(
  output: string,
  value: Json | undefined,
  language: (text: string) => string | undefined,
): Verdict {
  const { kind, args = {}, mode = 'strict' } = value as { kind: string; args?: JsonObject; mode?: string }
  const { holds } = formatKinds[kind]!
  const texts = mode === 'loose' ? looseVariants(output) : [output]
  const isHeld = texts.some((text) => text.trim() !== '' && holds(text, args, language))
  return decide(isHeld, `${kind} ${isHeld ? 'holds' : 'does not hold'} (${mode})`)
}
