/** What may go wrong with a whole batch, by the faults in the name of its first request's model. */

import { durationMs } from '../duration.ts'
import type { Fault } from '../fault.ts'

/** To single requests they do nothing, so that what is left of a batch can be asked for one by one. */
export const batchFaultTable: Readonly<Record<string, Fault>> = {
  'batch-refused': { means: 'of a batch: it is not taken' },
  'batch-lost': { means: 'of a batch: it is taken, and the connection breaks before the answer' },
  'batch-expires': { means: 'of a batch: none of it is done in time' },
  'batch-partly': { means: 'of a batch: every second request is not done in time' },
  'batch-takes': { means: 'of a batch: it is under way for so long (default an hour)', argument: 'duration' },
}

export interface BatchFaults {
  readonly isRefused: boolean
  readonly isExpired: boolean
  readonly isPartly: boolean
  readonly takesMs: number
  readonly names: readonly string[]
}

const defaultTakesMs = 3_600_000

interface Term {
  readonly fault: Fault
  readonly argument: string
}

export function batchFaults(striking: readonly Term[]): BatchFaults {
  const named = Object.entries(batchFaultTable).flatMap(([name, fault]) => {
    const term = striking.find((each) => each.fault === fault)
    return term ? [{ name, argument: term.argument }] : []
  })
  const find = (name: string) => named.find((each) => each.name === name)
  const takes = find('batch-takes')
  return {
    isRefused: find('batch-refused') !== undefined,
    isExpired: find('batch-expires') !== undefined,
    isPartly: find('batch-partly') !== undefined,
    takesMs: takes ? (durationMs(takes.argument) ?? defaultTakesMs) : 0,
    names: named.map(({ name }) => name),
  }
}
