/** What evaluations said of one revision of a route: the newest verdict on it as a candidate. */

import { createHash } from 'node:crypto'
import type { FindVerdict, GateVerdict } from '../rollout/port.ts'
import type { EvalStore, StoredRun } from './port.ts'
import type { Report } from './report.ts'

const pageSize = 100
/** Runs that are looked through, the newest first. */
const maxRuns = 1_000

/** A revision is gated as the target `route@number`. */
export function findVerdictIn(store: Pick<EvalStore, 'runs'>): FindVerdict {
  return async (org, route, revision) => {
    let cursor: string | undefined
    for (let seen = 0; seen < maxRuns; seen += pageSize) {
      const page = await store.runs(org, { limit: pageSize, ...(cursor !== undefined && { cursor }) })
      for (const run of page.data) {
        const verdict = verdictOf(run, `${route}@${revision}`)
        if (verdict) return verdict
      }
      cursor = page.nextCursor
      if (cursor === undefined) return undefined
    }
    return undefined
  }
}

function verdictOf({ id, status, endedAtMs, report }: StoredRun, target: string): GateVerdict | undefined {
  if (status !== 'finished' || endedAtMs === undefined || report === undefined) return undefined
  const { arms, comparisons } = JSON.parse(report) as Report
  const arm = arms.find((each) => each.target === target && !each.isBaseline)
  const gate = comparisons.find(({ candidate }) => candidate === arm?.label)?.gate
  if (!arm || !gate) return undefined
  const hash = createHash('sha256').update(report).digest('hex')
  return { verdict: gate.verdict, hash, atMs: endedAtMs, runId: id }
}
