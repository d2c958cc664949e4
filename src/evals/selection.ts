/** Which cases of a suite a run takes. A run that leaves cases out does not gate. */

import { GatewayError } from '../core/error.ts'
import type { Json } from '../core/json.ts'
import { createRegexRunner } from '../judgement/assertions/regex.ts'
import { createRandom } from '../judgement/statistics/random.ts'
import type { Case } from '../judgement/suite/suite.ts'

export interface Selection {
  /** A regular expression over the id. */
  readonly pattern?: string
  /** `name=value` of the metadata. */
  readonly metadata?: string
  /** `a:b`, from 0, b excluded; either may be missing. */
  readonly range?: string
  readonly sample?: number
  readonly firstN?: number
  /** Ids from an earlier run: its failures, or its faults. */
  readonly ids?: readonly string[]
}

/** Throws `invalid_request` where the pattern takes too long. */
export function selectCases(cases: readonly Case[], selection: Selection, seed: string): readonly Case[] {
  const { pattern, metadata, range, sample, firstN, ids } = selection
  let chosen = cases
  if (ids) {
    const wanted = new Set(ids)
    chosen = chosen.filter(({ id }) => wanted.has(id))
  }
  if (pattern !== undefined) {
    const regex = createRegexRunner()
    chosen = chosen.filter(({ id }) => {
      const match = regex.test(pattern, '', id)
      if ('error' in match) throw new GatewayError('invalid_request', `Of the filter ${match.error}.`)
      return match.groups !== undefined
    })
  }
  if (metadata !== undefined) {
    const [name = '', ...rest] = metadata.split('=')
    const value = rest.join('=')
    chosen = chosen.filter((test) => matches(test.metadata[name], value))
  }
  if (range !== undefined) {
    const [from = '', to = ''] = range.split(':')
    chosen = chosen.slice(from === '' ? 0 : Number(from), to === '' ? undefined : Number(to))
  }
  if (firstN !== undefined) chosen = chosen.slice(0, firstN)
  if (sample !== undefined) chosen = createRandom(`${seed}:sample`).shuffle(chosen).slice(0, sample)
  return chosen
}

function matches(found: Json | undefined, value: string): boolean {
  if (Array.isArray(found)) return found.some((item) => matches(item as Json, value))
  return found !== undefined && (typeof found === 'string' ? found : JSON.stringify(found)) === value
}
