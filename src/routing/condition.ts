/** Compiles `when:` into a test: does this request meet it, and if not, which part of it fails? */

import type { MediaKind } from '../core/event.ts'
import { globPattern } from '../core/glob.ts'
import type { Language } from '../core/language.ts'
import type { RequestTraits } from './traits.ts'

/** Every member that is there must hold; a list holds where one of its items does. */
export interface When {
  /** Names of API keys; `*` stands for any text. */
  readonly keys?: readonly string[]
  readonly tags?: readonly string[]
  /** Values by name; `*` stands for any text. */
  readonly headers?: Readonly<Record<string, string>>
  readonly dialects?: readonly string[]
  readonly stream?: boolean
  readonly tools?: boolean
  readonly structured?: boolean
  readonly reasoning?: boolean
  readonly media?: readonly MediaKind[]
  readonly code?: boolean
  readonly languages?: readonly Language[]
  readonly inputTokens?: { readonly above?: number; readonly below?: number }
}

/** The part that does not hold, such as `when.tags`; undefined where all do. */
export type Condition = (traits: RequestTraits) => string | undefined

type Test = (traits: RequestTraits) => boolean

const compilers: { readonly [Name in keyof When]-?: (wanted: NonNullable<When[Name]>) => Test } = {
  keys(globs) {
    const patterns = globs.map(globPattern)
    return ({ caller }) => patterns.some((pattern) => pattern.test(caller.keyName))
  },
  tags(wanted) {
    return ({ caller }) => wanted.some((tag) => caller.tags.includes(tag))
  },
  headers(wanted) {
    const patterns = Object.entries(wanted).map(
      ([name, glob]) => [name.toLowerCase(), globPattern(glob)] as const,
    )
    return ({ caller }) =>
      patterns.every(([name, pattern]) => {
        const value = caller.header(name)
        return value !== undefined && pattern.test(value)
      })
  },
  dialects(wanted) {
    return ({ channel }) => wanted.includes(channel.dialect)
  },
  stream(wanted) {
    return ({ channel }) => channel.stream === wanted
  },
  tools(wanted) {
    return ({ content }) => content.hasTools === wanted
  },
  structured(wanted) {
    return ({ content }) => content.isStructured === wanted
  },
  reasoning(wanted) {
    return ({ content }) => content.asksReasoning === wanted
  },
  media(wanted) {
    return ({ content }) => wanted.some((kind) => content.media.includes(kind))
  },
  code(wanted) {
    return (traits) => traits.hasCode === wanted
  },
  languages(wanted) {
    return ({ language }) => language !== undefined && wanted.includes(language)
  },
  inputTokens({ above = -1, below = Infinity }) {
    return ({ inputTokens }) => inputTokens > above && inputTokens < below
  },
}

/** Undefined where nothing is asked. */
export function compileCondition(when: When | undefined): Condition | undefined {
  const tests = Object.entries(when ?? {}).map(([name, wanted]) => ({
    name: `when.${name}`,
    holds: (compilers[name as keyof When] as (wanted: unknown) => Test)(wanted),
  }))
  if (tests.length === 0) return undefined
  return (traits) => {
    for (const { name, holds } of tests) if (!holds(traits)) return name
    return undefined
  }
}
