/** Which instance does what one of them has to do, in the database. */

import type { LeaseStore } from '../../drift/port.ts'
import type { Database } from './database.ts'

type Tables = {
  readonly drift_leases: { readonly name: string; readonly holder: string; readonly until_ms: number }
}

export function createLeaseStore(database: Database): LeaseStore {
  const db = database.kysely.withTables<Tables>()
  return {
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
