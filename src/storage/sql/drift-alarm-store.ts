/** Alarms of golden sets, in the database. */

import type { Alarm, AlarmStore } from '../../drift/port.ts'
import type { Database } from './database.ts'

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

type Tables = { readonly drift_alarms: AlarmRow }

const maxAlarms = 1_000

export function createAlarmStore(database: Database): AlarmStore {
  const db = database.kysely.withTables<Tables>()
  return {
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
