/** Runs golden sets, judges the runs against their baseline, and tells people and routes what came of it. */

import { createHash } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { Json } from '../core/json.ts'
import { createRandom } from '../judgement/statistics/random.ts'
import type { Sentiment } from '../judgement/sentiment.ts'
import { canonicalJson } from '../judgement/suite/case-id.ts'
import { collect, type Collected } from './collect.ts'
import { type GoldenFiles, type GoldenSet, isGoldenFiles, openGoldenSet } from './golden.ts'
import type { Baseline, ConfirmedDrift, DriftStore, GoldenVersion, Run, RunKind, TellAlert } from './port.ts'
import { panelOf, type PanelParts } from './panel.ts'
import { readSample, type Sample, readingVersion } from './sample.ts'
import { hasData } from './run-table.ts'
import { type RunSamples, tabulate } from './tabulate.ts'
import { type EarlierRun, type Judgement, judgeRun, type MetricResult } from './verdict.ts'

export interface WatchParts extends PanelParts {
  /** Gives the lexicon; it is loaded with the first run. */
  readonly sentiment: () => Promise<Sentiment>
  readonly store: DriftStore
  readonly clock: Clock
  readonly newId: () => string
  readonly tell: TellAlert
  /** Moves a route, or proposes to, and gives what was done in words. Absent: people are told, and that is all. */
  readonly onConfirmed?: (confirmed: ConfirmedDrift) => Promise<string>
}

export interface RunRequest {
  readonly org: string
  readonly kind: Exclude<RunKind, 'missed'>
  readonly slotMs?: number
  readonly onProgress?: (done: number, all: number) => void
  readonly signal?: AbortSignal
}

/** What came of a run, with the tables behind it. */
export interface RunOutcome {
  readonly run: Run
  readonly judgement: Judgement
}

/** So many earlier runs are looked at for the last one with data. */
const maxEarlier = 50
const maxBaselineRuns = 200
export interface DriftWatch {
  /** Keeps the set, as a new version where its text is new. Throws SuiteError. */
  keep(org: string, files: GoldenFiles): Promise<{ version: GoldenVersion; set: GoldenSet }>
  /** The newest kept version; throws `not_found`. */
  open(org: string, name: string): Promise<{ version: GoldenVersion; set: GoldenSet }>
  /** Runs a kept set once. Gives undefined where another instance has this slot. Throws GatewayError. */
  run(kept: { version: GoldenVersion; set: GoldenSet }, request: RunRequest): Promise<RunOutcome | undefined>
  /** Begins the next baseline, from runs that a person has found to be right. */
  accept(org: string, name: string, by: string, reason: string, lastRuns: number): Promise<Baseline>
  /** The kept answers behind a run and its baseline, as tables of one shape. */
  samplesOf(org: string, run: Run): Promise<{ set: GoldenSet; baseline: RunSamples[]; run: RunSamples }>
}

