/** Golden sets, baselines, runs with their answers, and alarms, in the database. */

import type { Transaction } from 'kysely'
import type { Alarm, Baseline, DriftStore, GoldenVersion, Run, RunFilter } from '../../drift/port.ts'
import type { Database } from './database.ts'

interface GoldenRow {
  readonly org: string
  readonly name: string
  readonly version: number
  readonly digest: string
  readonly text_digest: string
  readonly created_at_ms: number
  readonly document: string
}

interface BaselineRow {
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

interface AlarmRow {
  readonly org: string
  readonly id: string
  readonly set_name: string
  readonly run_id: string
  readonly state: string
  readonly title: string
  readonly created_at_ms: number
  readonly changed_at_ms: number
  readonly changed_by: string | null
  readonly until_ms: number | null
}

type DriftTables = {
  readonly drift_golden_sets: GoldenRow
  readonly drift_baselines: BaselineRow
  readonly drift_runs: RunRow
  readonly drift_samples: {
    readonly org: string
    readonly run_id: string
    readonly prompt: string
    readonly samples: string
  }
  readonly drift_alarms: AlarmRow
  readonly drift_traffic: {
    readonly org: string
    readonly route: string
    readonly model: string
    readonly hour_ms: number
    readonly instance: string
    readonly strata: string
  }
  readonly drift_leases: { readonly name: string; readonly holder: string; readonly until_ms: number }
}

export function createDriftStore(database: Database): DriftStore {
  const db = database.kysely.withTables<DriftTables>()
  const newest = (tables: typeof db | Transaction<DriftTables>, org: string, name: string) =>
    tables
      .selectFrom('drift_golden_sets')
      .selectAll()
      .where('org', '=', org)
      .where('name', '=', name)
      .orderBy('version', 'desc')
      .limit(1)
      .executeTakeFirst()
  return {
    async putGoldenSet(set) {
      return database.transaction(async (transaction) => {
        const tables = transaction.withTables<DriftTables>()
        const known = await newest(tables, set.org, set.name)
        if (known?.text_digest === set.textDigest) return toGolden(known)
        const row = toGoldenRow({ ...set, version: (known?.version ?? 0) + 1 })
        await tables
          .insertInto('drift_golden_sets')
          .values(row)
          .onConflict((conflict) => conflict.columns(['org', 'name', 'version']).doNothing())
          .execute()
        // Another instance may have been first, most likely with the same text.
        return toGolden((await newest(tables, set.org, set.name)) ?? row)
      })
    },
    async newestGoldenSet(org, name) {
      const row = await newest(db, org, name)
      return row && toGolden(row)
    },
    async goldenSets(org) {
      const rows = await db
        .selectFrom('drift_golden_sets as one')
        .selectAll()
        .where('org', '=', org)
        .where(({ eb, selectFrom }) =>
          eb(
            'version',
            '=',
            selectFrom('drift_golden_sets as other')
              .select(({ fn }) => fn.max<number>('other.version').as('version'))
              .whereRef('other.org', '=', 'one.org')
              .whereRef('other.name', '=', 'one.name'),
          ),
        )
        .orderBy('name')
        .execute()
      return rows.map(toGolden)
    },

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
    async samples(org, runIds) {
      const found = new Map<string, Map<string, ReturnType<typeof parseSamples>>>()
      if (runIds.length === 0) return found
      const rows = await db
        .selectFrom('drift_samples')
        .selectAll()
        .where('org', '=', org)
        .where('run_id', 'in', runIds)
        .execute()
      for (const { run_id: runId, prompt, samples } of rows) {
        const ofRun = found.get(runId) ?? new Map<string, ReturnType<typeof parseSamples>>()
        found.set(runId, ofRun.set(prompt, parseSamples(samples)))
      }
      return found
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

    async putAlarm(alarm) {
      const row = toAlarmRow(alarm)
      const { org: _org, id: _id, ...rest } = row
      await db
        .insertInto('drift_alarms')
        .values(row)
        .onConflict((conflict) => conflict.columns(['org', 'id']).doUpdateSet(rest))
        .execute()
    },
    async alarms(org, set) {
      let query = db.selectFrom('drift_alarms').selectAll().where('org', '=', org)
      if (set !== undefined) query = query.where('set_name', '=', set)
      const rows = await query
        .orderBy('created_at_ms', 'desc')
        .orderBy('id', 'desc')
        .limit(maxAlarms)
        .execute()
      return rows.map(toAlarm)
    },

    async addTraffic({ hourMs, strata, ...row }, keepFromMs) {
      await db.deleteFrom('drift_traffic').where('hour_ms', '<', keepFromMs).execute()
      await db
        .insertInto('drift_traffic')
        .values({ ...row, hour_ms: hourMs, strata: JSON.stringify(strata) })
        .execute()
    },
    async traffic(fromMs, toMs, series) {
      let query = db
        .selectFrom('drift_traffic')
        .selectAll()
        .where('hour_ms', '>=', fromMs)
        .where('hour_ms', '<=', toMs)
      if (series) {
        const { org, route, model } = series
        query = query.where('org', '=', org).where('route', '=', route).where('model', '=', model)
      }
      const rows = await query.execute()
      return rows.map(({ hour_ms: hourMs, strata, ...row }) => ({
        ...row,
        hourMs,
        strata: JSON.parse(strata) as Record<string, number[]>,
      }))
    },

    async takeLease(name, holder, nowMs, untilMs) {
      const taken = await db
        .insertInto('drift_leases')
        .values({ name, holder, until_ms: untilMs })
        .onConflict((conflict) =>
          conflict
            .column('name')
            .doUpdateSet({ holder, until_ms: untilMs })
            .where(({ eb, or }) =>
              or([eb('drift_leases.holder', '=', holder), eb('drift_leases.until_ms', '<=', nowMs)]),
            ),
        )
        .returning('holder')
        .executeTakeFirst()
      return taken !== undefined
    },
    async releaseLease(name, holder) {
      await db.deleteFrom('drift_leases').where('name', '=', name).where('holder', '=', holder).execute()
    },
  }
}

const maxAlarms = 1_000
/** Runs that are looked at in one step of deleting; those that stay are among them. */
const pruneStep = 50_000
/** Of one statement. */
const maxIds = 500

type Samples = Parameters<DriftStore['putSamples']>[3]

const parseSamples = (text: string): Samples => JSON.parse(text) as Samples

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

function toGoldenRow(set: GoldenVersion): GoldenRow {
  return {
    org: set.org,
    name: set.name,
    version: set.version,
    digest: set.digest,
    text_digest: set.textDigest,
    created_at_ms: set.createdAtMs,
    document: JSON.stringify(set.document),
  }
}

function toGolden(row: GoldenRow): GoldenVersion {
  return {
    org: row.org,
    name: row.name,
    version: row.version,
    digest: row.digest,
    textDigest: row.text_digest,
    createdAtMs: row.created_at_ms,
    document: JSON.parse(row.document) as GoldenVersion['document'],
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

function toBaseline(row: BaselineRow): Baseline {
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

function toAlarmRow(alarm: Alarm): AlarmRow {
  return {
    org: alarm.org,
    id: alarm.id,
    set_name: alarm.set,
    run_id: alarm.runId,
    state: alarm.state,
    title: alarm.title,
    created_at_ms: alarm.createdAtMs,
    changed_at_ms: alarm.changedAtMs,
    changed_by: alarm.changedBy ?? null,
    until_ms: alarm.untilMs ?? null,
  }
}

function toAlarm(row: AlarmRow): Alarm {
  return {
    org: row.org,
    id: row.id,
    set: row.set_name,
    runId: row.run_id,
    state: row.state as Alarm['state'],
    title: row.title,
    createdAtMs: row.created_at_ms,
    changedAtMs: row.changed_at_ms,
    ...(row.changed_by !== null && { changedBy: row.changed_by }),
    ...(row.until_ms !== null && { untilMs: row.until_ms }),
  }
}
