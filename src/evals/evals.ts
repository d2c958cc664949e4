/** The runs of this process: started, resumed, watched, stopped; and what is stored of all others. */

import { setImmediate } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { GatewayError } from '../core/error.ts'
import { createSchemaGrader } from '../judgement/assertions/json-schemas.ts'
import { createRegexRunner } from '../judgement/assertions/regex.ts'
import { oddsInBackground } from './background-odds.ts'
import { digestOf, type RunDigest } from './digest.ts'
import { Execution, type ExecutionParts } from './execution.ts'
import type { PlannedOdds } from './odds.ts'
import type { EvalParts } from './parts.ts'
import { type KnownSuite, knownSuites } from './past-suites.ts'
import { planRun, type RunPlan } from './plan.ts'
import type { RunAccount, RunLease, StoredRun, TargetVerdict } from './port.ts'
import type { CaseRow } from './row.ts'
import { rowPages, withoutDetails } from './row-pages.ts'
import { packPrefix, prepare, type Prepared, runPrefix, type RunSettings } from './run-settings.ts'
import { type CaseAnswers, RunCases, type RunOutcomes } from './run-cases.ts'
import type { Progress, Runner } from './runner.ts'

export interface RunView extends StoredRun {
  /** Of a run of this process. */
  readonly progress?: Progress
  /** Of a run that has a report. */
  readonly digest?: RunDigest
}

type Launch = Pick<ExecutionParts, 'run' | 'settings' | 'prepared' | 'account'>

interface LiveRun {
  runner: Runner
  readonly controller: AbortController
  readonly ended: Promise<void>
}

/** An instance that is lost loses its runs after this time; then they can be resumed elsewhere. */
const leaseMs = 30_000
const renewMs = 10_000
const dayMs = 86_400_000
/** Looked through for suites that may be run again. */
const maxPastRuns = 200
/** Deleted at once: a few milliseconds' worth. */
const rowsPerStep = 200

export class Evals {
  readonly #parts: EvalParts
  readonly #live = new Map<string, LiveRun>()
  readonly #regex = createRegexRunner()
  readonly #schemas = createSchemaGrader()
  readonly #digests = new LRUCache<string, RunDigest>({ max: 1_000 })
  readonly #cases: RunCases

  constructor(parts: EvalParts) {
    this.#parts = parts
    this.#cases = new RunCases(parts.store)
  }

  /** Starts a run, which goes on after the answer. Throws SuiteError, or `invalid_request` where nothing can run. */
  async start(org: string, given: RunSettings, account: RunAccount): Promise<RunView> {
    const settings = await this.#completed(org, given)
    const prepared = await prepareFor(account, settings)
    const { store, clock, newRunId } = this.#parts
    const run: StoredRun = {
      org,
      id: newRunId(),
      name: prepared.suite.name,
      suiteHash: prepared.suite.hash,
      status: 'running',
      createdAtMs: clock.nowMs(),
      settings: JSON.stringify(settings),
      lease: this.#newLease(),
    }
    await store.addRun(run)
    void this.#forgetRows(run.id)
    this.#launch({ run, settings, prepared, account }, [])
    return this.#view(run)
  }

