/** Compiles the `guardrails` section: which rules are in force for which destination. */

import type { Config } from '../config/load.ts'
import { globPattern } from '../core/glob.ts'
import { builtInDetectors } from '../detectors/built-in.ts'
import type { Detector } from '../detectors/finding.ts'
import { patternDetector, wordDetector } from '../detectors/own.ts'
import { type Guard, toGuard } from './guard.ts'
import { openForms, openLength } from './open-tail.ts'
import type { RemoteRule, Rule } from './rule.ts'

type Settings = Config['guardrails']
type RuleSettings = Settings['rules'][string]

/** Makes the asking part of a rule that others decide. */
export type OpenRemote = (rule: RuleSettings) => RemoteRule['ask']

/** The guard of a route's name or `provider/model`; undefined where no rule is for it. */
export type GuardOf = (destination: string) => Guard | undefined

/** Undefined where no destination has any rule. */
export function compileGuards({ rules, routes }: Settings, openRemote: OpenRemote): GuardOf | undefined {
  const compiled = new Map(
    Object.entries(rules).map(([name, settings]) => [name, toRule(name, settings, openRemote)]),
  )
  const lines = Object.entries(routes).map(([glob, names]) => ({
    isFor: destinationsOf(glob),
    rules: names.map((name) => compiled.get(name)!),
  }))
  if (lines.every((line) => line.rules.length === 0)) return undefined
  const guardOf = (destination: string): Guard | undefined => {
    const fitting = lines.filter(({ isFor }) => isFor(destination)).flatMap((line) => line.rules)
    return toGuard([...new Set(fitting)])
  }
  // Names of models come from callers: what is kept of them is bounded.
  const known = new Map<string, Guard | undefined>()
  return (destination) => {
    if (known.has(destination)) return known.get(destination)
    const guard = guardOf(destination)
    if (known.size < maxKnown) known.set(destination, guard)
    return guard
  }
}

/** `provider/*` is where nobody can say which of its models a request touches: a rule for one of them is for it. */
function destinationsOf(glob: string): (destination: string) => boolean {
  const pattern = globPattern(glob)
  const [head = ''] = glob.split('*')
  return (destination) => {
    if (pattern.test(destination)) return true
    const provider = destination.endsWith('/*') ? destination.slice(0, -1) : undefined
    return (
      provider !== undefined && (head.startsWith(provider) || (head !== glob && provider.startsWith(head)))
    )
  }
}

const maxKnown = 1_000
/** A match of a pattern in a stream that is longer is found in its parts, or not. */
const patternWindow = 128

function toRule(name: string, settings: RuleSettings, openRemote: OpenRemote): Rule {
  const { action, on, detect, patterns, words, maxCharacters, onFault } = settings
  const base = { name, action, on }
  const span = (detectors: readonly Detector[], openFrom: (text: string) => number): Rule => ({
    ...base,
    type: 'span',
    detectors,
    openFrom,
  })
  if (detect) return span(builtInDetectors(detect), openForms)
  if (patterns) return span([patternDetector(name, patterns)], openLength(patternWindow))
  if (words) {
    return span([wordDetector(name, words)], openLength(Math.max(...words.map(({ length }) => length))))
  }
  if (maxCharacters !== undefined) return { ...base, type: 'size', maxCharacters }
  return { ...base, type: 'remote', onFault, ask: openRemote(settings) }
}
