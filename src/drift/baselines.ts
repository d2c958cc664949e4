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

const maxRuns = 200

export class Baselines {
  readonly #store: DriftStore
  readonly #clock: Clock

  constructor(store: DriftStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** The baseline that fits the set. `begin`: a set without one, or changed since, gets a new one. */
  async fitting(org: string, set: GoldenSet, begin: boolean): Promise<Baseline | undefined> {
    const known = await this.#store.baseline(org, set.name)
    if (known?.digest === set.digest) return known
    if (!begin) return undefined
    const added = await this.#store.addBaseline(this.#empty(org, set), known?.number ?? 0)
    return added ?? this.fitting(org, set, false)
  }

  /** Those with data, oldest first. */
  async runs(org: string, { set, number, runIds }: Baseline): Promise<readonly Run[]> {
    const store = this.#store
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
  }

  /** The kept answers of runs, in their order; read as they are asked for. */
  async *samples(org: string, set: GoldenSet, runs: readonly Run[]): AsyncIterable<RunSamples> {
    for (const { id: runId, startedAtMs, expectedRows } of runs) {
      const kept = await this.#store.samples(org, runId)
      const samples = set.cases.map((golden) => kept.get(golden.id) ?? [])
      yield { runId, startedAtMs, expectedRows, samples }
    }
  }

  /** Begins the next baseline, and resolves the alarms of the set. Throws `invalid_request` after a race. */
  async accept(org: string, set: GoldenSet, { by, reason, lastRuns }: Acceptance): Promise<Baseline> {
    const known = await this.#store.baseline(org, set.name)
    const taken = await this.#lastRuns(org, set, known, lastRuns)
    const next = { ...this.#empty(org, set), acceptedBy: by, reason, runIds: taken.map(({ id }) => id) }
    const added = await this.#store.addBaseline(next, known?.number ?? 0)
    if (added === undefined) {
      const message = `Somebody else has just accepted a baseline of ${set.name}.`
      throw new GatewayError('invalid_request', message)
    }
    await this.#resolveAlarms(org, set.name, by)
    return added
  }

  #empty(org: string, set: GoldenSet) {
    return {
      org,
      set: set.name,
      digest: set.digest,
      wantedRuns: set.baselineRuns,
      createdAtMs: this.#clock.nowMs(),
      runIds: [] as readonly string[],
    }
  }

  /** The last runs with data that were held against the newest baseline, if it fits the set. */
  async #lastRuns(org: string, set: GoldenSet, known: Baseline | undefined, count: number) {
    if (known?.digest !== set.digest) return []
    const runs = await this.#store.runs(org, {
      set: set.name,
      baseline: known.number,
      kinds: ['watch', 'confirm'],
      isEnded: true,
      limit: maxRuns,
    })
    return runs.filter(({ verdict }) => verdict !== 'no-data').slice(0, count)
  }

  async #resolveAlarms(org: string, set: string, by: string): Promise<void> {
    for (const alarm of await this.#store.alarms(org, set)) {
      if (alarm.state === 'resolved') continue
      await this.#store.putAlarm({
        ...alarm,
        state: 'resolved',
        changedAtMs: this.#clock.nowMs(),
        changedBy: by,
      })
    }
  }
}
