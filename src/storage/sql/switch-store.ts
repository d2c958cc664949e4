/** Providers that are switched off, in the database. */

import type { SwitchStore } from '../../rollout/port.ts'
import type { Database } from './database.ts'

type SwitchTables = {
  readonly switched_off: {
    readonly org: string
    readonly provider: string
    readonly at_ms: number
    readonly actor: string
  }
}

export function createSwitchStore({ kysely }: Database): SwitchStore {
  const db = kysely.withTables<SwitchTables>()
  return {
    async list(org) {
      const query = db.selectFrom('switched_off').selectAll().where('org', '=', org)
      const rows = await query.orderBy('provider').execute()
      return rows.map(({ provider, at_ms: atMs, actor }) => ({ provider, atMs, actor }))
    },
    async turnOff(org, { provider, atMs, actor }) {
      await db
        .insertInto('switched_off')
        .values({ org, provider, at_ms: atMs, actor })
        .onConflict((conflict) => conflict.columns(['org', 'provider']).doNothing())
        .execute()
    },
    async turnOn(org, provider) {
      await db.deleteFrom('switched_off').where('org', '=', org).where('provider', '=', provider).execute()
    },
  }
}
