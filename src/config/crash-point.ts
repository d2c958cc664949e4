/** Where the process kills itself on its way with a call: set by the crash tests alone, in `WEIR_CRASH_AT`. */

import type { Environment } from './secret-ref.ts'

/**
 * `after_reserve_append`: the intent is queued. `before_dispatch`: it is in the journal, nothing is sent.
 * `after_first_byte`: a part of the answer has come. `before_settle`: the answer is there, its cost is not known.
 * `after_settle_append`: the settlement is in the journal, the client has not seen the end. `during_ship`: lines are in
 * the shared ledger, and not marked as shipped.
 */
export const crashPoints = [
  'after_reserve_append',
  'before_dispatch',
  'after_first_byte',
  'before_settle',
  'after_settle_append',
  'during_ship',
] as const

export interface CrashPoint {
  readonly at: (typeof crashPoints)[number]
  /** The how-manieth time that it is come by, from 1. */
  readonly time: number
}

/** `WEIR_CRASH_AT=before_settle:7`. Anything else is no crash point. */
export function readCrashPoint(env: Environment): CrashPoint | undefined {
  const [name, time = '1'] = (env['WEIR_CRASH_AT'] ?? '').split(':')
  const at = crashPoints.find((point) => point === name)
  return at && { at, time: Number(time) }
}
