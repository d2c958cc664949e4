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

export function batchFaults(
  striking: readonly { readonly name: string; readonly argument: string }[],
): BatchFaults {
  const has = (name: string) => striking.some((term) => term.name === name)
  const takes = striking.find(({ name }) => name === 'batch-takes')
  return {
    isRefused: has('batch-refused'),
    isExpired: has('batch-expires'),
    isPartly: has('batch-partly'),
    takesMs: takes ? (durationMs(takes.argument) ?? defaultTakesMs) : 0,
    names: striking.map(({ name }) => name).filter((name) => name.startsWith('batch-')),
  }
}
