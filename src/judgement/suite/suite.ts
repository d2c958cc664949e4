/** A suite that is ready to run: every file read, every template rendered, every case with its id. */

import type { JsonObject } from '../../core/json.ts'
import type { Assertion } from '../assertions/assertion.ts'
import type { ContrastSettings, GateSettings, ParamSettings } from './settings.ts'

/** What is asked: a route or `provider/model`, with parameters of its own. */
export interface Target {
  readonly target: string
  readonly label: string
  readonly params: ParamSettings
}

export type Step =
  | { readonly role: 'system' | 'user'; readonly text: string }
  /** Scripted history. */
  | { readonly role: 'assistant'; readonly text: string }
  /** The result of the tool that the last reply called. */
  | { readonly role: 'tool'; readonly name: string; readonly text: string }
  /** The model is called; its reply stays in the history. */
  | { readonly role: 'call'; readonly assert: readonly Assertion[] }

export interface Case {
  /** Pairs the answers of the arms. */
  readonly id: string
  /** Of everything the model sees: answers of different hashes are not compared. */
  readonly inputHash: string
  /** The unit of inference. */
  readonly cluster: string
  readonly tags: readonly string[]
  readonly isCritical: boolean
  readonly repeat: number
  readonly vars: JsonObject
  readonly metadata: JsonObject
  readonly threshold?: number
  readonly params: ParamSettings
  /** The last one is a call. */
  readonly steps: readonly Step[]
  /** Where it is written, for annotations. Asking for the line may take a second, in a large file. */
  readonly at: { readonly file: string; readonly line?: number }
}

export interface DerivedMetric {
  readonly name: string
  readonly value: string
}

export interface JudgeSettings {
  readonly targets: readonly string[]
  readonly params: ParamSettings
  /** Each is judged anew in each run. Absent: nobody has measured the judge. */
  readonly calibration?: readonly HumanLabel[]
  /** Absent: answers are not held against each other. */
  readonly pairwise?: PairwiseSettings
}

/** How judges hold the answers of two arms against each other. */
export interface PairwiseSettings {
  readonly rubric?: string | undefined
  /** Under this name the preferences are summed up. */
  readonly metric: string
}

/** An answer with the verdict of a person. */
export interface HumanLabel {
  readonly rubric: string
  readonly output: string
  readonly pass: boolean
}

export interface Suite {
  readonly name: string
  readonly seed: string
  /** SHA-256 of all that decides what is asked and how it is graded. */
  readonly hash: string
  readonly candidates: readonly Target[]
  readonly baseline?: Target
  readonly judge?: JudgeSettings
  readonly embedder?: string
  readonly cases: readonly Case[]
  readonly gate?: GateSettings
  readonly derivedMetrics: readonly DerivedMetric[]
  readonly contrasts: readonly ContrastSettings[]
  readonly maxConcurrency?: number
  readonly delayMs: number
  readonly timeoutMs?: number
  readonly maxRunMs?: number
  readonly outputPaths: readonly string[]
  readonly needsScripts: boolean
}
