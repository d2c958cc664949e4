/** Evaluation runs, the verdicts of their gates and the answers that are kept for the next run, in the database. */

import type { Kysely } from 'kysely'
import type { EvalStore, RunStatus, StoredRun, TargetVerdict } from '../../evals/port.ts'
import type { Database } from './database.ts'
import { createEvalRows } from './eval-rows.ts'

interface RunRow {
  readonly org: string
  readonly id: string
  readonly name: string
  readonly suite_hash: string
  readonly status: string
  readonly created_at_ms: number
  readonly ended_at_ms: number | null
  readonly settings: string
  readonly verdict: string | null
  readonly reason: string | null
  readonly report: string | null
  readonly holder: string | null
  readonly leased_until_ms: number | null
}

interface VerdictRow {
  readonly org: string
  readonly target: string
  readonly run_id: string
  readonly verdict: string
  readonly hash: string
  readonly at_ms: number
}

interface AnswerRow {
  readonly org: string
  readonly key: string
  readonly answer: string
  readonly at_ms: number
}

type EvalTables = {
  readonly eval_runs: RunRow
  readonly eval_verdicts: VerdictRow
  readonly eval_answers: AnswerRow
}

const keptAnswersMs = 30 * 86_400_000

export function createEvalStore(database: Database): EvalStore {
  const db = database.kysely.withTables<EvalTables>()
  return { ...createRuns(db), ...createEvalRows(database), ...createVerdicts(db), ...createKeptAnswers(db) }
}

function createRuns(
  db: Kysely<EvalTables>,
): Pick<EvalStore, 'addRun' | 'run' | 'runs' | 'changeRun' | 'lead' | 'release'> {
  return {
    async addRun(run) {
      await db.insertInto('eval_runs').values(toRunRow(run)).execute()
    },
    async run(org, id) {
      const row = await db
        .selectFrom('eval_runs')
        .selectAll()
        .where('org', '=', org)
        .where('id', '=', id)
        .executeTakeFirst()
      return row && toRun(row)
    },
    async runs(org, { limit, cursor }) {
      // Ids sort by the time at which they were made.
      let query = db.selectFrom('eval_runs').selectAll().where('org', '=', org)
      if (cursor !== undefined) query = query.where('id', '<', cursor)
      const rows = await query.orderBy('id', 'desc').limit(limit).execute()
      const last = rows.length === limit ? rows.at(-1) : undefined
      return { data: rows.map(toRun), ...(last && { nextCursor: last.id }) }
    },
    async changeRun(org, id, { status, endedAtMs, verdict, reason, report }) {
      await db
        .updateTable('eval_runs')
        .set({
          ...(status !== undefined && { status }),
          ...(endedAtMs !== undefined && { ended_at_ms: endedAtMs }),
          ...(verdict !== undefined && { verdict }),
          ...(reason !== undefined && { reason }),
          ...(report !== undefined && { report }),
        })
        .where('org', '=', org)
        .where('id', '=', id)
        .execute()
    },
    async lead(org, id, { holder, untilMs }, nowMs) {
      const result = await db
        .updateTable('eval_runs')
        .set({ holder, leased_until_ms: untilMs })
        .where('org', '=', org)
        .where('id', '=', id)
        .where(({ eb, or }) =>
          or([eb('holder', 'is', null), eb('holder', '=', holder), eb('leased_until_ms', '<=', nowMs)]),
        )
        .executeTakeFirst()
      return result.numUpdatedRows === 1n
    },
    async release(org, id, holder) {
      await db
        .updateTable('eval_runs')
        .set({ holder: null, leased_until_ms: null })
        .where('org', '=', org)
        .where('id', '=', id)
        .where('holder', '=', holder)
        .execute()
    },
  }
}

function createVerdicts(db: Kysely<EvalTables>): Pick<EvalStore, 'addVerdict' | 'newestVerdict'> {
  return {
    async addVerdict(org, { target, runId, verdict, hash, atMs }) {
      await db
        .insertInto('eval_verdicts')
        .values({ org, target, run_id: runId, verdict, hash, at_ms: atMs })
        .onConflict((conflict) =>
          conflict.columns(['org', 'target', 'run_id']).doUpdateSet({ verdict, hash, at_ms: atMs }),
        )
        .execute()
    },
    async newestVerdict(org, target) {
      const row = await db
        .selectFrom('eval_verdicts')
        .selectAll()
        .where('org', '=', org)
        .where('target', '=', target)
        .orderBy('at_ms', 'desc')
        .orderBy('run_id', 'desc')
        .limit(1)
        .executeTakeFirst()
      return (
        row && {
          target: row.target,
          runId: row.run_id,
          verdict: row.verdict as TargetVerdict['verdict'],
          hash: row.hash,
          atMs: row.at_ms,
        }
      )
    },
  }
}

function createKeptAnswers(db: Kysely<EvalTables>): Pick<EvalStore, 'keptAnswer' | 'keepAnswer'> {
  return {
    async keptAnswer(org, key) {
      const row = await db
        .selectFrom('eval_answers')
        .select('answer')
        .where('org', '=', org)
        .where('key', '=', key)
        .executeTakeFirst()
      return row?.answer
    },
    async keepAnswer(org, key, answer, atMs) {
      await db
        .insertInto('eval_answers')
        .values({ org, key, answer, at_ms: atMs })
        .onConflict((conflict) => conflict.columns(['org', 'key']).doUpdateSet({ answer, at_ms: atMs }))
        .execute()
      await db
        .deleteFrom('eval_answers')
        .where('at_ms', '<', atMs - keptAnswersMs)
        .execute()
    },
  }
}

function toRunRow(run: StoredRun): RunRow {
  return {
    org: run.org,
    id: run.id,
    name: run.name,
    suite_hash: run.suiteHash,
    status: run.status,
    created_at_ms: run.createdAtMs,
    ended_at_ms: run.endedAtMs ?? null,
    settings: run.settings,
    verdict: run.verdict ?? null,
    reason: run.reason ?? null,
    report: run.report ?? null,
    holder: run.lease?.holder ?? null,
    leased_until_ms: run.lease?.untilMs ?? null,
  }
}

function toRun(row: RunRow): StoredRun {
  return {
    org: row.org,
    id: row.id,
    name: row.name,
    suiteHash: row.suite_hash,
    status: row.status as RunStatus,
    createdAtMs: row.created_at_ms,
    settings: row.settings,
    ...(row.ended_at_ms !== null && { endedAtMs: row.ended_at_ms }),
    ...(row.verdict !== null && { verdict: row.verdict }),
    ...(row.reason !== null && { reason: row.reason }),
    ...(row.report !== null && { report: row.report }),
    ...(row.holder !== null && { lease: { holder: row.holder, untilMs: row.leased_until_ms ?? 0 } }),
  }
}
