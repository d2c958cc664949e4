/** Runs that should have been and were not: kept as runs without data, and told. */

import type { Clock } from '../core/clock.ts'
import type { Kept } from './golden-shelf.ts'
import type { DriftStore, Run, TellAlert } from './port.ts'
import type { Judgement } from './verdict.ts'

export interface MissParts {
  readonly store: DriftStore
  readonly clock: Clock
  readonly org: string
  readonly newId: () => string
  readonly tell: TellAlert
}

/** The slot's run, unless another instance has it. */
export async function missRun(
  { set, version }: Kept,
  slotMs: number,
  why: string,
  parts: MissParts,
): Promise<void> {
  const { store, clock, org, newId } = parts
  const run: Run = {
    org,
    id: newId(),
    set: set.name,
    version: version.version,
    target: set.target,
    kind: 'missed',
    slotMs,
    startedAtMs: clock.nowMs(),
    expectedRows: set.cases.length * set.samples,
    validRows: 0,
    costNanoUsd: 0,
  }
  if (await store.startRun(run)) await endWithoutData(run, why, parts)
}

export async function endWithoutData(
  run: Run,
  why: string,
  { store, clock, tell }: MissParts,
): Promise<void> {
  const judgement: Judgement = {
    verdict: 'no-data',
    reasons: [{ code: 'missed', isNote: false, text: why }],
    metrics: [],
    omnibus: undefined,
    trends: [],
    baselineRuns: 0,
    lag1: 0,
    confirmed: undefined,
  }
  await store.endRun({ ...run, endedAtMs: clock.nowMs(), verdict: 'no-data', judgement })
  await tellNoData(run, `${run.set}: a run was missed`, [why], { store, tell })
}

/** So many runs in a row without data leave the target unwatched. */
const blindAfter = 3

/** Tells of a run without data, which has ended. */
export async function tellNoData(
  { org, set, target, id: runId }: Run,
  title: string,
  lines: readonly string[],
  { store, tell }: Pick<MissParts, 'store' | 'tell'>,
): Promise<void> {
  const last = await store.runs(org, { set, isEnded: true, limit: blindAfter })
  const isBlind = last.length === blindAfter && last.every(({ verdict }) => verdict === 'no-data')
  const common = { org, set, target, runId, kind: 'no-data' as const }
  if (!isBlind) tell({ ...common, title, lines })
  else tell({ ...common, isBlind, title: `${title}, the last ${blindAfter} in a row`, lines })
}
