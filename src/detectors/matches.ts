/** Runs a pattern of our own over a text. None of them can backtrack: see the patterns. */

import type { Detector, Finding } from './finding.ts'

/**
 * A detector by a pattern with the flag `g`. Texts without `needle`, a character that every match has, are not
 * searched at all; `lengthOf` then checks what the pattern alone cannot tell, such as a sum of digits: how much of a
 * match, from its beginning, is one. Where none is, the next may begin behind its first group of letters and digits; in a
 * text that is full of such, only behind the match.
 */
export function byPattern(
  kind: string,
  pattern: RegExp,
  { needle, lengthOf }: { readonly needle?: string; readonly lengthOf?: (found: string) => number } = {},
): Detector {
  return {
    kind,
    find(text, from = 0) {
      if (needle !== undefined && !text.includes(needle, from)) return none
      let findings: Finding[] | undefined
      let tries = 0
      pattern.lastIndex = from
      for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
        const [found] = match
        const length = lengthOf === undefined ? found.length : lengthOf(found)
        if (length === 0) {
          if (++tries < maxTries) pattern.lastIndex = match.index + groupLength(found)
          continue
        }
        const end = match.index + length
        pattern.lastIndex = end
        ;(findings ??= []).push({ kind, start: match.index, end })
      }
      return findings ?? none
    },
  }
}

/** Of matches that are none, so many are looked into again. */
const maxTries = 10_000

function groupLength(found: string): number {
  const length = found.search(/[^A-Za-z0-9]/)
  return length < 0 ? found.length : length
}

/** May what has been found end before this place: does a group of letters and digits? */
export function endsGroup(found: string, place: number): boolean {
  return place === found.length || !isAlphanumeric(found.charCodeAt(place))
}

export function isAlphanumeric(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122)
}

const none: readonly Finding[] = []
