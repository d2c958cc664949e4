/** Detectors of the operator's own: patterns and lists of words, matched in linear time. */

import type { Detector } from './finding.ts'
import { parsePattern, type ParsedPattern, PatternFault, wordsAsNode } from './linear/parse.ts'
import { compileProgram } from './linear/program.ts'
import { createSearch } from './linear/search.ts'

/** Throws PatternFault, whose message names the pattern. */
export function patternDetector(kind: string, patterns: readonly string[]): Detector {
  return createSearch(kind, compileProgram(patterns.map(parseNamed)))
}

/** What is wrong with a pattern, or undefined. */
export function faultOfPattern(pattern: string): string | undefined {
  try {
    compileProgram([parseNamed(pattern)])
    return undefined
  } catch (error) {
    if (error instanceof PatternFault) return error.message
    throw error
  }
}

/** Whole words, in upper or lower case alike. */
export function wordDetector(kind: string, words: readonly string[]): Detector {
  const node = wordsAsNode(words, true)
  return createSearch(kind, compileProgram([{ node, startsAtWord: true, endsAtWord: true }]))
}

function parseNamed(pattern: string): ParsedPattern {
  try {
    return parsePattern(pattern)
  } catch (error) {
    if (error instanceof PatternFault) throw new PatternFault(error.message, { cause: error })
    throw error
  }
}
