/** What golden sets cost between their runs: a scheduler over a real database, its clock set by hand for an hour. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../src/core/clock.ts'
import { createGoldenShelf, type Kept } from '../src/drift/golden-shelf.ts'
import { Scheduler } from '../src/drift/scheduler.ts'
import { createSchedules } from '../src/drift/schedules.ts'
import { TrafficMeter } from '../src/drift/traffic-meter.ts'
import type { DriftStore } from '../src/drift/port.ts'
import type { Judgement } from '../src/drift/verdict.ts'
import type { DriftWatch } from '../src/drift/watch.ts'
import { openGoldenSet } from '../src/drift/golden.ts'
import { createDriftStore } from '../src/storage/sql/drift-store.ts'
import { migrations } from '../src/storage/sql/migrations.ts'
import { openSqlite } from '../src/storage/sql/sqlite.ts'

const org = 'default'
const minuteMs = 60_000
/** As the gateway looks. */
const tickMs = 5_000
const sets = 100
const runsOfEach = 30
const noonMs = Date.parse('2026-03-01T12:00:00Z')

export interface IdleCost {
  /** Of one core, over the hour. */
  readonly share: number
  /** What the sets hold in memory. */
  readonly heapBytes: number
}

/** 100 hourly sets of 50 prompts, each with a day of runs behind it, from one slot to the next. Throws where one runs. */
export async function idleCost(judgement: Judgement): Promise<IdleCost> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-drift-idle-'))
  const clock = { at: noonMs, nowMs: () => clock.at, monotonicMs: () => clock.at }
  const database = openSqlite(join(folder, 'weir.db'), migrations, clock)
  try {
    const store = createDriftStore(database)
    await fill(store, judgement)
    global.gc?.()
    const heapBefore = process.memoryUsage().heapUsed
    const kept = await Promise.all(Array.from({ length: sets }, (_, at) => keptSet(at)))
    global.gc?.()
    const heapBytes = process.memoryUsage().heapUsed - heapBefore
    const { scheduler, meter } = idleWatch(store, clock, kept)
    clock.at += minuteMs
    await scheduler.tick() // what a start reads, and the day's deleting
    const before = process.cpuUsage()
    const ticks = (58 * minuteMs) / tickMs
    for (let tick = 0; tick < ticks; tick++) {
      clock.at += tickMs
      await scheduler.tick()
      await meter.tick()
    }
    const { user, system } = process.cpuUsage(before)
    await scheduler.stop()
    return { share: (user + system) / 1000 / (ticks * tickMs), heapBytes }
  } finally {
    await database.close()
    rmSync(folder, { recursive: true })
  }
}

/** What the gateway would have tick. A run that starts throws. */
function idleWatch(
  store: DriftStore,
  clock: Clock,
  kept: readonly Kept[],
): { readonly scheduler: Scheduler; readonly meter: TrafficMeter } {
  const started = (): never => {
    throw new Error('a golden run started between two slots')
  }
  const watch = { run: started } as unknown as DriftWatch
  const tell = (): void => undefined
  const common = { store, clock, instance: 'one', tell }
  const schedules = createSchedules({
    store,
    shelf: createGoldenShelf(store, clock),
    clock,
    org,
    onFault: started,
  })
  schedules.configure(kept)
  const scheduler = new Scheduler({
    ...common,
    schedules,
    watch,
    org,
    newId: () => 'id',
    retentionDays: () => 400,
    onError: started,
  })
  const meter = new TrafficMeter(common)
  return { scheduler, meter }
}

/** A day of runs behind each set. */
async function fill(store: DriftStore, judgement: Judgement): Promise<void> {
  for (let at = 0; at < sets; at++) {
    for (let hour = runsOfEach - 1; hour >= 0; hour--) {
      const slotMs = noonMs - hour * 60 * minuteMs
      const run = { org, id: `run-${at}-${hour}`, set: `set-${at}`, version: 1, target: 'openai/m' }
      const counts = { expectedRows: 250, validRows: 250, costNanoUsd: 0 }
      const times = { slotMs, startedAtMs: slotMs }
      await store.startRun({ ...run, ...counts, ...times, kind: 'watch', baseline: 1 })
      const ended = { endedAtMs: slotMs + minuteMs, verdict: judgement.verdict }
      await store.endRun({
        ...run,
        ...counts,
        ...times,
        ...ended,
        kind: 'watch',
        baseline: 1,
        judgement,
      })
    }
  }
}

async function keptSet(at: number) {
  const text = JSON.stringify({
    name: `set-${at}`,
    target: 'openai/m',
    schedule: '0 * * * *',
    prompts: Array.from({ length: 50 }, (_, n) => ({ id: `p${n}`, prompt: `Question ${n} of set ${at}?` })),
  })
  const document = { file: 'golden.yaml', files: { 'golden.yaml': text } }
  const set = await openGoldenSet(document)
  const { name, digest } = set
  return { set, version: { org, name, version: 1, digest, textDigest: '', createdAtMs: noonMs, document } }
}
