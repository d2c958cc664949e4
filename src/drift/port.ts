/** What the watch for drift needs kept, and whom it tells. */

import type { Asked, AskModel } from '../core/ask.ts'
import type { Json } from '../core/json.ts'
import type { NanoUsd } from '../core/money.ts'
import type { DecisionMetric } from './metric.ts'
import type { Sample } from './sample.ts'
import type { Direction, Judgement, Verdict } from './verdict.ts'

/** As `AskModel`, with what the call cost where that is known. Never rejects. */
export type AskPriced = (
  ...given: Parameters<AskModel>
) => Promise<Asked & { readonly costNanoUsd?: NanoUsd }>

/** One version of a golden set; versions are never changed. */
export interface GoldenVersion {
  readonly org: string
  readonly name: string
  readonly version: number
  /** Of what is asked: see `GoldenSet`. */
  readonly digest: string
  /** Of the files, so that the same text makes no new version. */
  readonly textDigest: string
  readonly createdAtMs: number
  /** The files, see `GoldenFiles`. */
  readonly document: Json
}

/** What a person has decided about when a set runs. It stands above what the set itself says. */
export interface SetSchedule {
  readonly org: string
  readonly set: string
  /** Absent: it runs only when it is asked to. */
  readonly times?: SetTimes
  readonly changedAtMs: number
  readonly changedBy: string
}

export interface SetTimes {
  readonly schedule: string
  /** What is absent is as the set says. */
  readonly timezone?: string
  readonly quiet?: readonly { readonly from: string; readonly to: string }[]
  readonly jitterMs?: number
}

export interface Baseline {
  readonly org: string
  readonly set: string
  readonly number: number
  readonly digest: string
  readonly wantedRuns: number
  readonly createdAtMs: number
  /** Who said that the behaviour it holds is right, and why; absent of the first one. */
  readonly acceptedBy?: string
  readonly reason?: string
  /** The watch runs which were accepted as its first ones. Runs recorded for it name it themselves. */
  readonly runIds: readonly string[]
}

/** `confirm`: after an alarm, outside the schedule. `missed`: a run that should have been and was not. */
export type RunKind = 'baseline' | 'watch' | 'confirm' | 'missed'

export interface Run {
  readonly org: string
  readonly id: string
  readonly set: string
  readonly version: number
  readonly target: string
  readonly kind: RunKind
  /** That it belongs to, or was held against; absent where there was none. */
  readonly baseline?: number
  /** The time of the schedule that it was for. */
  readonly slotMs?: number
  readonly startedAtMs: number
  readonly endedAtMs?: number
  /** Absent while it runs. */
  readonly verdict?: Verdict
  readonly expectedRows: number
  readonly validRows: number
  readonly costNanoUsd: number
  /** The whole judgement, for reports and for the runs after it. */
  readonly judgement?: Judgement
}

export type AlarmState = 'open' | 'acknowledged' | 'silenced' | 'resolved'

export interface Alarm {
  readonly org: string
  readonly id: string
  readonly set: string
  readonly runId: string
  readonly state: AlarmState
  readonly title: string
  readonly createdAtMs: number
  readonly changedAtMs: number
  readonly changedBy?: string
  /** Until when it is silenced. */
  readonly untilMs?: number
}

/** Whose live answers are watched together. */
export interface TrafficSeries {
  readonly org: string
  /** Empty where callers named the target itself. */
  readonly route: string
  readonly model: string
}

/** What one instance saw of an hour's live answers. */
export interface TrafficRow extends TrafficSeries {
  readonly hourMs: number
  readonly instance: string
  /** See `TrafficHour`. */
  readonly strata: Readonly<Record<string, readonly number[]>>
}

