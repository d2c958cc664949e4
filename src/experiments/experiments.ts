/** The experiments of all routes: what their units come to, when one has to stop, and what becomes of a winner. */

import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { Assignment, RequestRecord } from '../records/record.ts'
import { type Analysis, analyseExperiment, newVariances } from './analysis.ts'
import { OutcomeShelf, outcomesOf } from './outcomes.ts'
import type { ExperimentKey, ExperimentStore, Look, Metric, Outcome, Plan, StoredExperiment } from './port.ts'

/** An experiment of the routes in force. */
export interface LiveExperiment extends ExperimentKey {
  readonly plan: Plan
  readonly onWinner: 'suggest' | 'promote'
}

/** What an operator wants to hear of an experiment. */
export interface ExperimentNews extends ExperimentKey {
  readonly kind: 'stopped' | 'winner' | 'promoted'
  readonly text: string
}

export interface ExperimentsParts {
  readonly store: ExperimentStore
  readonly clock: Clock
  readonly live: () => readonly LiveExperiment[]
  /** Of all attempts; undefined where a price is not known. */
  readonly costOf: (record: RequestRecord) => number | undefined
  /** Makes the arm a revision of the route, and moves the route there as any mover would. */
  readonly promote: (
    experiment: ExperimentKey,
    arm: string,
    mover: { readonly actor: string; readonly reason: string },
  ) => Promise<Promoted>
  /** The arms in force have changed. */
  readonly onChange: () => void
  readonly tell: (news: ExperimentNews) => void
  readonly onError: (cause: unknown) => void
}

export interface Promoted {
  readonly revision: number
  /** It waits for a gate that has passed it. */
  readonly waits: boolean
}

export interface ExperimentView {
  readonly stored: StoredExperiment
  /** Absent where the routes in force have it no more. */
  readonly live?: LiveExperiment
  readonly plan: Plan
  readonly analysis: Analysis
  /** By their units. */
  readonly looks: readonly Look[]
}

const tickMs = 2_000
/** By how much the units have grown from one look that is kept to the next. */
const lookGrowth = 1.04
/** Of one transaction: others wait for it. */
const unitsPerWrite = 100

export class Experiments {
  readonly #parts: ExperimentsParts
  readonly #shelves = new Map<string, { readonly key: ExperimentKey; readonly shelf: OutcomeShelf }>()
  #stored = new Map<string, StoredExperiment>()
  /** With how many units each was last noted. */
  readonly #lookedAt = new Map<string, number>()
  /** Winners that a person has been told of. */
  readonly #told = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #ticking: Promise<void> | undefined

  constructor(parts: ExperimentsParts) {
    this.#parts = parts
  }

  /** Reads where each stands. Rejects where the store cannot be read. */
  async open(): Promise<void> {
    await this.#read()
  }

  start(): void {
    this.#timer = setInterval(() => void this.tick(), tickMs).unref()
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#ticking
    await this.#flush().catch(this.#parts.onError)
  }

  readonly isEnded = (route: string, name: string): boolean =>
    this.#stored.get(keyText({ org: defaultOrg, route, name }))?.state === 'ended'

  /** Takes a finished request into account: no I/O, constant time. */
  observe(record: RequestRecord): void {
    const { experiment, route, org } = record
    if (experiment === undefined || route === undefined) return
    this.#add(
      { org, route, name: experiment.name },
      experiment,
      outcomesOf(record, this.#parts.costOf(record)),
    )
  }

  /** Takes what came to be known of a request later. */
  addOutcome(
    { org, route }: Pick<ExperimentKey, 'org' | 'route'>,
    assignment: Assignment,
    metric: Metric,
    outcome: Outcome,
  ): void {
    this.#add({ org, route, name: assignment.name }, assignment, new Map([[metric, outcome]]))
  }

