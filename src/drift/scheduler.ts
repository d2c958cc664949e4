/** Starts golden runs when they are due, on one instance of several, and tells of those that were missed. */

import { createHash } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { isQuiet, lastSlotMs, nextSlotMs } from './cron.ts'
import type { GoldenSet } from './golden.ts'
import type { Kept } from './golden-shelf.ts'
import type { DriftStore, Run, TellAlert } from './port.ts'
import type { DriftWatch } from './watch.ts'

export interface SchedulerParts {
  readonly watch: DriftWatch
  readonly store: DriftStore
  readonly clock: Clock
  readonly org: string
  /** Of this instance: the holder of the lease. */
  readonly instance: string
  readonly newId: () => string
  /** Days after which runs are deleted. */
  readonly retentionDays: () => number
  readonly tell: TellAlert
  readonly onError: (cause: unknown) => void
}

export interface Scheduler {
  /** Replaces the sets that are due by their schedules. */
  schedule(sets: readonly Kept[]): void
  /** Looks once what is due, and starts it. The runs go on after it has returned. */
  tick(): Promise<void>
  /** When a set is due next, in Unix milliseconds; undefined without a schedule. */
  nextMs(name: string): number | undefined
  /** Ends what runs, and gives the lease back. */
  stop(): Promise<void>
}

const leaseName = 'drift'
/** A holder that died is replaced after this. */
const leaseMs = 150_000
/** A slot that is this much older was missed: its answers would be of another hour. */
const missedAfterMs = 15 * 60_000
/** A first alarm is held against a fresh run, this much later: the cause may be over by then. */
const confirmAfterMs = 10 * 60_000
/** A run that nobody has ended for so long was cut off. */
const cutOffAfterMs = 6 * 3_600_000
/** Every so often the store is asked for runs of other instances; between, nothing is due and nothing is read. */
const lookEveryMs = 60_000
const dayMs = 86_400_000

interface Entry extends Kept {
  /** The newest slot that is dealt with. */
  doneSlotMs: number
  /** The store has not been asked yet what was done before this instance. */
  isNew: boolean
  dueMs: number
}

