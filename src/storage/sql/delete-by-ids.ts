/** Deletes the rows of some requests and of some keys, however many there are. */

import { type Kysely, sql } from 'kysely'

/** Of one query: databases bound how many values it may have. */
const idsPerQuery = 500

/** Of the organisation, in a table with `org`, `request_id` and `key_id`. Resolves to how many rows there were. */
export async function deleteByIds(
  db: Kysely<unknown>,
  table: string,
  org: string,
  ids: { readonly requestIds: readonly string[]; readonly keyIds: readonly string[] },
): Promise<number> {
  let deleted = 0
  for (const [column, values] of [
    ['request_id', ids.requestIds],
    ['key_id', ids.keyIds],
  ] as const) {
    for (let at = 0; at < values.length; at += idsPerQuery) {
      const some = sql.join(values.slice(at, at + idsPerQuery))
      const { numAffectedRows = 0n } = await sql`delete from ${sql.table(table)}
        where org = ${org} and ${sql.ref(column)} in (${some})`.execute(db)
      deleted += Number(numAffectedRows)
    }
  }
  return deleted
}
