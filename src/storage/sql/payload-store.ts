/** Recorded payloads in the database. What they say is ciphertext here. */

import { type Expression, expressionBuilder, sql, type SqlBool } from 'kysely'
import { GatewayError } from '../../core/error.ts'
import { defined } from '../../core/json.ts'
import type { PayloadQuery, PayloadStore, SealedPayload } from '../../payloads/port.ts'
import type { Database } from './database.ts'
import { storable } from './storable.ts'

interface PayloadRow {
  readonly id: string
  readonly org: string
  readonly at_ms: number
  readonly dialect: string
  readonly requested_model: string
  readonly route: string | null
  readonly provider: string | null
  readonly model: string | null
  readonly key_id: string
  readonly key_name: string
  readonly user_id: string | null
  readonly session: string | null
  /** A JSON array of strings. */
  readonly tags: string
  readonly status: number
  readonly key_version: number
  readonly bytes: number
  readonly sealed: Uint8Array
}

type PayloadTables = { readonly payloads: PayloadRow }

export function createPayloadStore({ kysely }: Database): PayloadStore {
  const db = kysely.withTables<PayloadTables>()

  const deleteOldest = async (before: number, limit: number): Promise<number> => {
    const oldest = db
      .selectFrom('payloads')
      .select('id')
      .where('at_ms', '<', before)
      .orderBy('at_ms')
      .limit(limit)
    const { numDeletedRows } = await db
      .deleteFrom('payloads')
      .where('id', 'in', oldest)
      .executeTakeFirstOrThrow()
    return Number(numDeletedRows)
  }

  return {
    async insert(payloads) {
      if (payloads.length === 0) return
      await db
        .insertInto('payloads')
        .values(payloads.map(toRow))
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute()
    },
    async search(query) {
      const rows = await db
        .selectFrom('payloads')
        .selectAll()
        .where(eb.and(conditionsOf(query)))
        .orderBy('at_ms', 'desc')
        .orderBy('id', 'desc')
        .limit(query.limit + 1)
        .execute()
      const data = rows.slice(0, query.limit).map(toPayload)
      const last = rows.length > query.limit ? data.at(-1) : undefined
      return { data, ...(last && { nextCursor: `${last.atMs}.${last.id}` }) }
    },
    async get(org, id) {
      const row = await db
        .selectFrom('payloads')
        .selectAll()
        .where('org', '=', org)
        .where('id', '=', id)
        .executeTakeFirst()
      return row && toPayload(row)
    },
    async forget(org, { user, keyIds }) {
      const { numDeletedRows } = await db
        .deleteFrom('payloads')
        .where('org', '=', org)
        .where(
          eb.or([
            eb('user_id', '=', storable(user)),
            ...(keyIds.length > 0 ? [eb('key_id', 'in', keyIds)] : []),
          ]),
        )
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    },
    async prune({ olderThanMs, maxBytes }, limit) {
      const aged = await deleteOldest(olderThanMs, limit)
      if (aged > 0) return aged
      const { bytes } = await db
        .selectFrom('payloads')
        .select(({ fn }) => fn.sum<number | null>('bytes').as('bytes'))
        .executeTakeFirstOrThrow()
      return Number(bytes ?? 0) <= maxBytes ? 0 : deleteOldest(Number.MAX_SAFE_INTEGER, limit)
    },
  }
}

const eb = expressionBuilder<PayloadTables, 'payloads'>()

function conditionsOf(query: PayloadQuery): Expression<SqlBool>[] {
  const { org, fromMs, toMs, route, model, key, user, session, tag, cursor } = query
  const conditions: Expression<SqlBool>[] = [eb('org', '=', org)]
  if (fromMs !== undefined) conditions.push(eb('at_ms', '>=', fromMs))
  if (toMs !== undefined) conditions.push(eb('at_ms', '<', toMs))
  if (route !== undefined) conditions.push(eb('route', '=', route))
  if (model !== undefined) conditions.push(eb('model', '=', storable(model)))
  if (user !== undefined) conditions.push(eb('user_id', '=', storable(user)))
  if (session !== undefined) conditions.push(eb('session', '=', storable(session)))
  if (key !== undefined) conditions.push(eb.or([eb('key_id', '=', key), eb('key_name', '=', key)]))
  // A quoted JSON string occurs in the array's text only as a whole element: quotes within one are escaped.
  if (tag !== undefined) conditions.push(sql<SqlBool>`${eb.ref('tags')} like ${likeText(tag)} escape '!'`)
  if (cursor !== undefined) {
    const { atMs, id } = readCursor(cursor)
    conditions.push(eb(eb.refTuple('at_ms', 'id'), '<', eb.tuple(atMs, id)))
  }
  return conditions
}

function likeText(tag: string): string {
  return `%${JSON.stringify(tag).replaceAll(/[!%_]/g, '!$&')}%`
}

function readCursor(cursor: string): { readonly atMs: number; readonly id: string } {
  const match = /^(\d{1,15})\.([\w-]{1,100})$/.exec(cursor)
  if (match === null) {
    throw new GatewayError('invalid_request', 'The cursor is not one of this list.', { param: 'cursor' })
  }
  return { atMs: Number(match[1]), id: match[2]! }
}

/** One name that could not be stored would keep all others of its group out. */
function toRow(payload: SealedPayload): PayloadRow {
  return {
    id: payload.id,
    org: payload.org,
    at_ms: payload.atMs,
    dialect: payload.dialect,
    requested_model: storable(payload.requestedModel),
    route: payload.route ?? null,
    provider: payload.provider ?? null,
    model: storable(payload.model ?? null),
    key_id: payload.keyId,
    key_name: payload.keyName,
    user_id: storable(payload.user ?? null),
    session: storable(payload.session ?? null),
    tags: JSON.stringify(payload.tags),
    status: payload.status,
    key_version: payload.keyVersion,
    bytes: payload.bytes,
    sealed: payload.sealed,
  }
}

function toPayload(row: PayloadRow): SealedPayload {
  return defined({
    id: row.id,
    org: row.org,
    atMs: row.at_ms,
    dialect: row.dialect,
    requestedModel: row.requested_model,
    route: row.route ?? undefined,
    provider: row.provider ?? undefined,
    model: row.model ?? undefined,
    keyId: row.key_id,
    keyName: row.key_name,
    user: row.user_id ?? undefined,
    session: row.session ?? undefined,
    tags: JSON.parse(row.tags) as string[],
    status: row.status,
    keyVersion: row.key_version,
    bytes: row.bytes,
    sealed: row.sealed,
  })
}
