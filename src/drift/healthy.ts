/** Which runs found nothing wrong: the evidence that a revision is worth going back to. */

import type { DriftStore } from './port.ts'

const maxRuns = 1_000

/** Ended runs since that time, the newest first, whose verdict is `ok`; baseline runs count as what was right. */
export function findHealthyRuns(store: Pick<DriftStore, 'runs'>) {
  return async (org: string, sinceMs: number) => {
    const runs = await store.runs(org, { isEnded: true, limit: maxRuns })
    return runs
      .filter(({ verdict, startedAtMs }) => verdict === 'ok' && startedAtMs >= sinceMs)
      .map(({ target, startedAtMs }) => ({ target, atMs: startedAtMs }))
  }
}