  /** Stores what waits, follows what other instances have done, and acts on what the moments say. Never rejects. */
  async tick(): Promise<void> {
    this.#ticking ??= this.#tick()
      .catch(this.#parts.onError)
      .finally(() => (this.#ticking = undefined))
    await this.#ticking
  }

  /** Newest first. */
  async list(org: string): Promise<readonly ExperimentView[]> {
    await this.#settle()
    const all = [...this.#stored.values()].filter((stored) => stored.org === org)
    return Promise.all(all.map((stored) => this.#view(stored)))
  }

  /** The newest experiment of a route. Throws `not_found`. */
  async get(org: string, route: string): Promise<ExperimentView> {
    await this.#settle()
    return this.#view(this.#newest(org, route))
  }

  /** All its callers get the control from now on. Throws `conflict` where it has ended. */
  async stop(org: string, route: string, reason: string): Promise<ExperimentView> {
    await this.#settle()
    const stored = this.#running(org, route)
    await this.#end(stored, { reason })
    return this.get(org, route)
  }

  /** Makes an arm, the winner unless one is named, a revision of the route, and ends the experiment. */
  async promote(
    org: string,
    route: string,
    { arm, actor, reason }: { readonly arm?: string; readonly actor: string; readonly reason: string },
  ): Promise<ExperimentView & { readonly promoted: Promoted }> {
    await this.#settle()
    const stored = this.#running(org, route)
    const { live, analysis } = await this.#view(stored)
    const chosen = arm ?? analysis.winner
    if (chosen === undefined) {
      throw new GatewayError('conflict', 'The experiment has no winner yet: name an arm.', { param: 'arm' })
    }
    if (!live?.plan.arms.some(({ name }) => name === chosen)) {
      throw new GatewayError('invalid_request', `The experiment has no arm ${chosen}.`, { param: 'arm' })
    }
    const promoted = await this.#parts.promote(stored, chosen, { actor, reason })
    await this.#end(stored, { reason, winner: chosen, revision: promoted.revision })
    return { ...(await this.get(org, route)), promoted }
  }

  /**
   * Deletes what is kept of units, and tells how many there were: `hash` gives what an experiment knows one by. What they
   * have come to stays in the sums.
   */
  async forget(
    org: string,
    units: readonly string[],
    hash: (name: string, unit: string) => string,
  ): Promise<number> {
    await this.#settle()
    let forgotten = 0
    for (const stored of [...this.#stored.values()].filter((each) => each.org === org)) {
      const hashes = units.map((unit) => hash(stored.name, unit))
      forgotten += await this.#parts.store.forgetUnits(stored, hashes)
    }
    return forgotten
  }

  #add(key: ExperimentKey, { unit, arm }: Assignment, outcomes: ReadonlyMap<Metric, Outcome>): void {
    if (this.isEnded(key.route, key.name)) return
    const text = keyText(key)
    let known = this.#shelves.get(text)
    if (!known) this.#shelves.set(text, (known = { key, shelf: new OutcomeShelf() }))
    known.shelf.add(unit, arm, outcomes)
  }

  async #settle(): Promise<void> {
    await this.tick()
  }

  async #tick(): Promise<void> {
    const live = this.#parts.live()
    if (live.length === 0 && this.#shelves.size === 0) return
    await this.#flush()
    await this.#read()
    for (const experiment of live) await this.#look(experiment)
  }

  async #flush(): Promise<void> {
    for (const [text, { key, shelf }] of this.#shelves) {
      const live = this.#liveOf(key)
      while (!shelf.isEmpty) {
        const units = shelf.take(unitsPerWrite)
        // The arms may have gone from the configuration since: then nobody asks any more.
        if (!live) continue
        try {
          await this.#parts.store.add(key, units, sharesOf(live.plan))
        } catch (cause) {
          shelf.putBack(units)
          throw cause
        }
      }
      this.#shelves.delete(text)
    }
  }

  async #read(): Promise<void> {
    const before = this.#stored
    const all = await this.#parts.store.all()
    this.#stored = new Map(all.map((stored) => [keyText(stored), stored]))
    const isChanged = all.some((stored) => before.get(keyText(stored))?.state !== stored.state)
    if (isChanged) this.#parts.onChange()
  }

  async #look(live: LiveExperiment): Promise<void> {
    const { store, clock, tell } = this.#parts
    const stored = this.#stored.get(keyText(live))
    if (stored?.state === 'ended') return
    if (!stored) {
      const startedAtMs = clock.nowMs()
      const { plan } = live
      await store.open({ ...keyOf(live), state: 'running', plan, startedAtMs, variances: {}, version: 1 })
      return this.#read()
    }
    const found = await store.moments(live)
    const added = newVariances(live.plan, found, stored.variances)
    if (Object.keys(added).length > 0) {
      // Another instance may be faster: then its variances hold.
      const variances = { ...stored.variances, ...added }
      await store.change({ ...stored, variances, version: stored.version + 1 })
      return this.#read()
    }
    const analysis = analyseExperiment(live.plan, found, stored.variances)
    await this.#noteLook(live, analysis)
    const { fault, winner } = analysis
    if (fault !== undefined) {
      if (await this.#end(stored, { reason: fault })) tell({ ...keyOf(live), kind: 'stopped', text: fault })
    } else if (winner !== undefined) await this.#onWinner(live, stored, winner)
  }

  /** Keeps what can be drawn over the units: a look each time that there are some more of them. */
  async #noteLook(key: ExperimentKey, { arms }: Analysis): Promise<void> {
    const { store, clock } = this.#parts
    const differences = arms.flatMap(({ name, differences: all }) =>
      all
        .filter(({ role }) => role !== 'shown')
        .map(({ metric, difference, lower, upper }) => ({ arm: name, metric, difference, lower, upper })),
    )
    if (differences.length === 0) return
    const units = arms.reduce((sum, arm) => sum + arm.units, 0)
    const text = keyText(key)
    const last = this.#lookedAt.get(text) ?? (await store.looks(key)).at(-1)?.units ?? 0
    const isDue = units >= last * lookGrowth
    this.#lookedAt.set(text, isDue ? units : last)
    if (isDue) await store.addLook(key, { units, atMs: clock.nowMs(), differences })
  }

  async #onWinner(live: LiveExperiment, stored: StoredExperiment, winner: string): Promise<void> {
    const { promote, tell } = this.#parts
    const text = `the arm ${winner} is better by ${live.plan.metric}`
    const told = `${keyText(live)}\n${winner}`
    if (live.onWinner === 'promote') {
      // Whoever ends it promotes: of several instances one.
      if (!(await this.#end(stored, { reason: text, winner }))) return
      const { revision, waits } = await promote(live, winner, { actor: 'experiment', reason: text })
      await this.#noteRevision(live, revision)
      const rest = waits ? `revision ${revision} waits for its gate` : `revision ${revision} is live`
      tell({ ...keyOf(live), kind: 'promoted', text: `${text}; ${rest}` })
    } else if (!this.#told.has(told)) {
      this.#told.add(told)
      tell({ ...keyOf(live), kind: 'winner', text })
    }
  }

  async #noteRevision(key: ExperimentKey, revision: number): Promise<void> {
    const stored = this.#stored.get(keyText(key))
    if (stored) await this.#parts.store.change({ ...stored, revision, version: stored.version + 1 })
    await this.#read()
  }

  /** False where another instance was faster. */
  async #end(
    stored: StoredExperiment,
    how: Pick<StoredExperiment, 'reason' | 'winner' | 'revision'>,
  ): Promise<boolean> {
    const { store, clock } = this.#parts
    const endedAtMs = clock.nowMs()
    const plan = this.#liveOf(stored)?.plan ?? stored.plan
    const ended = { ...stored, ...how, plan, state: 'ended', endedAtMs, version: stored.version + 1 } as const
    const isFirst = await store.change(ended)
    await this.#read()
    if (isFirst) await store.forgetUnits(stored)
    return isFirst
  }

  async #view(stored: StoredExperiment): Promise<ExperimentView> {
    const live = stored.state === 'running' ? this.#liveOf(stored) : undefined
    const plan = live?.plan ?? stored.plan
    const [found, looks] = await Promise.all([
      this.#parts.store.moments(stored),
      this.#parts.store.looks(stored),
    ])
    const analysis = analyseExperiment(plan, found, stored.variances)
    return { stored, plan, analysis, looks, ...(live && { live }) }
  }

  #liveOf(key: ExperimentKey): LiveExperiment | undefined {
    return this.#parts.live().find((live) => keyText(live) === keyText(key))
  }

  #newest(org: string, route: string): StoredExperiment {
    const named = this.#parts.live().find((live) => live.org === org && live.route === route)
    const found =
      (named && this.#stored.get(keyText(named))) ??
      [...this.#stored.values()].find((stored) => stored.org === org && stored.route === route)
    if (found) return found
    throw new GatewayError('not_found', `The route ${route} has no experiment.`)
  }

  #running(org: string, route: string): StoredExperiment {
    const stored = this.#newest(org, route)
    if (stored.state === 'running') return stored
    throw new GatewayError('conflict', `The experiment ${stored.name} has ended: ${stored.reason ?? ''}`)
  }
}

const defaultOrg = 'default'

function keyOf({ org, route, name }: ExperimentKey): ExperimentKey {
  return { org, route, name }
}

function keyText({ org, route, name }: ExperimentKey): string {
  return JSON.stringify([org, route, name])
}

function sharesOf({ arms }: Plan): ReadonlyMap<string, number> {
  const total = arms.reduce((sum, { weight }) => sum + weight, 0)
  return new Map(arms.map(({ name, weight }) => [name, weight / total]))
}