export function createScheduler(parts: SchedulerParts): Scheduler {
  const { watch, store, clock, org, instance, newId, tell, onError } = parts
  const entries = new Map<string, Entry>()
  const running = new Map<string, Promise<void>>()
  const stopping = new AbortController()
  let lookedAtMs = -Infinity
  let prunedAtMs = -Infinity
  let isHolder = false

  function schedule(sets: readonly Kept[]): void {
    const nowMs = clock.nowMs()
    const names = new Set(sets.map(({ set }) => set.name))
    for (const name of entries.keys()) if (!names.has(name)) entries.delete(name)
    for (const kept of sets) {
      const known = entries.get(kept.set.name)
      const doneSlotMs = known?.doneSlotMs ?? nowMs
      const isNew = known?.isNew ?? true
      entries.set(kept.set.name, { ...kept, doneSlotMs, isNew, dueMs: dueMs(kept.set, doneSlotMs) })
    }
    lookedAtMs = -Infinity
  }

  async function tick(): Promise<void> {
    if (stopping.signal.aborted || entries.size === 0) return
    const nowMs = clock.nowMs()
    // A clock that was set back waits for the time it had: a slot is run once.
    const isLookDue = nowMs - lookedAtMs >= lookEveryMs || nowMs < lookedAtMs
    const due = [...entries.values()].filter((entry) => entry.dueMs <= nowMs)
    if (!isLookDue && due.length === 0) return
    isHolder = await store.takeLease(leaseName, instance, nowMs, nowMs + leaseMs)
    if (!isHolder) {
      lookedAtMs = nowMs
      return
    }
    if (isLookDue) {
      lookedAtMs = nowMs
      for (const entry of entries.values()) await lookAt(entry, nowMs)
      if (nowMs - prunedAtMs >= dayMs) {
        prunedAtMs = nowMs
        await store.pruneRuns(org, nowMs - parts.retentionDays() * dayMs)
      }
    }
    for (const entry of entries.values()) if (entry.dueMs <= nowMs) await startDue(entry, nowMs)
  }

  /** What other instances, or this one before its start, have left: cut-off runs, alarms to confirm. */
  async function lookAt(entry: Entry, nowMs: number): Promise<void> {
    const runs = await store.runs(org, { set: entry.set.name, limit: 20 })
    for (const run of runs) {
      if (run.endedAtMs === undefined && nowMs - run.startedAtMs > cutOffAfterMs) {
        await endWithoutData(run, nowMs, 'the run was cut off')
      }
    }
    const newestSlotMs = Math.max(...runs.map(({ slotMs }) => slotMs ?? -Infinity))
    // Slots that came while no instance ran are missed ones.
    if (Number.isFinite(newestSlotMs) && (entry.isNew || newestSlotMs > entry.doneSlotMs)) {
      entry.doneSlotMs = newestSlotMs
      entry.dueMs = dueMs(entry.set, newestSlotMs)
    }
    entry.isNew = false
    const [last] = runs
    const isUnconfirmed =
      last?.verdict === 'drift' &&
      last.kind === 'watch' &&
      last.endedAtMs !== undefined &&
      nowMs - last.endedAtMs >= confirmAfterMs
    if (isUnconfirmed) start(entry, 'confirm')
  }

  async function startDue(entry: Entry, nowMs: number): Promise<void> {
    const { set } = entry
    const slotMs = lastSlotMs(set.schedule ?? '', set.timezone, entry.doneSlotMs, nowMs)
    entry.doneSlotMs = slotMs ?? nowMs
    entry.dueMs = dueMs(set, entry.doneSlotMs)
    if (slotMs === undefined || isQuiet(set.quiet, set.timezone, slotMs)) return
    const lateMs = nowMs - slotMs - jitterMs(set, slotMs)
    if (running.has(set.name)) await miss(entry, slotMs, 'the run before it had not ended')
    else if (lateMs > missedAfterMs) await miss(entry, slotMs, 'no instance was there to start it')
    else start(entry, 'watch', slotMs)
  }

  function start(entry: Entry, kind: 'watch' | 'confirm', slotMs?: number): void {
    const { name } = entry.set
    if (running.has(name)) return
    const request = { org, kind, signal: stopping.signal, ...(slotMs !== undefined && { slotMs }) }
    const run = watch
      .run(entry, request)
      .then(() => undefined, onError)
      .finally(() => {
        running.delete(name)
        // An alarm wants its confirming run.
        lookedAtMs = -Infinity
      })
    running.set(name, run)
  }

  async function miss({ set, version }: Entry, slotMs: number, why: string): Promise<void> {
    const nowMs = clock.nowMs()
    const run: Run = {
      org,
      id: newId(),
      set: set.name,
      version: version.version,
      target: set.target,
      kind: 'missed',
      slotMs,
      startedAtMs: nowMs,
      expectedRows: set.cases.length * set.samples,
      validRows: 0,
      costNanoUsd: 0,
    }
    if (await store.startRun(run)) await endWithoutData(run, nowMs, why)
  }

  async function endWithoutData(run: Run, nowMs: number, why: string): Promise<void> {
    const reasons = [{ code: 'missed', isNote: false, text: why }]
    const judgement = { verdict: 'no-data', reasons, metrics: [], trends: [], baselineRuns: 0, lag1: 0 }
    await store.endRun({ ...run, endedAtMs: nowMs, verdict: 'no-data', judgement })
    const { set, target, id: runId } = run
    const title = `${set}: a run was missed`
    tell({ org, kind: 'no-data', set, target, runId, title, lines: [why] })
  }

  return {
    schedule,
    tick,
    nextMs(name) {
      const entry = entries.get(name)
      return entry && Number.isFinite(entry.dueMs) ? entry.dueMs : undefined
    },
    async stop() {
      stopping.abort()
      await Promise.all(running.values())
      if (isHolder) await store.releaseLease(leaseName, instance)
    },
  }
}

/** The same on every instance, another for every slot. */
function jitterMs({ name, jitterMs: most }: GoldenSet, slotMs: number): number {
  const digest = createHash('sha256').update(`${name} ${slotMs}`).digest()
  return Math.floor((digest.readUInt32BE(0) / 2 ** 32) * most)
}

function dueMs(set: GoldenSet, afterMs: number): number {
  if (set.schedule === undefined) return Infinity
  const slotMs = nextSlotMs(set.schedule, set.timezone, afterMs)
  return slotMs === undefined ? Infinity : slotMs + jitterMs(set, slotMs)
}
