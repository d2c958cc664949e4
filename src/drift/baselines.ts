/** Baselines: which one fits a set, which runs it has, and how a person begins the next. */

import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { GoldenSet } from './golden.ts'
import type { Baseline, DriftStore, Run } from './port.ts'
import type { RunSamples } from './tabulate.ts'

export interface Acceptance {
  readonly by: string
  readonly reason: string
  /** So many of the last runs are its first ones. */
  readonly lastRuns: number
}

export interface Baselines {
  /** The baseline that fits the set. `begin`: a set without one, or changed since, gets a new one. */
  fitting(org: string, set: GoldenSet, begin: boolean): Promise<Baseline | undefined>
  /** Those with data, oldest first. */
  runs(org: string, baseline: Baseline): Promise<readonly Run[]>
  /** The kept answers of runs, in their order; read as they are asked for. */
  samples(org: string, set: GoldenSet, runs: readonly Run[]): AsyncIterable<RunSamples>
  /** Begins the next baseline, and resolves the alarms of the set. Throws `invalid_request` after a race. */
  accept(org: string, set: GoldenSet, acceptance: Acceptance): Promise<Baseline>
}

const maxRuns = 200

export function createBaselines(store: DriftStore, clock: Clock): Baselines {
  const plain = (org: string, set: GoldenSet) => ({
    org,
    set: set.name,
    digest: set.digest,
    wantedRuns: set.baselineRuns,
    createdAtMs: clock.nowMs(),
    runIds: [] as readonly string[],
  })

  async function fitting(org: string, set: GoldenSet, begin: boolean): Promise<Baseline | undefined> {
    const known = await store.baseline(org, set.name)
    if (known?.digest === set.digest) return known
    if (!begin) return undefined
    return (await store.addBaseline(plain(org, set), known?.number ?? 0)) ?? fitting(org, set, false)
  }

  /** The last runs with data that were held against the newest baseline, if it fits the set. */
  async function lastRuns(org: string, set: GoldenSet, known: Baseline | undefined, count: number) {
    if (known?.digest !== set.digest) return []
    const runs = await store.runs(org, {
      set: set.name,
      baseline: known.number,
      kinds: ['watch', 'confirm'],
      isEnded: true,
      limit: maxRuns,
    })
    return runs.filter(({ verdict }) => verdict !== 'no-data').slice(0, count)
  }

  async function resolveAlarms(org: string, set: string, by: string): Promise<void> {
    for (const alarm of await store.alarms(org, set)) {
      if (alarm.state === 'resolved') continue
      await store.putAlarm({ ...alarm, state: 'resolved', changedAtMs: clock.nowMs(), changedBy: by })
    }
  }

  return {
    fitting,
    async runs(org, { set, number, runIds }) {
      const accepted = runIds.length === 0 ? [] : await store.runs(org, { ids: runIds, limit: runIds.length })
      const recorded = await store.runs(org, {
        set,
        baseline: number,
        kinds: ['baseline'],
        isEnded: true,
        limit: maxRuns,
      })
      return [...accepted, ...recorded]
        .filter(({ verdict }) => verdict !== 'no-data')
        .toSorted((a, b) => a.startedAtMs - b.startedAtMs)
    },
    async *samples(org, set, runs) {
      for (const { id: runId, startedAtMs, expectedRows } of runs) {
        const kept = await store.samples(org, runId)
        const samples = set.cases.map((golden) => kept.get(golden.id) ?? [])
        yield { runId, startedAtMs, expectedRows, samples }
      }
    },
    async accept(org, set, acceptance) {
      const known = await store.baseline(org, set.name)
      const taken = await lastRuns(org, set, known, acceptance.lastRuns)
      const next = {
        ...plain(org, set),
        acceptedBy: acceptance.by,
        reason: acceptance.reason,
        runIds: taken.map(({ id }) => id),
      }
      const added = await store.addBaseline(next, known?.number ?? 0)
      if (added === undefined) {
        const message = `Somebody else has just accepted a baseline of ${set.name}.`
        throw new GatewayError('invalid_request', message)
      }
      await resolveAlarms(org, set.name, acceptance.by)
      return added
    },
  }
}
