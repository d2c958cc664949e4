/** Shadow comparisons in the database. */

import type { Comparison, ShadowStore } from '../../shadow/port.ts'
import type { Database } from './database.ts'

interface ComparisonRow {
  readonly org: string
  readonly id: string
  readonly route: string
  readonly target: string
  readonly at_ms: number
  readonly spent_nano_usd: number
  readonly body: string
}

/** Not an interface: Kysely asks for an index signature, which only an alias has. */
type ShadowTables = { readonly shadow_comparisons: ComparisonRow }

export function createShadowStore(database: Database): ShadowStore {
  const db = database.kysely.withTables<ShadowTables>()
  return {
    async add({ org, id, route, target, atMs, spentNanoUsd, ...rest }) {
      const row = { org, id, route, target, at_ms: atMs, spent_nano_usd: spentNanoUsd }
      await db
        .insertInto('shadow_comparisons')
        .values({ ...row, body: JSON.stringify(rest) })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },
    async spentSince(org, route, target, atMs) {
      const row = await db
        .selectFrom('shadow_comparisons')
        .select(({ fn }) => fn.sum<number | null>('spent_nano_usd').as('spent'))
        .where('org', '=', org)
        .where('route', '=', route)
        .where('target', '=', target)
        .where('at_ms', '>=', atMs)
        .executeTakeFirst()
      return Number(row?.spent ?? 0)
    },
    async list({ org, route, target, limit, cursor }) {
      // Ids sort by the time at which they were made.
      let query = db
        .selectFrom('shadow_comparisons')
        .selectAll()
        .where('org', '=', org)
        .where('route', '=', route)
      if (target !== undefined) query = query.where('target', '=', target)
      if (cursor !== undefined) query = query.where('id', '<', cursor)
      const rows = await query.orderBy('id', 'desc').limit(limit).execute()
      const last = rows.length === limit ? rows.at(-1) : undefined
      return { data: rows.map(toComparison), ...(last && { nextCursor: last.id }) }
    },
    async routes(org) {
      const rows = await db
        .selectFrom('shadow_comparisons')
        .select('route')
        .distinct()
        .where('org', '=', org)
        .orderBy('route')
        .execute()
      return rows.map(({ route }) => route)
    },
    async prune(org, route, target, olderThanMs) {
      await db
        .deleteFrom('shadow_comparisons')
        .where('org', '=', org)
        .where('route', '=', route)
        .where('target', '=', target)
        .where('at_ms', '<', olderThanMs)
        .execute()
    },
  }
}

function toComparison({ body, at_ms, spent_nano_usd, ...row }: ComparisonRow): Comparison {
  const { org, id, route, target } = row
  const rest = JSON.parse(body) as Omit<Comparison, keyof typeof row | 'atMs' | 'spentNanoUsd'>
  return { org, id, route, target, atMs: at_ms, spentNanoUsd: spent_nano_usd, ...rest }
}
