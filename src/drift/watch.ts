/** Runs golden sets and judges the runs against their baseline. */

import { GatewayError } from '../core/error.ts'
import { createRandom } from '../judgement/statistics/random.ts'
import { type Analysis, type Compared, inThread } from './analysis.ts'
import { Baselines } from './baselines.ts'
import { collect, type Collected } from './collect.ts'
import { conclude, type ConcludeParts } from './conclude.ts'
import type { GoldenSet } from './golden.ts'
import { createGoldenShelf, type GoldenShelf, type Kept } from './golden-shelf.ts'
import { withMeanings } from './meaning.ts'
import { panelOf, type PanelParts } from './panel.ts'
import type { Baseline, Run, RunKind } from './port.ts'
import type { RunSamples } from './tabulate.ts'
import type { EarlierRun, Judgement } from './verdict.ts'

export type WatchParts = PanelParts & ConcludeParts

export interface RunRequest {
  readonly org: string
  readonly kind: Exclude<RunKind, 'missed'>
  /** The time of the schedule that the run is for. */
  readonly slotMs?: number
  readonly onProgress?: (done: number, all: number) => void
  readonly signal?: AbortSignal
}

export interface RunOutcome {
  readonly run: Run
  readonly judgement: Judgement
}

/** So many earlier runs are looked at for the last one with data. */
const maxEarlier = 50

export class DriftWatch {
  readonly shelf: GoldenShelf
  readonly baselines: Baselines
  readonly #parts: WatchParts

  constructor(parts: WatchParts) {
    const { store, clock } = parts
    this.#parts = parts
    this.shelf = createGoldenShelf(store, clock)
    this.baselines = new Baselines(store, clock)
  }

  /** Runs a kept set once. Gives undefined where another instance has this slot. Throws GatewayError. */
  async run(kept: Kept, request: RunRequest): Promise<RunOutcome | undefined> {
    const { store, clock, embed } = this.#parts
    const { set } = kept
    const { org, kind } = request
    const baseline = await this.baselines.fitting(org, set, kind === 'baseline')
    const known = baseline ? await this.baselines.runs(org, baseline) : []
    if (kind === 'baseline' && baseline && known.length >= baseline.wantedRuns) throw isComplete(baseline)
    const started = this.#newRun(kept, request, baseline)
    if (!(await store.startRun(started))) return undefined
    const { costNanoUsd, samples } = await this.#ask(set, started, request)
    const answered = set.embedder ? await withMeanings(samples, set.embedder, embed) : samples
    const { validRows, judgement } = await this.#judge(
      set,
      started,
      answered,
      baseline && { baseline, known },
    )
    const ended: Run = {
      ...started,
      endedAtMs: clock.nowMs(),
      verdict: judgement.verdict,
      validRows,
      costNanoUsd,
      judgement,
    }
    await store.endRun(ended)
    if (kind !== 'baseline') await conclude(ended, set, judgement, this.#parts)
    return { run: ended, judgement }
  }

  /** The kept answers behind a run and its baseline. */
  async samplesOf(org: string, run: Run): Promise<Compared & { readonly set: GoldenSet }> {
    const { shelf, baselines } = this
    const { set } = await shelf.open(org, run.set)
    const known = await this.#parts.store.baseline(org, run.set)
    const runs = known && known.number === run.baseline ? await baselines.runs(org, known) : []
    const others = runs.filter(({ id }) => id !== run.id)
    const [own] = await Array.fromAsync(baselines.samples(org, set, [run]))
    return { set, baseline: baselines.samples(org, set, others), run: own! }
  }

  #newRun({ version, set }: Kept, { org, kind, slotMs }: RunRequest, baseline: Baseline | undefined): Run {
    return {
      org,
      id: this.#parts.newId(),
      set: set.name,
      version: version.version,
      target: set.target,
      kind,
      startedAtMs: this.#parts.clock.nowMs(),
      expectedRows: set.cases.length * set.samples,
      validRows: 0,
      costNanoUsd: 0,
      ...(baseline && { baseline: baseline.number }),
      ...(slotMs !== undefined && { slotMs }),
    }
  }

  #ask(set: GoldenSet, { id }: Run, { onProgress, signal }: RunRequest): Promise<Collected> {
    const probing = { ask: this.#parts.ask, grading: panelOf(set, this.#parts) }
    return collect(set, probing, { random: createRandom(id), onProgress, signal })
  }

  /** Keeps what the answers say, and judges it. */
  #judge(
    set: GoldenSet,
    { org, id: runId, kind, startedAtMs, expectedRows }: Run,
    answered: Collected['samples'],
    against: { readonly baseline: Baseline; readonly known: readonly Run[] } | undefined,
  ): Promise<{ readonly validRows: number; readonly judgement: Judgement }> {
    return inThread(async (analysis) => {
      const samples = await analysis.read(answered)
      for (const [at, golden] of set.cases.entries()) {
        await this.#parts.store.putSamples(org, runId, golden.id, samples[at]!)
      }
      const validRows = samples.flat().filter(({ error }) => error === undefined).length
      const run: RunSamples = { runId, startedAtMs, expectedRows, samples }
      if (kind === 'baseline') return { validRows, judgement: await judgeBaselineRun(analysis, run) }
      const baseline = this.baselines.samples(org, set, against?.known ?? [])
      const earlier = await this.#earlierRuns(org, against?.baseline)
      const judgement = await analysis.judge({ baseline, run }, { earlier, seed: `${runId} judge` })
      return { validRows, judgement }
    })
  }

  /** Oldest first. */
  async #earlierRuns(org: string, baseline: Baseline | undefined): Promise<EarlierRun[]> {
    if (baseline === undefined) return []
    const runs = await this.#parts.store.runs(org, {
      set: baseline.set,
      baseline: baseline.number,
      kinds: ['watch', 'confirm'],
      isEnded: true,
      limit: maxEarlier,
    })
    return runs.toReversed().flatMap(earlierOf)
  }
}

function isComplete({ number, set, wantedRuns }: Baseline): GatewayError {
  return new GatewayError(
    'invalid_request',
    `Baseline ${number} of ${set} has its ${wantedRuns} runs; \`drift accept\` begins the next.`,
  )
}

/** A run of a baseline is judged by itself: it has data, or it is none. */
async function judgeBaselineRun(analysis: Analysis, run: RunSamples): Promise<Judgement> {
  const judged = await analysis.judge({ baseline: [], run }, { earlier: [], seed: '' })
  const reasons = judged.reasons.filter(({ code }) => code !== 'no_baseline')
  return reasons.length === judged.reasons.length ? judged : { ...judged, verdict: 'ok', reasons }
}

/** What a kept judgement says of its run. Runs that were cut off have none. */
function earlierOf({ judgement, verdict }: Run): EarlierRun[] {
  if (judgement === undefined || verdict === undefined) return []
  const { metrics, trends } = judgement
  return [{ verdict, alarms: metrics.filter(({ isAlarm }) => isAlarm), trends }]
}