export function createWatch(parts: WatchParts): DriftWatch {
  const { store, clock, newId } = parts

  async function opened(version: GoldenVersion): Promise<{ version: GoldenVersion; set: GoldenSet }> {
    const { document, name } = version
    if (!isGoldenFiles(document)) throw new Error(`the kept golden set ${name} is not readable`)
    return { version, set: await openGoldenSet(document) }
  }

  async function keep(org: string, files: GoldenFiles) {
    const set = await openGoldenSet(files)
    const document: Json = { file: files.file, files: { ...files.files } }
    const version = await store.putGoldenSet({
      org,
      name: set.name,
      digest: set.digest,
      textDigest: createHash('sha256').update(canonicalJson(document)).digest('hex').slice(0, 32),
      createdAtMs: clock.nowMs(),
      document,
    })
    return { version, set }
  }

  async function open(org: string, name: string) {
    const version = await store.newestGoldenSet(org, name)
    if (version === undefined) throw new GatewayError('not_found', `There is no golden set ${name}.`)
    return opened(version)
  }

  /** The baseline that fits the set; `begin`: a set without one, or changed since, gets a new one. */
  async function baselineFor(org: string, set: GoldenSet, begin: boolean): Promise<Baseline | undefined> {
    const known = await store.baseline(org, set.name)
    if (known?.digest === set.digest) return known
    if (!begin) return undefined
    const next = {
      org,
      set: set.name,
      digest: set.digest,
      wantedRuns: set.baselineRuns,
      createdAtMs: clock.nowMs(),
      runIds: [],
    }
    return (await store.addBaseline(next, known?.number ?? 0)) ?? baselineFor(org, set, false)
  }

  /** Those with data, oldest first. */
  async function baselineRuns(org: string, { set, number, runIds }: Baseline): Promise<readonly Run[]> {
    const recorded = {
      set,
      baseline: number,
      kinds: ['baseline'],
      isEnded: true,
      limit: maxBaselineRuns,
    } as const
    const accepted = runIds.length === 0 ? [] : await store.runs(org, { ids: runIds, limit: runIds.length })
    return [...accepted, ...(await store.runs(org, recorded))]
      .filter(({ verdict }) => verdict !== 'no-data')
      .toSorted((a, b) => a.startedAtMs - b.startedAtMs)
  }

  async function loadRuns(org: string, set: GoldenSet, runs: readonly Run[]): Promise<RunSamples[]> {
    const sentiment = await parts.sentiment()
    const kept = await store.samples(
      org,
      runs.map(({ id }) => id),
    )
    return runs.map(({ id, startedAtMs, expectedRows }) => ({
      runId: id,
      startedAtMs,
      expectedRows,
      samples: set.cases.map((golden) =>
        (kept.get(id)?.get(golden.id) ?? []).map((sample) => readAgain(sample, sentiment)),
      ),
    }))
  }

  /** A text that an older version read is read by this one: readings of two versions are not compared. */
  function readAgain(sample: Sample, sentiment: Sentiment): Sample {
    if (sample.reading.version === readingVersion) return sample
    return { ...sample, reading: readSample(sample, sentiment) }
  }

  async function run(
    { version, set }: { version: GoldenVersion; set: GoldenSet },
    { org, kind, slotMs, onProgress, signal }: RunRequest,
  ): Promise<RunOutcome | undefined> {
    const baseline = await baselineFor(org, set, kind === 'baseline')
    const usable = baseline ? await baselineRuns(org, baseline) : []
    if (kind === 'baseline' && baseline && usable.length >= baseline.wantedRuns) {
      throw new GatewayError(
        'invalid_request',
        `Baseline ${baseline.number} of ${set.name} has its ${baseline.wantedRuns} runs; \`drift accept\` begins the next.`,
      )
    }
    const started: Run = {
      org,
      id: newId(),
      set: set.name,
      version: version.version,
      target: set.target,
      kind,
      startedAtMs: clock.nowMs(),
      expectedRows: set.cases.length * set.samples,
      validRows: 0,
      costNanoUsd: 0,
      ...(baseline && { baseline: baseline.number }),
      ...(slotMs !== undefined && { slotMs }),
    }
    if (!(await store.startRun(started))) return undefined
    const collected = await collect(
      set,
      { ask: parts.ask, sentiment: await parts.sentiment(), grading: panelOf(set, parts) },
      createRandom(started.id),
      onProgress,
      signal,
    )
    await keepSamples(org, started.id, set, collected)
    const samples: RunSamples = {
      runId: started.id,
      startedAtMs: started.startedAtMs,
      samples: collected.samples,
      expectedRows: started.expectedRows,
    }
    const judgement =
      kind === 'baseline'
        ? judgeBaselineRun(samples)
        : await judgeAgainst(org, set, baseline, usable, samples)
    const ended: Run = {
      ...started,
      endedAtMs: clock.nowMs(),
      verdict: judgement.verdict,
      validRows: collected.samples.flat().filter(({ error }) => error === undefined).length,
      costNanoUsd: collected.costNanoUsd,
      judgement: judgement as unknown as Json,
    }
    await store.endRun(ended)
    if (kind !== 'baseline') await conclude(ended, set, judgement)
    return { run: ended, judgement }
  }

  async function keepSamples(
    org: string,
    runId: string,
    set: GoldenSet,
    { samples }: Collected,
  ): Promise<void> {
    for (const [at, golden] of set.cases.entries()) {
      await store.putSamples(org, runId, golden.id, samples[at]!)
    }
  }

  async function judgeAgainst(
    org: string,
    set: GoldenSet,
    baseline: Baseline | undefined,
    usable: readonly Run[],
    run: RunSamples,
  ): Promise<Judgement> {
    const earlier =
      baseline === undefined
        ? []
        : await store.runs(org, {
            set: set.name,
            baseline: baseline.number,
            kinds: ['watch', 'confirm'],
            isEnded: true,
            limit: maxEarlier,
          })
    const known = await loadRuns(org, set, usable)
    const tables = tabulate(known, run)
    return judgeRun({
      ...tables,
      earlier: earlier.toReversed().flatMap(earlierOf),
      random: createRandom(`${run.runId} judge`),
    })
  }

  async function conclude(run: Run, set: GoldenSet, judgement: Judgement): Promise<void> {
    const { org, id: runId, target } = run
    const lines = judgement.reasons.map(({ text }) => text)
    const common = { org, set: set.name, target, runId }
    if (judgement.verdict === 'drift') {
      const title = judgement.reasons.find(({ code }) => code.endsWith('_changed'))?.text ?? 'drift'
      const isSilenced = await raiseAlarm(run, title)
      const done = await moveRoute(run, set, judgement)
      if (done !== undefined) lines.push(done)
      if (!isSilenced) parts.tell({ ...common, kind: 'drift', title: `${set.name}: ${title}`, lines })
    } else if (judgement.verdict === 'warning') {
      parts.tell({ ...common, kind: 'drift_warning', title: `${set.name}: worth a look`, lines })
    } else if (judgement.verdict === 'no-data') {
      parts.tell({ ...common, kind: 'drift_no_data', title: `${set.name}: a run without data`, lines })
    }
  }

  /** An alarm that a person has not closed goes on; gives whether people want to hear of it. */
  async function raiseAlarm({ org, set, id: runId }: Run, title: string): Promise<boolean> {
    const nowMs = clock.nowMs()
    const open = (await store.alarms(org, set)).find(({ state }) => state !== 'resolved')
    if (open?.state === 'silenced' && (open.untilMs ?? 0) > nowMs) return true
    if (open) await store.putAlarm({ ...open, title, runId, changedAtMs: nowMs })
    else {
      const alarm = { org, id: newId(), set, runId, title, createdAtMs: nowMs, changedAtMs: nowMs }
      await store.putAlarm({ ...alarm, state: 'open' })
    }
    return false
  }

  async function moveRoute(run: Run, set: GoldenSet, judgement: Judgement): Promise<string | undefined> {
    const { confirmed } = judgement
    if (confirmed === undefined || set.rollback === 'off') return undefined
    const { org, id: runId, target } = run
    return parts.onConfirmed?.({ org, set: set.name, target, runId, mode: set.rollback, ...confirmed })
  }

  return {
    keep,
    open,
    run,
    async accept(org, name, by, reason, lastRuns) {
      const { set } = await open(org, name)
      const known = await store.baseline(org, name)
      const later = await store.runs(org, {
        set: name,
        kinds: ['watch', 'confirm'],
        isEnded: true,
        limit: 200,
      })
      const fitting = later.filter(
        ({ verdict, baseline }) => verdict !== 'no-data' && baseline === known?.number,
      )
      const taken = known?.digest === set.digest ? fitting.slice(0, lastRuns) : []
      const next = {
        org,
        set: name,
        digest: set.digest,
        wantedRuns: set.baselineRuns,
        createdAtMs: clock.nowMs(),
        acceptedBy: by,
        reason,
        runIds: taken.map(({ id }) => id),
      }
      const added = await store.addBaseline(next, known?.number ?? 0)
      if (added === undefined) {
        throw new GatewayError('invalid_request', `Somebody else has just accepted a baseline of ${name}.`)
      }
      for (const alarm of await store.alarms(org, name)) {
        if (alarm.state === 'resolved') continue
        await store.putAlarm({ ...alarm, state: 'resolved', changedAtMs: clock.nowMs(), changedBy: by })
      }
      return added
    },
    async samplesOf(org, run) {
      const { set } = await open(org, run.set)
      const known = await store.baseline(org, run.set)
      const runs = known && known.number === run.baseline ? await baselineRuns(org, known) : []
      const others = runs.filter(({ id }) => id !== run.id)
      const [own, ...baseline] = await loadRuns(org, set, [run, ...others])
      return { set, baseline, run: own! }
    },
  }
}

/** A run of a baseline is judged by itself: it has data, or it is none. */
function judgeBaselineRun(run: RunSamples): Judgement {
  const { run: table } = tabulate([], run)
  const judged = judgeRun({ baseline: [], run: table, earlier: [], random: createRandom('baseline') })
  if (!hasData(table)) return judged
  return { ...judged, verdict: 'ok', reasons: judged.reasons.filter(({ code }) => code !== 'no_baseline') }
}

/** What a kept judgement says of its run. Runs that were cut off have none. */
function earlierOf({ judgement, verdict }: Run): EarlierRun[] {
  if (judgement === undefined || verdict === undefined) return []
  const { metrics = [], trends = [] } = judgement as unknown as Partial<Judgement>
  const alarms = metrics.filter(({ isAlarm }: MetricResult) => isAlarm)
  return [{ verdict, alarms, trends }]
}
