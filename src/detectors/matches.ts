/** Runs a pattern of our own over a text. None of them can backtrack: see the patterns. */

import type { Detector, Finding } from './finding.ts'

/**
 * A detector by a pattern with the flag `g`. Texts without `needle`, a character that every match has, are not
 * searched at all; `isOne` then checks what the pattern alone cannot tell, such as a sum of digits.
 */
export function byPattern(
  kind: string,
  pattern: RegExp,
  { needle, isOne }: { readonly needle?: string; readonly isOne?: (found: string) => boolean } = {},
): Detector {
  return {
    kind,
    find(text, from = 0) {
      if (needle !== undefined && !text.includes(needle, from)) return none
      let findings: Finding[] | undefined
      pattern.lastIndex = from
      for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
        if (isOne !== undefined && !isOne(match[0])) continue
        ;(findings ??= []).push({ kind, start: match.index, end: match.index + match[0].length })
      }
      return findings ?? none
    },
  }
}

const none: readonly Finding[] = []
