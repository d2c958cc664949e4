/** API keys, teams and users in the database, with the numbers of their changes. */

import type { Transaction } from 'kysely'
import type { AccessStore, StoredKey, StoredTeam, StoredThing, StoredUser } from '../../access/port.ts'
import type { Database } from './database.ts'

interface ThingRow {
  readonly org: string
  readonly id: string
  readonly name: string
  readonly created_at_ms: number
  readonly seq: number
  /** JSON of what has no column. */
  readonly body: string
}

interface KeyRow extends ThingRow {
  readonly secret_hash: string
}

/** Not an interface: Kysely asks for an index signature, which only an alias has. */
type AccessTables = {
  readonly access_changes: { readonly id: number; readonly seq: number }
  readonly api_keys: KeyRow
  readonly access_teams: ThingRow
  readonly access_users: ThingRow
}

type ThingTable = 'api_keys' | 'access_teams' | 'access_users'

/** Takes the transaction back. */
class Overtaken extends Error {}

export function createAccessStore(database: Database): AccessStore {
  const db = database.kysely.withTables<AccessTables>()
  return {
    async changedSince(seq) {
      // Read first: a change that comes between these queries is above it, and read whole the next time.
      const last = await db.selectFrom('access_changes').select('seq').executeTakeFirstOrThrow()
      const [keys, teams, users] = await Promise.all([
        db.selectFrom('api_keys').selectAll().where('seq', '>', seq).execute(),
        db.selectFrom('access_teams').selectAll().where('seq', '>', seq).execute(),
        db.selectFrom('access_users').selectAll().where('seq', '>', seq).execute(),
      ])
      return {
        seq: last.seq,
        keys: keys.map(toKey),
        teams: teams.map((row) => toThing<StoredTeam>(row)),
        users: users.map((row) => toThing<StoredUser>(row)),
      }
    },
    async write({ keys = [], teams = [], users = [] }) {
      try {
        return await database.transaction(async (untyped) => {
          const transaction = untyped.withTables<AccessTables>()
          const seq = await nextSeq(transaction)
          for (const { secretHash, ...key } of keys) {
            await put(transaction, 'api_keys', key.seq, { ...toRow(key, seq), secret_hash: secretHash })
          }
          for (const team of teams) await put(transaction, 'access_teams', team.seq, toRow(team, seq))
          for (const user of users) await put(transaction, 'access_users', user.seq, toRow(user, seq))
          return seq
        })
      } catch (error) {
        if (error instanceof Overtaken) return undefined
        throw error
      }
    },
  }
}

/** Holds the row until the transaction ends: the next writer waits. */
async function nextSeq(transaction: Transaction<AccessTables>): Promise<number> {
  const { seq } = await transaction
    .updateTable('access_changes')
    .set(({ eb }) => ({ seq: eb('seq', '+', 1) }))
    .where('id', '=', 1)
    .returning('seq')
    .executeTakeFirstOrThrow()
  return seq
}

async function put(
  transaction: Transaction<AccessTables>,
  table: ThingTable,
  expectedSeq: number,
  row: ThingRow | KeyRow,
): Promise<void> {
  const changed =
    expectedSeq === 0
      ? await transaction
          .insertInto(table)
          .values(row as KeyRow)
          .onConflict((conflict) => conflict.column('id').doNothing())
          .returning('id')
          .execute()
      : await transaction
          .updateTable(table)
          .set(row)
          .where('id', '=', row.id)
          .where('org', '=', row.org)
          .where('seq', '=', expectedSeq)
          .returning('id')
          .execute()
  if (changed.length === 0) throw new Overtaken()
}

function toRow({ org, id, name, createdAtMs, seq: _, ...body }: StoredThing, seq: number): ThingRow {
  return { org, id, name, created_at_ms: createdAtMs, seq, body: JSON.stringify(body) }
}

function toKey(row: KeyRow): StoredKey {
  // A key of the first version of the table has no body.
  const key = { rules: {}, ...toThing<Omit<StoredKey, 'rules'>>(row) }
  return { ...key, secretHash: row.secret_hash }
}

function toThing<Thing extends StoredThing>(row: ThingRow): Thing {
  const { org, id, name, created_at_ms: createdAtMs, seq } = row
  const body = JSON.parse(row.body) as Omit<Thing, keyof StoredThing>
  return { metadata: {}, ...body, org, id, name, createdAtMs, seq } as unknown as Thing
}