  /** Says what a run would ask and what its gate could tell, and asks nothing. Throws as `start` does. */
  async plan(
    org: string,
    given: RunSettings,
    account: RunAccount,
  ): Promise<RunPlan & { odds?: readonly PlannedOdds[] }> {
    const prepared = await prepareFor(account, await this.#completed(org, given))
    const plan = await planRun(prepared, this.#parts.estimate)
    const { clusters: cases, repeats, gate } = plan
    if (!gate) return plan
    const { seed } = prepared.suite
    const odds = await oddsInBackground({ plan: { ...gate, cases, repeats: repeats.least }, seed })
    return { ...plan, odds }
  }

  /** The suites that `start` takes by name, those that ran last first. */
  async suites(org: string): Promise<readonly KnownSuite[]> {
    return knownSuites((await this.#parts.store.runs(org, { limit: maxPastRuns })).data)
  }

  /** Goes on with a run: only what is missing is asked, and with `retryErrors` what was lost to faults. */
  async resume(org: string, id: string, retryErrors: boolean, account: RunAccount): Promise<RunView> {
    const { store } = this.#parts
    const run = await this.#stored(org, id)
    const settings = JSON.parse(run.settings) as RunSettings
    const prepared = await prepareFor(account, settings)
    const rows = (await Array.fromAsync(rowPages(store, org, id, withoutDetails))).flat()
    const isLed = await store.lead(org, id, this.#newLease(), this.#parts.clock.nowMs())
    if (isLed) await store.changeRun(org, id, { status: 'running' })
    // Looked at last: of two callers at once one must not pay for the run a second time.
    if (!isLed || this.#live.has(id)) throw new GatewayError('invalid_request', 'This run is still running.')
    this.#launch(
      { run, settings, prepared, account },
      retryErrors ? rows.filter(({ status }) => status === 'graded') : rows,
    )
    return this.#view({ ...run, status: 'running' })
  }

  async get(org: string, id: string): Promise<RunView> {
    const live = new Set(this.#live.keys())
    return this.#viewOf(await this.#stored(org, id), live)
  }

  async list(org: string, page: { readonly limit: number; readonly cursor?: string }) {
    const live = new Set(this.#live.keys())
    const { data, ...rest } = await this.#parts.store.runs(org, page)
    return { data: await Promise.all(data.map((run) => this.#viewOf(run, live))), ...rest }
  }

  /**
   * `liveBefore`: the runs of this process when the reading began. One that has ended since is read again: what was
   * read still says that it runs, and nobody here runs it.
   */
  async #viewOf(run: StoredRun, liveBefore: ReadonlySet<string>): Promise<RunView> {
    const hasEnded = run.status === 'running' && liveBefore.has(run.id) && !this.#live.has(run.id)
    return hasEnded ? this.get(run.org, run.id) : this.#view(run)
  }

  /** What the newest gate said of the target, a revision of a route as `route@number`; undefined where none has. */
  verdict(org: string, target: string): Promise<TargetVerdict | undefined> {
    return this.#parts.store.newestVerdict(org, target)
  }

  /** Every case with its outcomes. */
  async outcomes(org: string, id: string): Promise<RunOutcomes> {
    const { digest, ...run } = await this.get(org, id)
    return this.#cases.outcomes(
      run,
      digest?.arms.map(({ label }) => label),
    )
  }

  /** What one case asks and how it was answered. Throws `not_found`. */
  async caseOf(org: string, id: string, caseId: string): Promise<CaseAnswers> {
    return this.#cases.one(await this.#stored(org, id), caseId)
  }

  async rows(org: string, id: string, page: { readonly limit: number; readonly cursor?: string }) {
    await this.#stored(org, id)
    return this.#parts.store.rows(org, id, page)
  }

  /** Stops a run of this process; what has finished is kept, and it can be resumed. */
  async stop(org: string, id: string): Promise<RunView> {
    const run = await this.#stored(org, id)
    const live = this.#live.get(id)
    live?.controller.abort()
    await live?.ended
    return this.#view(await this.#stored(org, run.id))
  }

  async close(): Promise<void> {
    const live = [...this.#live.values()]
    for (const { controller } of live) controller.abort()
    await Promise.all(live.map(({ ended }) => ended))
    await this.#schemas.close()
  }

  /** With the files of the run that it names, and what a pack has to fit into. */
  async #completed(org: string, given: RunSettings): Promise<RunSettings> {
    if (!given.entry.startsWith(runPrefix)) return this.#withWindow(given)
    const run = await this.#stored(org, given.entry.slice(runPrefix.length))
    const { entry, files } = JSON.parse(run.settings) as RunSettings
    return this.#withWindow({ ...given, entry, files })
  }

  /** A pack is cut to the smallest window of the models that are asked; a resumed run keeps to it. */
  async #withWindow(settings: RunSettings): Promise<RunSettings> {
    if (!settings.entry.startsWith(packPrefix)) return settings
    const { candidate, baseline } = settings.overrides
    const named = [candidate, baseline].filter((target) => target !== undefined)
    const windows = await Promise.all(named.map((target) => this.#parts.windowOf(target)))
    const windowTokens = Math.min(...windows.filter((window) => window !== undefined))
    return Number.isFinite(windowTokens) ? { ...settings, windowTokens } : settings
  }

  async #stored(org: string, id: string): Promise<StoredRun> {
    const run = await this.#parts.store.run(org, id)
    if (run === undefined) throw new GatewayError('not_found', 'There is no such run.')
    return run
  }

  /** A run that is stored as running, and that nobody leads, was interrupted. */
  #view(run: StoredRun): RunView {
    const live = this.#live.get(run.id)
    if (live) return { ...run, progress: live.runner.progress }
    if (run.status !== 'running') return { ...run, ...this.#digested(run) }
    const { instance, clock } = this.#parts
    const { holder, untilMs = 0 } = run.lease ?? {}
    const isElsewhere = holder !== undefined && holder !== instance && untilMs > clock.nowMs()
    return isElsewhere ? run : { ...run, status: 'interrupted' }
  }

  /** A report is read once: lists come again and again. */
  #digested({ id, endedAtMs, report }: StoredRun): { digest?: RunDigest } {
    if (report === undefined) return {}
    const key = `${id} ${endedAtMs ?? 0}`
    const digest = this.#digests.get(key) ?? digestOf(report)
    this.#digests.set(key, digest)
    return { digest }
  }

  #newLease(): RunLease {
    const { instance, clock } = this.#parts
    return { holder: instance, untilMs: clock.nowMs() + leaseMs }
  }

  /** While it runs; a run that another instance has taken over ends here. */
  #holdLease({ org, id }: StoredRun, controller: AbortController): NodeJS.Timeout {
    const { store, clock, onError } = this.#parts
    const prolong = async () => {
      if (!(await store.lead(org, id, this.#newLease(), clock.nowMs()))) controller.abort()
    }
    return setInterval(() => void prolong().catch((cause: unknown) => onError(cause, id)), renewMs).unref()
  }

  async #release({ org, id }: StoredRun): Promise<void> {
    const { store, instance, onError } = this.#parts
    await store.release(org, id, instance).catch((cause: unknown) => onError(cause, id))
  }

  /** Of runs that are older than the retention the answers go; their reports and verdicts stay. */
  async #forgetRows(runId: string): Promise<void> {
    const { store, clock, retentionDays, onError } = this.#parts
    try {
      const beforeMs = clock.nowMs() - retentionDays() * dayMs
      while ((await store.pruneRows(beforeMs, rowsPerStep)) > 0) await setImmediate()
    } catch (cause) {
      onError(cause, runId)
    }
  }

  #launch(what: Launch, finished: readonly CaseRow[]): void {
    const { run, prepared } = what
    const controller = new AbortController()
    const execution = new Execution({
      ...what,
      controller,
      parts: this.#parts,
      graders: this.#shared,
    })
    const first = execution.runnerOf(prepared.attempts, finished)
    const prolonging = this.#holdLease(run, controller)
    const ended = execution
      .run(first, finished, (runner) => {
        const live = this.#live.get(run.id)
        if (live) live.runner = runner
      })
      .catch((cause: unknown) => this.#parts.onError(cause, run.id))
      .then(() => {
        clearInterval(prolonging)
        this.#live.delete(run.id)
        return this.#release(run)
      })
    this.#live.set(run.id, { runner: first, controller, ended })
  }

  get #shared() {
    const { post } = this.#parts
    return { regex: this.#regex, schemas: this.#schemas, ...(post && { post }) }
  }
}

/** What cannot be asked is told before the other arm is paid for. */
async function prepareFor(account: RunAccount, settings: RunSettings): Promise<Prepared> {
  const prepared = await prepare(settings)
  const { judge, embedder } = prepared.suite
  const asked = [...prepared.arms.map(({ target }) => target), ...(judge?.targets ?? []), embedder ?? []]
  for (const target of asked.flat()) account.checkTarget(target)
  return prepared
}
