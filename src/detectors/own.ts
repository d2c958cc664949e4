/** Detectors of the operator's own: patterns and lists of words, matched in linear time. */

import type { Detector } from './finding.ts'
import { parsePattern, type ParsedPattern, PatternFault, wordsAsNode } from './linear/parse.ts'
import { compileProgram, maxWordStates, type Program } from './linear/program.ts'
import { createSearch } from './linear/search.ts'

/** Throws PatternFault, whose message names the pattern. */
export function patternDetector(kind: string, patterns: readonly string[]): Detector {
  return createSearch(kind, compileProgram(patterns.map(parseNamed)))
}

/** What is wrong with these patterns, each or together; undefined: nothing. */
export function faultOfPatterns(patterns: readonly string[]): string | undefined {
  return faultOf(() => compileProgram(patterns.map(parseNamed)))
}

/** Whole words, in upper or lower case alike. Throws PatternFault where they are too many together. */
export function wordDetector(kind: string, words: readonly string[]): Detector {
  return createSearch(kind, wordProgram(words))
}

/** What is wrong with these words together; undefined: nothing. */
export function faultOfWords(words: readonly string[]): string | undefined {
  return faultOf(() => wordProgram(words))
}

function wordProgram(words: readonly string[]): Program {
  const length = words.reduce((sum, word) => sum + word.length, 0)
  if (length > maxWordStates) throw new PatternFault(`the words are too large: ${length} characters`)
  const node = wordsAsNode(words, true)
  return compileProgram([{ node, startsAtWord: true, endsAtWord: true }], maxWordStates)
}

function faultOf(compile: () => unknown): string | undefined {
  try {
    compile()
    return undefined
  } catch (error) {
    if (error instanceof PatternFault) return error.message
    throw error
  }
}

function parseNamed(pattern: string): ParsedPattern {
  try {
    return parsePattern(pattern)
  } catch (error) {
    if (error instanceof PatternFault) throw new PatternFault(error.message, { cause: error })
    throw error
  }
}
