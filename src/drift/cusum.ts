/** Finds slow drift: small steps in one direction that no single run would show (Page 1954). */

import { chiSquaredQuantile } from '../judgement/statistics/distributions.ts'

export interface CusumState {
  readonly up: number
  readonly down: number
}

export const cusumStart: CusumState = { up: 0, down: 0 }

/** What of each step counts as noise, in units of the inflated sd. */
const slack = 1
const alarmAbove = 4.5

/**
 * The sd by which steps are measured: inflated to the upper quartile of what the true one may be, because with few
 * baseline runs the textbook's chart alarms within 100 runs in every second case.
 */
export function cusumSd(runSd: number, runs: number): number {
  return runSd * Math.sqrt((runs - 1) / chiSquaredQuantile(0.25, runs - 1)) * Math.sqrt(1 + 1 / runs)
}

/** One more run; `z` is its distance from the baseline's mean in units of `cusumSd`. */
export function cusumStep(state: CusumState, z: number): CusumState {
  return { up: Math.max(0, state.up + z - slack), down: Math.max(0, state.down - z - slack) }
}

export function cusumAlarm({ up, down }: CusumState): 'up' | 'down' | undefined {
  if (up > alarmAbove) return 'up'
  return down > alarmAbove ? 'down' : undefined
}
