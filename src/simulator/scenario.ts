/** Rules that change what answers a call: a model's behaviour can be swapped under the same name, at run time. */

import { asArray, asNumber, asObject, asString, type Json, type JsonObject } from '../core/json.ts'
import { readScript } from './fault-spec.ts'

export interface Rule {
  readonly match: { readonly provider?: string; readonly model?: string; readonly path?: string }
  /** Strikes so many times, then the next rule's turn comes; absent: always. */
  readonly times?: number
  /** The model, or the fault specification, that answers instead. */
  readonly respond: string
}

/** Ordered rules; the first that matches and is not used up decides. */
export class Scenario {
  readonly #rules: readonly Rule[]
  readonly #used: number[]

  constructor(rules: readonly Rule[]) {
    this.#rules = rules
    this.#used = rules.map(() => 0)
  }

  /** The model name to answer as; undefined where no rule matches. Counts the use. */
  respond(call: {
    readonly provider: string
    readonly model: string
    readonly path: string
  }): string | undefined {
    const at = this.#rules.findIndex(
      ({ match, times }, index) =>
        fits(match.provider, call.provider) &&
        fits(match.model, call.model) &&
        fits(match.path, call.path) &&
        (times === undefined || this.#used[index]! < times),
    )
    if (at < 0) return undefined
    this.#used[at]!++
    return this.#rules[at]!.respond
  }
}

/** A pattern may end in `*`. */
function fits(pattern: string | undefined, value: string): boolean {
  if (pattern === undefined) return true
  return pattern.endsWith('*') ? value.startsWith(pattern.slice(0, -1)) : value === pattern
}

/** Reads a scenario document: `{ rules: [...] }`. Throws Error with the path of what is wrong. */
export function readScenario(document: unknown): Scenario {
  const root = asObject(document)
  if (root === undefined || !Array.isArray(root['rules']))
    throw new Error('scenario: a list named `rules` is missing')
  onlyKnown(root, 'scenario', ['rules'])
  return new Scenario(asArray(root['rules']).map(readRule))
}

function readRule(value: Json, at: number): Rule {
  const path = `scenario.rules[${at}]`
  const rule = asObject(value)
  if (rule === undefined) throw new Error(`${path}: not an object`)
  onlyKnown(rule, path, ['match', 'times', 'respond'])
  const match = rule['match'] === undefined ? {} : asObject(rule['match'])
  if (match === undefined) throw new Error(`${path}.match: not an object`)
  onlyKnown(match, `${path}.match`, ['provider', 'model', 'path'])
  for (const [key, pattern] of Object.entries(match)) {
    if (typeof pattern !== 'string') throw new Error(`${path}.match.${key}: not a string`)
  }
  const respond = asString(rule['respond'])
  if (respond === undefined) throw new Error(`${path}.respond: not a string`)
  const script = readScript(respond)
  if (typeof script === 'string') throw new Error(`${path}.respond: ${script}`)
  const times = asNumber(rule['times'])
  if (rule['times'] !== undefined && (times === undefined || !Number.isInteger(times) || times < 0)) {
    throw new Error(`${path}.times: not a whole number`)
  }
  return { match: match as Rule['match'], respond, ...(times !== undefined && { times }) }
}

function onlyKnown(object: JsonObject, path: string, known: readonly string[]): void {
  const unknown = Object.keys(object).find((key) => !known.includes(key))
  if (unknown !== undefined) throw new Error(`${path}.${unknown}: unknown; there are ${known.join(', ')}`)
}

/** Parses YAML or JSON text. The parser is loaded on first use: most simulators never need it. */
export async function parseScenario(text: string): Promise<Scenario> {
  const { parse } = await import('yaml')
  return readScenario(parse(text) as unknown)
}
