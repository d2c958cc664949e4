/** What keys have spent by the hour, in the database. */

import type { SpendHour, SpendStore } from '../../alerts/port.ts'
import type { Database } from './database.ts'

/** Not an interface: Kysely asks for an index signature, which only an alias has. */
type SpendTables = {
  readonly alert_spend: {
    readonly org: string
    readonly key_id: string
    readonly hour: number
    readonly key_name: string
    readonly nano_usd: number
  }
}

/** SQLite takes 32,766 parameters in a statement, PostgreSQL 65,535. */
const rowsPerStatement = 1_000

export function createSpendStore(database: Database): SpendStore {
  const db = database.kysely.withTables<SpendTables>()
  return {
    async add(hours) {
      const rows = hours.map(({ org, keyId, keyName, hour, nanoUsd }) => ({
        org,
        key_id: keyId,
        key_name: keyName,
        hour,
        nano_usd: nanoUsd,
      }))
      await database.transaction(async (untyped) => {
        const transaction = untyped.withTables<SpendTables>()
        for (let from = 0; from < rows.length; from += rowsPerStatement) {
          await transaction
            .insertInto('alert_spend')
            .values(rows.slice(from, from + rowsPerStatement))
            .onConflict((conflict) =>
              conflict.columns(['org', 'key_id', 'hour']).doUpdateSet(({ eb, ref }) => ({
                key_name: ref('excluded.key_name'),
                nano_usd: eb('alert_spend.nano_usd', '+', ref('excluded.nano_usd')),
              })),
            )
            .execute()
        }
      })
    },
    async since(hour) {
      const query = db.selectFrom('alert_spend').selectAll().where('hour', '>=', hour)
      const rows = await query.orderBy('hour').execute()
      return rows.map((row): SpendHour => ({
        org: row.org,
        keyId: row.key_id,
        keyName: row.key_name,
        hour: row.hour,
        nanoUsd: row.nano_usd,
      }))
    },
    async prune(beforeHour) {
      await db.deleteFrom('alert_spend').where('hour', '<', beforeHour).execute()
    },
  }
}