/** Everything is of one organisation; a store never mixes two. */
export interface GoldenStore {
  /** Gives the version of the text: a new number where it differs from the newest one. */
  putGoldenSet(set: Omit<GoldenVersion, 'version'>): Promise<GoldenVersion>
  newestGoldenSet(org: string, name: string): Promise<GoldenVersion | undefined>
  /** The newest version of each set, by name. */
  goldenSets(org: string): Promise<readonly GoldenVersion[]>
  /** The number of the newest version of each set. */
  goldenVersions(org: string): Promise<ReadonlyMap<string, number>>
}

export interface ScheduleStore {
  schedules(org: string): Promise<readonly SetSchedule[]>
  putSchedule(schedule: SetSchedule): Promise<void>
  /** False where there was none. */
  deleteSchedule(org: string, set: string): Promise<boolean>
}

export interface BaselineStore {
  /** The newest baseline of a set. */
  baseline(org: string, set: string): Promise<Baseline | undefined>
  /** Adds the next one. Gives undefined where another instance has added one since `after`. */
  addBaseline(baseline: Omit<Baseline, 'number'>, after: number): Promise<Baseline | undefined>
}

export interface DriftRunStore {
  /** False where a run of this set and slot is there already: another instance has it. */
  startRun(run: Run): Promise<boolean>
  endRun(run: Run): Promise<void>
  run(org: string, id: string): Promise<Run | undefined>
  /** Newest first. */
  runs(org: string, filter: RunFilter): Promise<readonly Run[]>
  putSamples(org: string, runId: string, prompt: string, samples: readonly Sample[]): Promise<void>
  /** By the prompt's id. */
  samples(org: string, runId: string): Promise<ReadonlyMap<string, readonly Sample[]>>

  /** Deletes runs that began before, with their answers, but those that the newest baseline of their set has; tells how many. */
  pruneRuns(org: string, beforeMs: number): Promise<number>
}

export interface AlarmStore {
  putAlarm(alarm: Alarm): Promise<void>
  /** Newest first. */
  alarms(org: string, set?: string): Promise<readonly Alarm[]>
}

export interface TrafficStore {
  /** Deletes what is older than `keepFromMs` on the way. */
  addTraffic(row: TrafficRow, keepFromMs: number): Promise<void>
  /** From the one hour to the other, both included: of one series, or of all of all organisations. */
  traffic(fromMs: number, toMs: number, series?: TrafficSeries): Promise<readonly TrafficRow[]>
}

export interface LeaseStore {
  /** Takes or extends a lease; false while another holder's has not run out. */
  takeLease(name: string, holder: string, nowMs: number, untilMs: number): Promise<boolean>
  releaseLease(name: string, holder: string): Promise<void>
}

export type DriftStore = GoldenStore &
  ScheduleStore &
  BaselineStore &
  DriftRunStore &
  AlarmStore &
  TrafficStore &
  LeaseStore

export interface RunFilter {
  readonly set?: string
  readonly baseline?: number
  readonly kinds?: readonly RunKind[]
  readonly ids?: readonly string[]
  /** Older than this run's start. */
  readonly beforeMs?: number
  readonly isEnded?: boolean
  readonly limit: number
}

/** Tells people. Never rejects. */
export interface DriftAlert {
  readonly org: string
  /** `route`: what became of the route. `clean`: what was told of the set before is over. */
  readonly kind: 'drift' | 'route' | 'warning' | 'no-data' | 'clean'
  /** The set has had no data for so long that nobody watches its target any more. */
  readonly isBlind?: true
  readonly set: string
  readonly target: string
  readonly runId: string
  readonly title: string
  readonly lines: readonly string[]
}
export type TellAlert = (alert: DriftAlert) => void

/** What happens to the route whose target has drifted. */
export interface ConfirmedDrift {
  readonly org: string
  readonly set: string
  readonly target: string
  readonly runId: string
  /** When the run that showed it began. */
  readonly startedAtMs: number
  readonly mode: 'suggest' | 'auto'
  readonly metric: DecisionMetric
  readonly direction: Direction
}
