/** Reads `fault/<name>[-<arg>][@n][%p]+...`, and decides per request which of its faults strike. */

import { durationMs } from './duration.ts'
import type { Fault } from './fault.ts'
import { faults } from './faults.ts'
import { findModel, models, type SimModel } from './models.ts'

export interface FaultTerm {
  readonly name: string
  readonly fault: Fault
  readonly argument: string
  /** Strikes only the first so many requests with this specification. */
  readonly first?: number
  /** Strikes with this probability, 0 to 1. */
  readonly probability?: number
}

export interface Script {
  readonly model: SimModel
  readonly argument: string
  readonly faults: readonly FaultTerm[]
  /** False where the echo stands in for a name that the simulator does not know. */
  readonly isNamed: boolean
}

const prefix = 'fault/'

/**
 * What a model name asks of the simulator. Any name that is not a fault's is a model, an unknown one the echo.
 * A string is returned, as the message, where a fault specification has a term that is neither fault nor model.
 */
export function readScript(name: string): Script | string {
  if (!name.startsWith(prefix)) {
    const found = findModel(name)
    return { ...(found ?? echo()), faults: [], isNamed: found !== undefined }
  }
  const terms: FaultTerm[] = []
  let model: { model: SimModel; argument: string } | undefined
  for (const text of name.slice(prefix.length).split('+')) {
    const term = readTerm(text)
    if (term) terms.push(term)
    else if ((model = findModel(text)) === undefined) return `There is no fault or model '${text}'.`
  }
  const base = terms.find(({ fault }) => fault.base)?.fault.base
  return {
    ...(model ?? (base === undefined ? undefined : findModel(base)) ?? echo()),
    faults: terms,
    isNamed: true,
  }
}

const echo = () => ({ model: models.get('echo')!, argument: '' })

function readTerm(text: string): FaultTerm | undefined {
  const match = /^(.+?)(?:@(\d+))?(?:%(\d+(?:\.\d+)?))?$/.exec(text)
  const [, name = '', first, share] = match ?? []
  const found = findFault(name)
  if (!found) return undefined
  // `%0.3` is a probability, `%30` the same in percent.
  const probability =
    share === undefined ? undefined : Number(share) > 1 ? Number(share) / 100 : Number(share)
  return {
    name,
    ...found,
    ...(first !== undefined && { first: Number(first) }),
    ...(probability !== undefined && { probability }),
  }
}

/** The fault with the longest name that `text` begins with; the rest must be an argument that it takes. */
function findFault(text: string): { fault: Fault; argument: string } | undefined {
  const exact = faults.get(text)
  if (exact) return { fault: exact, argument: '' }
  for (let at = text.lastIndexOf('-'); at > 0; at = text.lastIndexOf('-', at - 1)) {
    const fault = faults.get(text.slice(0, at))
    const argument = text.slice(at + 1)
    if (fault && takes(fault, argument)) return { fault, argument }
  }
  return undefined
}

function takes(fault: Fault, argument: string): boolean {
  if (fault.argument === undefined) return false
  switch (fault.argument) {
    case 'count':
      return /^\d{1,9}$/.test(argument)
    case 'duration':
      return durationMs(argument) !== undefined
    case 'text':
      return argument !== ''
  }
}

/** Counts requests per specification, so that `@n` can tell the first ones. */
export class FaultCounter {
  readonly #seen = new Map<string, number>()
  readonly #random: () => number

  constructor(random: () => number) {
    this.#random = random
  }

  /** The terms that strike this request. `key` names the specification and whatever counts apart. */
  striking(key: string, terms: readonly FaultTerm[]): readonly FaultTerm[] {
    if (terms.length === 0) return terms
    const seen = this.#seen.get(key) ?? 0
    this.#seen.set(key, seen + 1)
    return terms.filter(
      ({ first, probability }) =>
        (first === undefined || seen < first) && (probability === undefined || this.#random() < probability),
    )
  }
}
