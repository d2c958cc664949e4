/** The rows of evaluation runs in the database: one for each case, repeat and arm. */

import type { Generated } from 'kysely'
import type { CaseRow, EvalStore } from '../../evals/port.ts'
import type { Database } from './database.ts'

interface RowRow {
  readonly seq: Generated<number>
  readonly org: string
  readonly run_id: string
  readonly case_id: string
  readonly repeat: number
  readonly arm: string
  /** JSON of the rest. */
  readonly row: string
}

type RowTables = {
  readonly eval_rows: RowRow
  readonly eval_runs: { readonly org: string; readonly id: string; readonly created_at_ms: number }
}

const rowIdentity = ['org', 'run_id', 'case_id', 'repeat', 'arm'] as const

export function createEvalRows(
  database: Database,
): Pick<EvalStore, 'putRows' | 'rows' | 'rowsOfCase' | 'pruneRows'> {
  const db = database.kysely.withTables<RowTables>()
  return {
    async putRows(org, runId, rows) {
      await database.transaction(async (transaction) => {
        const within = transaction.withTables<RowTables>()
        for (const row of rows) {
          await within
            .insertInto('eval_rows')
            .values({
              org,
              run_id: runId,
              case_id: row.caseId,
              repeat: row.repeat,
              arm: row.arm,
              row: JSON.stringify(row),
            })
            .onConflict((conflict) =>
              conflict.columns(rowIdentity).doUpdateSet(({ ref }) => ({ row: ref('excluded.row') })),
            )
            .execute()
        }
      })
    },
    async rows(org, runId, { limit, cursor }) {
      const rows = await db
        .selectFrom('eval_rows')
        .select(['seq', 'row'])
        .where('org', '=', org)
        .where('run_id', '=', runId)
        .where('seq', '>', cursor === undefined ? 0 : Number(cursor))
        .orderBy('seq')
        .limit(limit)
        .execute()
      const last = rows.length === limit ? rows.at(-1) : undefined
      return {
        data: rows.map(({ row }) => JSON.parse(row) as CaseRow),
        ...(last && { nextCursor: String(last.seq) }),
      }
    },
    async rowsOfCase(org, runId, caseId) {
      const rows = await db
        .selectFrom('eval_rows')
        .select('row')
        .where('org', '=', org)
        .where('run_id', '=', runId)
        .where('case_id', '=', caseId)
        .orderBy('seq')
        .execute()
      return rows.map(({ row }) => JSON.parse(row) as CaseRow)
    },
    async pruneRows(startedBeforeMs, limit) {
      const old = await db
        .selectFrom('eval_rows')
        .innerJoin('eval_runs', (join) =>
          join.onRef('eval_runs.org', '=', 'eval_rows.org').onRef('eval_runs.id', '=', 'eval_rows.run_id'),
        )
        .select('eval_rows.seq')
        .where('eval_runs.created_at_ms', '<', startedBeforeMs)
        .limit(limit)
        .execute()
      if (old.length === 0) return 0
      const seqs = old.map(({ seq }) => seq)
      await db.deleteFrom('eval_rows').where('seq', 'in', seqs).execute()
      return seqs.length
    },
  }
}
