/** Baselines of golden sets, in the database. */

import type { Baseline, BaselineStore } from '../../drift/port.ts'
import type { Database } from './database.ts'

export interface BaselineRow {
  readonly org: string
  readonly set_name: string
  readonly number: number
  readonly digest: string
  readonly wanted_runs: number
  readonly created_at_ms: number
  readonly accepted_by: string | null
  readonly reason: string | null
  readonly run_ids: string
}

type Tables = { readonly drift_baselines: BaselineRow }

export function createBaselineStore(database: Database): BaselineStore {
  const db = database.kysely.withTables<Tables>()
  return {
    async baseline(org, set) {
      const row = await db
        .selectFrom('drift_baselines')
        .selectAll()
        .where('org', '=', org)
        .where('set_name', '=', set)
        .orderBy('number', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row && toBaseline(row)
    },
    async addBaseline(baseline, after) {
      const row = toBaselineRow({ ...baseline, number: after + 1 })
      const added = await db
        .insertInto('drift_baselines')
        .values(row)
        .onConflict((conflict) => conflict.columns(['org', 'set_name', 'number']).doNothing())
        .returning('number')
        .executeTakeFirst()
      return added && toBaseline(row)
    },
  }
}

function toBaselineRow(baseline: Baseline): BaselineRow {
  return {
    org: baseline.org,
    set_name: baseline.set,
    number: baseline.number,
    digest: baseline.digest,
    wanted_runs: baseline.wantedRuns,
    created_at_ms: baseline.createdAtMs,
    accepted_by: baseline.acceptedBy ?? null,
    reason: baseline.reason ?? null,
    run_ids: JSON.stringify(baseline.runIds),
  }
}

export function toBaseline(row: BaselineRow): Baseline {
  return {
    org: row.org,
    set: row.set_name,
    number: row.number,
    digest: row.digest,
    wantedRuns: row.wanted_runs,
    createdAtMs: row.created_at_ms,
    runIds: JSON.parse(row.run_ids) as string[],
    ...(row.accepted_by !== null && { acceptedBy: row.accepted_by }),
    ...(row.reason !== null && { reason: row.reason }),
  }
}
