/** What rollout needs kept, and whom it asks whether a revision has proved itself. */

import type { Json } from '../core/json.ts'

/** A whole route as it was at one time. Never changed. */
export interface Revision {
  readonly org: string
  readonly route: string
  /** From 1, without a gap. */
  readonly number: number
  readonly source: 'file' | 'api'
  /** The section of the configuration, complete. */
  readonly settings: Json
  readonly createdAtMs: number
  readonly createdBy: string
  /** The number of the change that made it. */
  readonly seq: number
}

/** A revision that takes a growing share of the requests. */
export interface Canary {
  readonly revision: number
  readonly startedAtMs: number
  /** Shares from 0 to 1, each for `stepMs`. After the last one it goes live. */
  readonly shares: readonly number[]
  readonly stepMs: number
  readonly actor: string
}

export interface Hold {
  readonly actor: string
  readonly reason: string
  /** Unix milliseconds. Absent: until a person lifts it. */
  readonly untilMs?: number
}

/** Where a route stands. */
export interface Pointer {
  readonly org: string
  readonly route: string
  readonly live: number
  readonly changedAtMs: number
  readonly canary?: Canary
  /** A person wants it to stay: nothing moves it by itself. */
  readonly hold?: Hold
  /** The number of the change that made it what it is; 0 where it has not been written yet. */
  readonly seq: number
}

/** `add`: a new revision went live at once. */
export type MoveKind =
  | 'add'
  | 'promote'
  | 'rollback'
  | 'canary-start'
  | 'canary-stop'
  | 'drift'
  | 'hold'
  | 'unhold'

/** One change of a pointer. Only ever added to. */
export interface Move {
  readonly org: string
  readonly route: string
  readonly seq: number
  readonly atMs: number
  readonly kind: MoveKind
  /** Absent of the first one. */
  readonly from?: number
  readonly to: number
  readonly actor: string
  readonly reason?: string
  /** Of the gate's verdict on which it was made. */
  readonly gateHash?: string
}

export interface RolloutChange {
  readonly revision?: Omit<Revision, 'seq'>
  readonly pointer?: Pointer
  readonly move?: Omit<Move, 'seq'>
}

export interface RolloutRows {
  readonly revisions: readonly Revision[]
  readonly pointers: readonly Pointer[]
  /** All changes up to this one are among the rows. */
  readonly seq: number
}

export interface RolloutStore {
  /** What was written after this change, of all organisations. 0 gives all. */
  changedSince(seq: number): Promise<RolloutRows>
  /**
   * Writes all of it as one change. False, and nothing is written, where the revision's number is taken or the
   * pointer is no longer at its `seq`: another instance was faster.
   */
  write(change: RolloutChange): Promise<boolean>
  /** Newest first. */
  moves(org: string, route: string, limit: number): Promise<readonly Move[]>
}

/** What an evaluation said of a revision. */
export interface GateVerdict {
  readonly verdict: 'pass' | 'fail' | 'inconclusive'
  /** SHA-256 of the report, in hexadecimal. */
  readonly hash: string
  readonly atMs: number
  readonly runId: string
}

/** The newest verdict on this revision; undefined where it was never gated. */
export type FindVerdict = (org: string, route: string, revision: number) => Promise<GateVerdict | undefined>

/** A provider to which no request goes until somebody switches it on again. */
export interface SwitchedOff {
  readonly provider: string
  readonly atMs: number
  /** Who did it, by the name that the audit has. */
  readonly actor: string
}

export interface SwitchStore {
  /** By the provider's name. */
  list(org: string): Promise<readonly SwitchedOff[]>
  /** One that is off already stays as it is. */
  turnOff(org: string, off: SwitchedOff): Promise<void>
  turnOn(org: string, provider: string): Promise<void>
}
