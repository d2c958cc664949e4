/** Revisions of routes, their pointers and every move of these in the database. */

import type { Transaction } from 'kysely'
import type { Move, Pointer, Revision, RolloutStore } from '../../rollout/port.ts'
import type { Database } from './database.ts'

interface BodyRow {
  readonly org: string
  readonly route: string
  readonly seq: number
  /** JSON of what has no column. */
  readonly body: string
}

/** Not an interface: Kysely asks for an index signature, which only an alias has. */
type RolloutTables = {
  readonly rollout_changes: { readonly id: number; readonly seq: number }
  readonly route_revisions: BodyRow & { readonly number: number }
  readonly route_pointers: BodyRow
  readonly route_moves: BodyRow
}

/** Takes the transaction back. */
class Overtaken extends Error {}

export function createRolloutStore(database: Database): RolloutStore {
  const db = database.kysely.withTables<RolloutTables>()
  return {
    async changedSince(seq) {
      // Read first: a change that comes between these queries is above it, and read whole the next time.
      const last = await db.selectFrom('rollout_changes').select('seq').executeTakeFirstOrThrow()
      const [revisions, pointers] = await Promise.all([
        db.selectFrom('route_revisions').selectAll().where('seq', '>', seq).orderBy('number').execute(),
        db.selectFrom('route_pointers').selectAll().where('seq', '>', seq).execute(),
      ])
      return {
        seq: last.seq,
        revisions: revisions.map((row) => fromBody<Revision>(row)),
        pointers: pointers.map((row) => fromBody<Pointer>(row)),
      }
    },
    async write({ revision, pointer, move }) {
      try {
        await database.transaction(async (untyped) => {
          const transaction = untyped.withTables<RolloutTables>()
          const seq = await nextSeq(transaction)
          if (revision) await insertRevision(transaction, { ...revision, seq })
          if (pointer) await setPointer(transaction, pointer, seq)
          if (move) await transaction.insertInto('route_moves').values(toBody(move, seq)).execute()
        })
        return true
      } catch (error) {
        if (error instanceof Overtaken) return false
        throw error
      }
    },
    async moves(org, route, limit) {
      const query = db.selectFrom('route_moves').selectAll().where('org', '=', org).where('route', '=', route)
      const rows = await query.orderBy('seq', 'desc').limit(limit).execute()
      return rows.map((row) => fromBody<Move>(row))
    },
  }
}

/** Holds the row until the transaction ends: the next writer waits. */
async function nextSeq(transaction: Transaction<RolloutTables>): Promise<number> {
  const { seq } = await transaction
    .updateTable('rollout_changes')
    .set(({ eb }) => ({ seq: eb('seq', '+', 1) }))
    .where('id', '=', 1)
    .returning('seq')
    .executeTakeFirstOrThrow()
  return seq
}

async function insertRevision(transaction: Transaction<RolloutTables>, revision: Revision): Promise<void> {
  const { number, ...rest } = revision
  const inserted = await transaction
    .insertInto('route_revisions')
    .values({ ...toBody(rest, revision.seq), number })
    .onConflict((conflict) => conflict.columns(['org', 'route', 'number']).doNothing())
    .returning('number')
    .execute()
  if (inserted.length === 0) throw new Overtaken()
}

async function setPointer(
  transaction: Transaction<RolloutTables>,
  pointer: Pointer,
  seq: number,
): Promise<void> {
  const row = toBody(pointer, seq)
  const changed =
    pointer.seq === 0
      ? await transaction
          .insertInto('route_pointers')
          .values(row)
          .onConflict((conflict) => conflict.columns(['org', 'route']).doNothing())
          .returning('seq')
          .execute()
      : await transaction
          .updateTable('route_pointers')
          .set(row)
          .where('org', '=', pointer.org)
          .where('route', '=', pointer.route)
          .where('seq', '=', pointer.seq)
          .returning('seq')
          .execute()
  if (changed.length === 0) throw new Overtaken()
}

function toBody<Thing extends { readonly org: string; readonly route: string }>(
  { org, route, ...body }: Thing,
  seq: number,
): BodyRow {
  return { org, route, seq, body: JSON.stringify({ ...body, seq: undefined }) }
}

function fromBody<Thing>({ body, ...columns }: BodyRow): Thing {
  return { ...(JSON.parse(body) as object), ...columns } as Thing
}
