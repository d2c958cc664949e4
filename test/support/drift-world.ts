/** Instances of the watch for drift over one store, with a clock that is set by hand and a model that answers at once. */

import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { AskModel } from '../../src/core/ask.ts'
import type { Kept } from '../../src/drift/golden-shelf.ts'
import type { DriftAlert, DriftStore, Run } from '../../src/drift/port.ts'
import { Scheduler } from '../../src/drift/scheduler.ts'
import { createSchedules, type Schedules } from '../../src/drift/schedules.ts'
import { DriftWatch } from '../../src/drift/watch.ts'
import { createSchemaGrader } from '../../src/judgement/assertions/json-schemas.ts'
import { createRegexRunner } from '../../src/judgement/assertions/regex.ts'
import { createDriftStore } from '../../src/storage/sql/drift-store.ts'
import { migrations } from '../../src/storage/sql/migrations.ts'
import { openSqlite } from '../../src/storage/sql/sqlite.ts'
import { createTemporaryFolder } from './temporary-folder.ts'
import { until } from './until.ts'

export const org = 'default'
export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const noonMs = Date.parse('2026-03-01T12:00:00Z')

export interface Instance {
  readonly scheduler: Scheduler
  readonly schedules: Schedules
  readonly watch: DriftWatch
  /** As at a start, or when the configuration is read again. */
  configure(...sets: readonly Kept[]): Promise<void>
}

export function startWorld(t: TestContext) {
  const clock = { at: noonMs, nowMs: () => clock.at, monotonicMs: () => clock.at }
  const database = openSqlite(join(createTemporaryFolder(), 'weir.db'), migrations, clock)
  const schedulers: Scheduler[] = []
  t.after(async () => {
    for (const scheduler of schedulers) await scheduler.stop()
    await database.close()
  })
  const store = createDriftStore(database)
  const told: DriftAlert[] = []
  const faults: unknown[] = []
  const state = {
    hold: undefined as Promise<void> | undefined,
    words: 40,
    model: 'm',
    build: undefined as string | undefined,
  }
  let ids = 0
  const newId = () => `id-${String(++ids).padStart(5, '0')}`
  const ask: AskModel = async () => {
    await state.hold
    return {
      requestId: newId(),
      durationMs: 10,
      attempts: 1,
      usage: { inputTokens: 5, outputTokens: state.words + (ids % 7) },
      answer: {
        id: 'a',
        model: state.model,
        ...(state.build !== undefined && { fingerprint: state.build }),
        blocks: [{ kind: 'text', choice: 0, text: 'a plain answer' }],
        finishes: [{ choice: 0, reason: 'stop', native: 'stop' }],
        natives: [],
      },
    }
  }
  function startInstance(name: string): Instance {
    const tell = (alert: DriftAlert) => void told.push(alert)
    const watch = new DriftWatch({
      store,
      clock,
      newId,
      tell,
      ask,
      embed: async () => [],
      grading: { regex: createRegexRunner(), schemas: createSchemaGrader() },
    })
    const onError = (cause: unknown) => void faults.push(cause)
    const schedules = createSchedules({
      store,
      shelf: watch.shelf,
      clock,
      org,
      onFault: (_set, cause) => onError(cause),
    })
    const parts = { watch, schedules, store, clock, org, newId, tell, onError }
    const scheduler = new Scheduler({ ...parts, instance: name, retentionDays: () => 100 })
    schedulers.push(scheduler)
    const configure = (...sets: readonly Kept[]): Promise<void> => {
      schedules.configure(sets)
      scheduler.lookSoon()
      return scheduler.tick()
    }
    return { watch, schedules, scheduler, configure }
  }
  return { clock, store, told, faults, state, startInstance }
}

const setText = (more: Record<string, unknown> = {}): string =>
  JSON.stringify({
    name: 'hourly',
    target: 'openai/m',
    samples: 2,
    schedule: '0 * * * *',
    jitterSeconds: 0,
    prompts: Array.from({ length: 10 }, (_, at) => ({ id: `p${at}`, prompt: `Question ${at}?` })),
    ...more,
  })

export const keep = ({ watch }: Instance, more?: Record<string, unknown>) =>
  watch.shelf.keep(org, { file: 'golden.yaml', files: { 'golden.yaml': setText(more) } })

export const runsOf = (store: DriftStore): Promise<readonly Run[]> =>
  store.runs(org, { set: 'hourly', limit: 100 })

export const ended = (store: DriftStore, count: number) =>
  until(
    `${count} ended runs`,
    async () => {
      const runs = await store.runs(org, { set: 'hourly', isEnded: true, limit: 100 })
      return runs.length >= count ? runs : undefined
    },
    30_000,
  )
