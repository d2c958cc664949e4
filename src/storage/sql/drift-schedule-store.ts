/** What people have decided about when golden sets run, in the database. */

import type { ScheduleStore, SetTimes } from '../../drift/port.ts'
import type { Database } from './database.ts'

type Tables = {
  readonly drift_schedules: {
    readonly org: string
    readonly set_name: string
    /** Null where the set is not to run by itself. */
    readonly times: string | null
    readonly changed_at_ms: number
    readonly changed_by: string
  }
}

export function createScheduleStore(database: Database): ScheduleStore {
  const db = database.kysely.withTables<Tables>()
  return {
    async schedules(org) {
      const rows = await db
        .selectFrom('drift_schedules')
        .selectAll()
        .where('org', '=', org)
        .orderBy('set_name')
        .execute()
      return rows.map(({ set_name: set, times, changed_at_ms: changedAtMs, changed_by: changedBy }) => ({
        org,
        set,
        changedAtMs,
        changedBy,
        ...(times !== null && { times: JSON.parse(times) as SetTimes }),
      }))
    },
    async putSchedule({ org, set, times, changedAtMs, changedBy }) {
      const rest = {
        times: times ? JSON.stringify(times) : null,
        changed_at_ms: changedAtMs,
        changed_by: changedBy,
      }
      await db
        .insertInto('drift_schedules')
        .values({ org, set_name: set, ...rest })
        .onConflict((conflict) => conflict.columns(['org', 'set_name']).doUpdateSet(rest))
        .execute()
    },
    async deleteSchedule(org, set) {
      const { numDeletedRows } = await db
        .deleteFrom('drift_schedules')
        .where('org', '=', org)
        .where('set_name', '=', set)
        .executeTakeFirst()
      return numDeletedRows > 0n
    },
  }
}
