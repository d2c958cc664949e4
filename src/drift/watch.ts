/** Runs golden sets and judges the runs against their baseline. */

import { GatewayError } from '../core/error.ts'
import { createRandom } from '../judgement/statistics/random.ts'
import { type Analysis, type Compared, inThread } from './analysis.ts'
import { createBaselines, type Baselines } from './baselines.ts'
import { collect } from './collect.ts'
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

export interface DriftWatch {
  readonly shelf: GoldenShelf
  readonly baselines: Baselines
  /** Runs a kept set once. Gives undefined where another instance has this slot. Throws GatewayError. */
  run(kept: Kept, request: RunRequest): Promise<RunOutcome | undefined>
  /** The kept answers behind a run and its baseline. */
  samplesOf(org: string, run: Run): Promise<Compared & { readonly set: GoldenSet }>
}

/** So many earlier runs are looked at for the last one with data. */
const maxEarlier = 50

export function createWatch(parts: WatchParts): DriftWatch {
  const { store, clock, newId } = parts
  const shelf = createGoldenShelf(store, clock)
  const baselines = createBaselines(store, clock)

  async function run({ version, set }: Kept, request: RunRequest): Promise<RunOutcome | undefined> {
    const { org, kind, slotMs, onProgress, signal } = request
    const baseline = await baselines.fitting(org, set, kind === 'baseline')
    const known = baseline ? await baselines.runs(org, baseline) : []
    if (kind === 'baseline' && baseline && known.length >= baseline.wantedRuns) throw isComplete(baseline)
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
    const probing = { ask: parts.ask, grading: panelOf(set, parts) }
    const random = createRandom(started.id)
    const collected = await collect(set, probing, { random, onProgress, signal })
    const { costNanoUsd } = collected
    const answered = set.embedder
      ? await withMeanings(collected.samples, set.embedder, parts.embed)
      : collected.samples
    const { id: runId, startedAtMs, expectedRows } = started
    const { samples, judgement } = await inThread(async (analysis) => {
      const read = await analysis.read(answered)
      for (const [at, golden] of set.cases.entries()) {
        await store.putSamples(org, runId, golden.id, read[at]!)
      }
      const answers: RunSamples = { runId, startedAtMs, expectedRows, samples: read }
      const judged =
        kind === 'baseline'
          ? await judgeBaselineRun(analysis, answers)
          : await analysis.judge(
              { baseline: baselines.samples(org, set, known), run: answers },
              { earlier: await earlierRuns(org, baseline), seed: `${runId} judge` },
            )
      return { samples: read, judgement: judged }
    })
    const ended: Run = {
      ...started,
      endedAtMs: clock.nowMs(),
      verdict: judgement.verdict,
      validRows: samples.flat().filter(({ error }) => error === undefined).length,
      costNanoUsd,
      judgement,
    }
    await store.endRun(ended)
    if (kind !== 'baseline') await conclude(ended, set, judgement, parts)
    return { run: ended, judgement }
  }

  /** Oldest first. */
  async function earlierRuns(org: string, baseline: Baseline | undefined): Promise<EarlierRun[]> {
    if (baseline === undefined) return []
    const runs = await store.runs(org, {
      set: baseline.set,
      baseline: baseline.number,
      kinds: ['watch', 'confirm'],
      isEnded: true,
      limit: maxEarlier,
    })
    return runs.toReversed().flatMap(earlierOf)
  }

  return {
    shelf,
    baselines,
    run,
    async samplesOf(org, run) {
      const { set } = await shelf.open(org, run.set)
      const known = await store.baseline(org, run.set)
      const runs = known && known.number === run.baseline ? await baselines.runs(org, known) : []
      const others = runs.filter(({ id }) => id !== run.id)
      const [own] = await Array.fromAsync(baselines.samples(org, set, [run]))
      return { set, baseline: baselines.samples(org, set, others), run: own! }
    },
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
