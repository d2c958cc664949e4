/** What the statistics of evaluation are held to: figures of an independent program over 20,000 runs. */

import type { Population } from '../../src/evals/power.ts'

export interface GateRow {
  readonly population: Population
  readonly cases: number
  readonly repeats: number
  /** P(pass) where the candidate is equal, 1, 3 and 5 points worse. */
  readonly pass: readonly number[]
  /** P(fail) where it is 5 points worse. */
  readonly failAt5: number
}

export const lossesOfTable = [0, 0.01, 0.03, 0.05] as const

/** The operating characteristics of the gate at a margin of 3 points and alpha .05. */
export const gateTable: readonly GateRow[] = [
  { population: 'diffuse', cases: 100, repeats: 1, pass: [0.17, 0.12, 0.049, 0.017], failAt5: 0.11 },
  { population: 'diffuse', cases: 100, repeats: 5, pass: [0.49, 0.27, 0.049, 0.004], failAt5: 0.25 },
  { population: 'diffuse', cases: 200, repeats: 5, pass: [0.75, 0.44, 0.05, 0.001], failAt5: 0.4 },
  { population: 'diffuse', cases: 300, repeats: 5, pass: [0.88, 0.57, 0.049, 0], failAt5: 0.52 },
  { population: 'diffuse', cases: 500, repeats: 5, pass: [0.98, 0.77, 0.05, 0], failAt5: 0.71 },
  { population: 'diffuse', cases: 1000, repeats: 5, pass: [1, 0.96, 0.046, 0], failAt5: 0.93 },
  { population: 'concentrated', cases: 100, repeats: 1, pass: [1, 0.37, 0.048, 0.006], failAt5: 0.39 },
  { population: 'concentrated', cases: 500, repeats: 1, pass: [1, 0.94, 0.035, 0], failAt5: 0.76 },
  { population: 'mixed', cases: 100, repeats: 5, pass: [0.94, 0.38, 0.058, 0.01], failAt5: 0.14 },
  { population: 'mixed', cases: 200, repeats: 5, pass: [1, 0.56, 0.053, 0.002], failAt5: 0.27 },
  { population: 'churn', cases: 100, repeats: 1, pass: [0.34, 0.17, 0.042, 0.008], failAt5: 0.2 },
  { population: 'churn', cases: 500, repeats: 1, pass: [0.94, 0.61, 0.05, 0.001], failAt5: 0.47 },
]

export interface EarlyRow {
  readonly population: Population
  readonly loss: number
  readonly pass?: number
  readonly fail?: number
  /** On average. */
  readonly cases?: number
}

/** Early stopping of 500 cases x 5 repeats, at the same margin and alpha. */
export const earlyTable: readonly EarlyRow[] = [
  { population: 'diffuse', loss: 0, pass: 0.97, cases: 350 },
  { population: 'diffuse', loss: 0.01, pass: 0.75 },
  { population: 'diffuse', loss: 0.03, pass: 0.043 },
  { population: 'diffuse', loss: 0.05, pass: 0, cases: 463 },
  { population: 'diffuse', loss: 0.1, fail: 1, cases: 133 },
  { population: 'mixed', loss: 0, cases: 231 },
]

export interface SequenceRow {
  /** Success rates of the two arms. */
  readonly rates: readonly [number, number]
  /** How often the sequence has excluded no difference at some look. */
  readonly found?: readonly [number, number]
  /** Units per arm at the median stop. */
  readonly medianUnits?: number
}

/** Live arms of 20,000 units each, looked at every 100 units of an arm. */
export const sequenceTable: readonly SequenceRow[] = [
  { rates: [0.9, 0.9], found: [0.025, 0.028] },
  { rates: [0.9, 0.89], found: [0.63, 0.63] },
  { rates: [0.9, 0.87], medianUnits: 1_900 },
  { rates: [0.9, 0.85], medianUnits: 800 },
]
/** False alarms of a plain z interval that is looked at as often. */
export const peekingAlarms = 0.42
