/** What follows from a judged run: people are told, an alarm is opened, a route may move. */

import type { Clock } from '../core/clock.ts'
import type { GoldenSet } from './golden.ts'
import { tellNoData } from './missed.ts'
import type { ConfirmedDrift, DriftStore, Run, TellAlert } from './port.ts'
import type { Judgement } from './verdict.ts'

export interface ConcludeParts {
  readonly store: DriftStore
  readonly clock: Clock
  readonly newId: () => string
  readonly tell: TellAlert
  /** Moves a route, or proposes to, and gives what was done in words. Absent: people are told, and that is all. */
  readonly onConfirmed?: (confirmed: ConfirmedDrift) => Promise<string>
}

export async function conclude(
  run: Run,
  set: GoldenSet,
  judgement: Judgement,
  parts: ConcludeParts,
): Promise<void> {
  const { org, id: runId, target } = run
  const lines = judgement.reasons.map(({ text }) => text)
  const common = { org, set: set.name, target, runId }
  switch (judgement.verdict) {
    case 'drift': {
      const title = judgement.reasons.find(({ code }) => code.endsWith('_changed'))?.text ?? 'drift'
      const isSilenced = await raiseAlarm(run, title, parts)
      const done = await moveRoute(run, set, judgement, parts)
      if (done !== undefined) lines.push(done)
      if (!isSilenced) parts.tell({ ...common, kind: 'drift', title: `${set.name}: ${title}`, lines })
      // An alert of its own: that of the drift has been told at the first alarm already.
      if (done !== undefined) parts.tell({ ...common, kind: 'route', title: `${set.name}: ${done}`, lines })
      return
    }
    case 'warning':
      parts.tell({ ...common, kind: 'warning', title: `${set.name}: worth a look`, lines })
      return
    case 'no-data':
      await tellNoData(run, `${set.name}: ${noDataTitle(judgement)}`, lines, parts)
      return
    case 'ok':
      parts.tell({ ...common, kind: 'clean', title: `${set.name}: no drift`, lines })
  }
}

const noDataTitle = ({ reasons }: Judgement): string =>
  reasons.some(({ code }) => code === 'no_baseline') ? 'no baseline yet' : 'a run without data'

/** An alarm that a person has not closed goes on; gives whether people want to hear nothing of it. */
async function raiseAlarm(
  { org, set, id: runId }: Run,
  title: string,
  { store, clock, newId }: ConcludeParts,
): Promise<boolean> {
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

async function moveRoute(
  { org, id: runId, target, startedAtMs }: Run,
  { name, rollback }: GoldenSet,
  { confirmed }: Judgement,
  { onConfirmed }: ConcludeParts,
): Promise<string | undefined> {
  if (confirmed === undefined || rollback === 'off') return undefined
  return onConfirmed?.({ org, set: name, target, runId, startedAtMs, mode: rollback, ...confirmed })
}
