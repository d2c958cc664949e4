/** Golden sets in their versions, in the database. */

import type { Transaction } from 'kysely'
import type { GoldenStore, GoldenVersion } from '../../drift/port.ts'
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

type Tables = { readonly drift_golden_sets: GoldenRow }

export function createGoldenStore(database: Database): GoldenStore {
  const db = database.kysely.withTables<Tables>()
  const newest = (tables: typeof db | Transaction<Tables>, org: string, name: string) =>
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
        const tables = transaction.withTables<Tables>()
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
    async goldenVersions(org) {
      const rows = await db
        .selectFrom('drift_golden_sets')
        .select(({ fn }) => ['name', fn.max('version').as('version')])
        .where('org', '=', org)
        .groupBy('name')
        .execute()
      return new Map(rows.map(({ name, version }) => [name, version]))
    },
  }
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
