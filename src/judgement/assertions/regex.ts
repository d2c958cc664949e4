/** Patterns of suites, run with a limit on their time: a pattern may need exponential steps. */

import { createContext, Script } from 'node:vm'
import type { GradeFault, RegExpMatch } from './assertion.ts'

const limitMs = 1_000

export interface RegexRunner {
  test(pattern: string, flags: string, text: string): RegExpMatch | GradeFault
}

/** A runner with a context of its own, which holds nothing but the pattern and the text. */
export function createRegexRunner(): RegexRunner {
  const globals: { pattern: string; flags: string; text: string } = { pattern: '', flags: '', text: '' }
  const context = createContext(globals, { codeGeneration: { strings: false, wasm: false } })
  const script = new Script('new RegExp(pattern, flags).exec(text)')
  return {
    test(pattern, flags, text) {
      Object.assign(globals, { pattern, flags, text })
      try {
        const match = script.runInContext(context, { timeout: limitMs }) as RegExpExecArray | null
        return { groups: match === null ? undefined : [...match] }
      } catch (error) {
        const isLate = (error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
        return { error: isLate ? `the pattern needs more than ${limitMs} ms` : 'the pattern is not valid' }
      }
    },
  }
}

/** Why a text is no pattern, or undefined. */
export function patternFault(pattern: string, flags: string): string | undefined {
  try {
    new RegExp(pattern, flags)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
