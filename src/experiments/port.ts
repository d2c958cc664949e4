/** What experiments need kept: where each stands, what its units have come to, and the moments of these by arm. */

export const metrics = [
  ...(['feedback', 'judge', 'errors', 'contract_failures'] as const),
  ...(['cost', 'latency', 'first_token'] as const),
] as const

/** `cost` is in nano-dollars, `latency` and `first_token` are in milliseconds, all others lie in 0 to 1. */
export type Metric = (typeof metrics)[number]

export interface ExperimentKey {
  readonly org: string
  readonly route: string
  readonly name: string
}

/** What was seen of a unit on one metric: so many outcomes, which add up to the total. */
export interface Outcome {
  readonly n: number
  readonly total: number
}

/** A unit's new outcomes. */
export interface UnitOutcomes {
  readonly unit: string
  readonly arm: string
  readonly outcomes: ReadonlyMap<Metric, Outcome>
}

/** Sums over an arm's units, each of which counts once, by the mean of its outcomes. */
export interface ArmMoments {
  readonly arm: string
  readonly metric: Metric
  readonly units: number
  readonly outcomes: number
  readonly sum: number
  readonly squares: number
  /** How many of the experiment's units were to fall to the arm, by the shares at the time when each came. */
  readonly expectedUnits: number
}

/** What the configuration says of an experiment. */
export interface Plan {
  readonly metric: Metric
  readonly alpha: number
  /** Of each arm, before the first look. */
  readonly minUnits: number
  readonly guardrails: readonly { readonly metric: Metric; readonly margin?: number | undefined }[]
  /** The first is the control. */
  readonly arms: readonly { readonly name: string; readonly weight: number }[]
}

/** `ended`: its callers all get the control, or what went live in its place. */
export type ExperimentState = 'running' | 'ended'

export interface StoredExperiment extends ExperimentKey {
  readonly state: ExperimentState
  /** As it was when it began, and when it ended. */
  readonly plan: Plan
  readonly startedAtMs: number
  readonly endedAtMs?: number
  /** Why it ended. */
  readonly reason?: string
  /** The arm that won. */
  readonly winner?: string
  /** The revision that the winner became. */
  readonly revision?: number
  /** Of the difference, by the metric: what the confidence sequences are tuned to, once and for all. */
  readonly variances: Readonly<Partial<Record<Metric, number>>>
  /** Each change adds one. */
  readonly version: number
}

/** What the metrics that decide or guard showed when so many units were there. */
export interface Look {
  /** Of all arms together. */
  readonly units: number
  readonly atMs: number
  /** Arm minus control, with the bounds of its confidence sequence. */
  readonly differences: readonly {
    readonly arm: string
    readonly metric: Metric
    readonly difference: number
    readonly lower: number
    readonly upper: number
  }[]
}

export interface ExperimentStore {
  /** Newest first. */
  all(): Promise<readonly StoredExperiment[]>
  /** Nothing happens where it is known already. */
  open(experiment: StoredExperiment): Promise<void>
  /** False, and nothing is written, where it is no longer at the version before. */
  change(experiment: StoredExperiment): Promise<boolean>
  /** Adds outcomes to their units: all of them or none. A unit stays with the arm that it was first seen in. */
  add(key: ExperimentKey, units: readonly UnitOutcomes[], shares: ReadonlyMap<string, number>): Promise<void>
  moments(key: ExperimentKey): Promise<readonly ArmMoments[]>
  /** Of two with as many units the first one stays. */
  addLook(key: ExperimentKey, look: Look): Promise<void>
  /** By their units. */
  looks(key: ExperimentKey): Promise<readonly Look[]>
  /**
   * Deletes what is known of the units, of each where none are named, and tells how many that were; the moments stay. A
   * unit of an experiment that goes on counts as a new one from then on.
   */
  forgetUnits(key: ExperimentKey, units?: readonly string[]): Promise<number>
}
