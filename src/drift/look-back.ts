/** What the last runs of a set leave to be done: runs that were cut off, and changes that want a fresh run. */

import type { GoldenSet } from './golden.ts'
import { endWithoutData, type MissParts } from './missed.ts'
import type { Run } from './port.ts'
import type { Reason } from './verdict.ts'

/** A first alarm is held against a fresh run, this much later: the cause may be over by then. */
const confirmAfterMs = 10 * 60_000
/** A run that nobody has ended for so long was cut off. */
const cutOffAfterMs = 6 * 3_600_000
/** Runs because of a new model or build: at most one in this time, as some providers change builds daily. */
const eventEveryMs = 6 * 3_600_000
/** So many of the newest runs are looked at. */
const maxRuns = 20

export interface LookedBack {
  readonly newestSlotMs: number | undefined
  /** Outside of the schedule. */
  readonly wantsRun: boolean
}

export async function lookBack(set: GoldenSet, nowMs: number, parts: MissParts): Promise<LookedBack> {
  const runs = await parts.store.runs(parts.org, { set: set.name, limit: maxRuns })
  for (const run of runs) {
    if (run.endedAtMs === undefined && nowMs - run.startedAtMs > cutOffAfterMs) {
      await endWithoutData(run, 'the run was cut off', parts)
    }
  }
  const slots = runs.flatMap(({ slotMs }) => slotMs ?? [])
  return {
    newestSlotMs: slots.length === 0 ? undefined : Math.max(...slots),
    wantsRun: isUnconfirmed(runs, nowMs) || hasNewModel(runs, nowMs),
  }
}

function isUnconfirmed([last]: readonly Run[], nowMs: number): boolean {
  return last?.verdict === 'drift' && last.kind === 'watch' && isDue(last, nowMs)
}

const isDue = ({ endedAtMs }: Run, nowMs: number): boolean =>
  endedAtMs !== undefined && nowMs - endedAtMs >= confirmAfterMs

const events: readonly Reason['code'][] = ['model_changed', 'build_changed']

/** The last run reports what none before it has, and no other run has been started for such a reason lately. */
function hasNewModel([last, ...earlier]: readonly Run[], nowMs: number): boolean {
  if (last?.kind !== 'watch' || !isDue(last, nowMs)) return false
  const told = new Set(earlier.flatMap(eventsOf))
  const isNew = eventsOf(last).some((event) => !told.has(event))
  return (
    isNew &&
    !earlier.some(({ kind, startedAtMs }) => kind === 'confirm' && nowMs - startedAtMs < eventEveryMs)
  )
}

/** In words, which name the model or the build. */
function eventsOf({ judgement }: Run): string[] {
  return (judgement?.reasons ?? []).filter(({ code }) => events.includes(code)).map(({ text }) => text)
}
