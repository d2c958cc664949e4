/** Starts golden runs when they are due, on one instance of several, and tells of those that were missed. */

import type { Clock } from '../core/clock.ts'
import { lastSlotMs, quietOf } from './cron.ts'
import { dueMs, jitterMs } from './due.ts'
import { lookBack } from './look-back.ts'
import { missRun, type MissParts } from './missed.ts'
import type { Scheduled, Schedules } from './schedules.ts'
import type { DriftWatch } from './watch.ts'

export interface SchedulerParts extends MissParts {
  readonly watch: Pick<DriftWatch, 'run'>
  readonly schedules: Pick<Schedules, 'inForce'>
  readonly clock: Clock
  readonly org: string
  /** Of this instance: the holder of the lease. */
  readonly instance: string
  /** Days after which runs are deleted. */
  readonly retentionDays: () => number
  readonly onError: (cause: unknown) => void
}

const leaseName = 'drift'
/** A holder that died is replaced after this. */
const leaseMs = 150_000
/** A slot that is this much older was missed: its answers would be of another hour. */
const missedAfterMs = 15 * 60_000
/** Every so often the store is asked for schedules and runs; between, nothing is due and nothing is read. */
const lookEveryMs = 60_000
const dayMs = 86_400_000

interface Entry extends Scheduled {
  /** The newest slot that is dealt with. */
  doneSlotMs: number
  /** The store has not been asked yet what was done before this instance. */
  isNew: boolean
  dueMs: number
}

export class Scheduler {
  readonly #parts: SchedulerParts
  /** By set. */
  readonly #entries = new Map<string, Entry>()
  readonly #running = new Map<string, Promise<void>>()
  readonly #stopping = new AbortController()
  #lookedAtMs = -Infinity
  #prunedAtMs = -Infinity
  #isHolder = false

  constructor(parts: SchedulerParts) {
    this.#parts = parts
  }

  /** Looks once what is due, and starts it. The runs go on after it has returned. */
  async tick(): Promise<void> {
    if (this.#stopping.signal.aborted) return
    const { store, schedules, clock, instance } = this.#parts
    const entries = this.#entries
    const nowMs = clock.nowMs()
    const isLookDue = nowMs - this.#lookedAtMs >= lookEveryMs || nowMs < this.#lookedAtMs
    if (isLookDue) takeUp(entries, await schedules.inForce(), nowMs)
    const due = [...entries.values()].filter((entry) => entry.dueMs <= nowMs)
    if (entries.size === 0 || (!isLookDue && due.length === 0)) {
      if (isLookDue) this.#lookedAtMs = nowMs
      return
    }
    this.#isHolder = await store.takeLease(leaseName, instance, nowMs, nowMs + leaseMs)
    if (this.#isHolder && isLookDue) await this.#look(nowMs)
    if (isLookDue) this.#lookedAtMs = nowMs
    if (!this.#isHolder) return
    for (const entry of entries.values()) if (entry.dueMs <= nowMs) await this.#startDue(entry, nowMs)
  }

  /** The next tick reads the schedules anew, and what other instances have done. */
  lookSoon(): void {
    this.#lookedAtMs = -Infinity
  }

  /** Ends what runs, and gives the lease back. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#running.values())
    if (this.#isHolder) await this.#parts.store.releaseLease(leaseName, this.#parts.instance)
  }

  /** What other instances, or this one before its start, have left; and what is too old goes. */
  async #look(nowMs: number): Promise<void> {
    const { store, org, retentionDays } = this.#parts
    for (const entry of this.#entries.values()) {
      const { newestSlotMs, wantsRun } = await lookBack(entry.set, nowMs, this.#parts)
      // Slots that came while no instance ran are missed ones. What lies ahead is of a clock that was wrong.
      const isKnown = newestSlotMs !== undefined && newestSlotMs <= nowMs
      if (isKnown && (entry.isNew || newestSlotMs > entry.doneSlotMs)) {
        entry.doneSlotMs = Math.max(newestSlotMs, entry.sinceMs)
        entry.dueMs = dueMs(entry.set, entry.doneSlotMs)
      }
      entry.isNew = false
      if (wantsRun) this.#start(entry, 'confirm')
    }
    if (nowMs - this.#prunedAtMs >= dayMs) {
      this.#prunedAtMs = nowMs
      await store.pruneRuns(org, nowMs - retentionDays() * dayMs)
    }
  }

  async #startDue(entry: Entry, nowMs: number): Promise<void> {
    const { set } = entry
    const slotMs = lastSlotMs(set.schedule ?? '', set.timezone, entry.doneSlotMs, nowMs)
    entry.doneSlotMs = slotMs ?? nowMs
    entry.dueMs = dueMs(set, entry.doneSlotMs)
    if (slotMs === undefined || quietOf(set.quiet, set.timezone)(slotMs)) return
    const lateMs = nowMs - slotMs - jitterMs(set, slotMs)
    if (this.#running.has(set.name)) {
      await missRun(entry, slotMs, 'the run before it had not ended', this.#parts)
    } else if (lateMs > missedAfterMs) {
      await missRun(entry, slotMs, 'no instance was there to start it', this.#parts)
    } else this.#start(entry, 'watch', slotMs)
  }

  #start(entry: Entry, kind: 'watch' | 'confirm', slotMs?: number): void {
    const { watch, org, onError } = this.#parts
    const { name } = entry.set
    if (this.#running.has(name)) return
    const { signal } = this.#stopping
    const run = watch
      .run(entry, { org, kind, signal, ...(slotMs !== undefined && { slotMs }) })
      .then(() => undefined, onError)
      .finally(() => {
        this.#running.delete(name)
        // An alarm wants its confirming run.
        this.lookSoon()
      })
    this.#running.set(name, run)
  }
}

/** Replaces the sets that are due by their schedules; what is known of them stays. */
function takeUp(entries: Map<string, Entry>, sets: readonly Scheduled[], nowMs: number): void {
  const names = new Set(sets.map(({ set }) => set.name))
  for (const name of entries.keys()) if (!names.has(name)) entries.delete(name)
  for (const scheduled of sets) {
    const { set } = scheduled
    const known = entries.get(set.name)
    const isSame = known?.set.schedule === set.schedule && known?.set.timezone === set.timezone
    // Slots that another schedule did not have are not missed; and a clock that was set back is right now.
    const doneSlotMs = known && isSame ? Math.min(known.doneSlotMs, nowMs) : nowMs
    entries.set(set.name, {
      ...scheduled,
      doneSlotMs,
      isNew: known?.isNew ?? true,
      dueMs: dueMs(set, doneSlotMs),
    })
  }
}
