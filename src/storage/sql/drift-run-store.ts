/** Golden runs and their answers, in the database. */

import type { DriftRunStore, Run, RunFilter } from '../../drift/port.ts'
import type { Database } from './database.ts'
import { type BaselineRow, toBaseline } from './drift-baseline-store.ts'

interface RunRow {
  readonly org: string
  readonly id: string
  readonly set_name: string
  readonly version: number
  readonly target: string
  readonly kind: string
  readonly baseline: number | null
  readonly slot_ms: number | null
  readonly started_at_ms: number
  readonly ended_at_ms: number | null
  readonly verdict: string | null
  readonly expected_rows: number
  readonly valid_rows: number
  readonly cost_nano_usd: number
  readonly judgement: string | null
}

type Tables = {
  readonly drift_baselines: BaselineRow
  readonly drift_runs: RunRow
  readonly drift_samples: {
    readonly org: string
    readonly run_id: string
    readonly prompt: string
    readonly samples: string
  }
}

export function createDriftRunStore(database: Database): DriftRunStore {
  const db = database.kysely.withTables<Tables>()
  return {
    async startRun(run) {
      const added = await db
        .insertInto('drift_runs')
        .values(toRunRow(run))
        .onConflict((conflict) => conflict.columns(['org', 'set_name', 'slot_ms']).doNothing())
        .returning('id')
        .executeTakeFirst()
      return added !== undefined
    },
    async endRun(run) {
      const { org, id, ...rest } = toRunRow(run)
      await db.updateTable('drift_runs').set(rest).where('org', '=', org).where('id', '=', id).execute()
    },
    async run(org, id) {
      const row = await db
        .selectFrom('drift_runs')
        .selectAll()
        .where('org', '=', org)
        .where('id', '=', id)
        .executeTakeFirst()
      return row && toRun(row)
    },
    async runs(org, filter) {
      const rows = await filtered(db.selectFrom('drift_runs').selectAll().where('org', '=', org), filter)
        .orderBy('started_at_ms', 'desc')
        .orderBy('id', 'desc')
        .limit(filter.limit)
        .execute()
      return rows.map(toRun)
    },
    async putSamples(org, runId, prompt, samples) {
      const values = { org, run_id: runId, prompt, samples: JSON.stringify(samples) }
      await db
        .insertInto('drift_samples')
        .values(values)
        .onConflict((conflict) =>
          conflict.columns(['org', 'run_id', 'prompt']).doUpdateSet({ samples: values.samples }),
        )
        .execute()
    },
    async samples(org, runId) {
      const rows = await db
        .selectFrom('drift_samples')
        .select(['prompt', 'samples'])
        .where('org', '=', org)
        .where('run_id', '=', runId)
        .execute()
      return new Map(rows.map(({ prompt, samples }) => [prompt, JSON.parse(samples) as Samples]))
    },
    async pruneRuns(org, beforeMs) {
      // The newest baseline of a set, as long as it is held against, needs its runs, however old.
      const newest = await db
        .selectFrom('drift_baselines as one')
        .selectAll()
        .where('org', '=', org)
        .where(({ eb, selectFrom }) =>
          eb(
            'number',
            '=',
            selectFrom('drift_baselines as other')
              .select(({ fn }) => fn.max('other.number').as('number'))
              .whereRef('other.org', '=', 'one.org')
              .whereRef('other.set_name', '=', 'one.set_name'),
          ),
        )
        .execute()
      const baselines = newest.map(toBaseline)
      const accepted = new Set(baselines.flatMap(({ runIds }) => runIds))
      const numbers = new Map(baselines.map(({ set, number }) => [set, number]))
      const old = await db
        .selectFrom('drift_runs')
        .select(['id', 'set_name', 'kind', 'baseline'])
        .where('org', '=', org)
        .where('started_at_ms', '<', beforeMs)
        .orderBy('started_at_ms')
        .limit(pruneStep)
        .execute()
      const gone = old
        .filter(({ id, set_name: set, kind, baseline }) => {
          const isOfBaseline = kind === 'baseline' && baseline === numbers.get(set)
          return !isOfBaseline && !accepted.has(id)
        })
        .map(({ id }) => id)
      if (gone.length === 0) return 0
      for (let at = 0; at < gone.length; at += maxIds) {
        const ids = gone.slice(at, at + maxIds)
        await db.deleteFrom('drift_samples').where('org', '=', org).where('run_id', 'in', ids).execute()
        await db.deleteFrom('drift_runs').where('org', '=', org).where('id', 'in', ids).execute()
      }
      return gone.length
    },
  }
}

/** Runs that are looked at in one step of deleting; those that stay are among them. */
const pruneStep = 50_000
/** Of one statement. */
const maxIds = 500

type Samples = Parameters<DriftRunStore['putSamples']>[3]

/** The query with the filter's conditions. */
function filtered<Query extends { where(column: never, operator: never, value: never): Query }>(
  query: Query,
  { set, baseline, kinds, ids, beforeMs, isEnded }: RunFilter,
): Query {
  const where = (from: Query, column: keyof RunRow, operator: string, value: unknown): Query =>
    value === undefined ? from : from.where(column as never, operator as never, value as never)
  let narrowed = where(query, 'set_name', '=', set)
  narrowed = where(narrowed, 'baseline', '=', baseline)
  narrowed = where(narrowed, 'kind', 'in', kinds)
  narrowed = where(narrowed, 'id', 'in', ids)
  narrowed = where(narrowed, 'started_at_ms', '<', beforeMs)
  return isEnded ? where(narrowed, 'ended_at_ms', 'is not', null) : narrowed
}

function toRunRow(run: Run): RunRow {
  return {
    org: run.org,
    id: run.id,
    set_name: run.set,
    version: run.version,
    target: run.target,
    kind: run.kind,
    baseline: run.baseline ?? null,
    slot_ms: run.slotMs ?? null,
    started_at_ms: run.startedAtMs,
    ended_at_ms: run.endedAtMs ?? null,
    verdict: run.verdict ?? null,
    expected_rows: run.expectedRows,
    valid_rows: run.validRows,
    cost_nano_usd: run.costNanoUsd,
    judgement: run.judgement === undefined ? null : JSON.stringify(run.judgement),
  }
}

function toRun(row: RunRow): Run {
  return {
    org: row.org,
    id: row.id,
    set: row.set_name,
    version: row.version,
    target: row.target,
    kind: row.kind as Run['kind'],
    startedAtMs: row.started_at_ms,
    expectedRows: row.expected_rows,
    validRows: row.valid_rows,
    costNanoUsd: row.cost_nano_usd,
    ...(row.baseline !== null && { baseline: row.baseline }),
    ...(row.slot_ms !== null && { slotMs: row.slot_ms }),
    ...(row.ended_at_ms !== null && { endedAtMs: row.ended_at_ms }),
    ...(row.verdict !== null && { verdict: row.verdict as NonNullable<Run['verdict']> }),
    ...(row.judgement !== null && { judgement: JSON.parse(row.judgement) as NonNullable<Run['judgement']> }),
  }
}
