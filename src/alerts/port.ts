/** What alerts need stored: the alerts, what is still to be delivered, and what keys have spent by the hour. */

import type { Alert, Occasion, Resolution, Signal } from './alert.ts'

export { severities } from './alert.ts'
export type { Alert, AlertKind, Occasion, Resolution, Severity, Signal } from './alert.ts'

/** A notice on its way to one channel. */
export interface Delivery {
  readonly id: string
  readonly org: string
  readonly alertId: string
  readonly channel: string
  readonly occasion: Occasion
  readonly attempts: number
  readonly createdAtMs: number
}

export interface Raised {
  readonly alert: Alert
  /** `repeated`: it was open already, and nobody needs to be told again. */
  readonly occasion: 'raised' | 'escalated' | 'repeated'
}

export interface AlertQuery {
  readonly org: string
  readonly status?: Alert['status']
  readonly kind?: string
  readonly limit: number
  /** Alerts that came before this one. */
  readonly before?: { readonly firstAtMs: number; readonly id: string }
}

export interface AlertStore {
  /**
   * Opens the alert, or counts it up where it is open; a higher severity escalates it. Deliveries to these channels
   * are stored in the same step, so that none is lost between the two.
   */
  raise(signal: Signal, given: { id: string; nowMs: number; channels: readonly string[] }): Promise<Raised>
  /** Undefined where it is not open, or has been reported after `quietSinceMs`. */
  resolve(
    what: Resolution,
    given: { nowMs: number; channels: readonly string[]; quietSinceMs?: number },
  ): Promise<Alert | undefined>
  /** `atMs` null takes it back. */
  acknowledge(org: string, id: string, atMs: number | null): Promise<Alert | undefined>
  /** No channel is told that it gets worse or ends before this time; null: all are. Undefined where it is not open. */
  silence(org: string, id: string, untilMs: number | null): Promise<Alert | undefined>
  get(org: string, id: string): Promise<Alert | undefined>
  /** The newest first. */
  list(query: AlertQuery): Promise<readonly Alert[]>
  /** All that are open, of every organisation. */
  open(): Promise<readonly Alert[]>
  /** Deliveries that are due, for this caller alone until `leaseMs` have passed. */
  claim(nowMs: number, leaseMs: number, limit: number): Promise<readonly Delivery[]>
  delivered(id: string): Promise<void>
  /** Tries it again then; undefined gives it up. */
  failed(id: string, nextAtMs: number | undefined): Promise<void>
  /** Deletes resolved alerts from before this time. */
  prune(beforeMs: number): Promise<void>
}

/** What was last seen of something whose change is worth an alert. */
export interface MarkStore {
  get(name: string): Promise<string | undefined>
  set(name: string, value: string): Promise<void>
}

/** What one key has spent within one hour. */
export interface SpendHour {
  readonly org: string
  readonly keyId: string
  readonly keyName: string
  /** Whole hours since the epoch. */
  readonly hour: number
  readonly nanoUsd: number
}

export interface SpendStore {
  /** Adds to what is there, of whichever instance. */
  add(hours: readonly SpendHour[]): Promise<void>
  /** Of all keys, from this hour on. */
  since(hour: number): Promise<readonly SpendHour[]>
  prune(beforeHour: number): Promise<void>
}
