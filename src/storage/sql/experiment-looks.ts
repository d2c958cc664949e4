/** What looks at experiments have shown, in the database. */

import type { Kysely } from 'kysely'
import type { ExperimentStore, Look } from '../../experiments/port.ts'

export interface LookRow {
  readonly org: string
  readonly route: string
  readonly name: string
  readonly units: number
  readonly at_ms: number
  readonly body: string
}

/** Not an interface: Kysely asks for an index signature, which only an alias has. */
type LookTables = { readonly experiment_looks: LookRow }

export function createLooks(db: Kysely<LookTables>): Pick<ExperimentStore, 'addLook' | 'looks'> {
  return {
    async addLook({ org, route, name }, { units, atMs, differences }) {
      await db
        .insertInto('experiment_looks')
        .values({ org, route, name, units, at_ms: atMs, body: JSON.stringify(differences) })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },
    async looks({ org, route, name }) {
      const rows = await db
        .selectFrom('experiment_looks')
        .selectAll()
        .where('org', '=', org)
        .where('route', '=', route)
        .where('name', '=', name)
        .orderBy('units')
        .execute()
      return rows.map(toLook)
    },
  }
}

function toLook({ units, at_ms: atMs, body }: LookRow): Look {
  return { units, atMs, differences: JSON.parse(body) as Look['differences'] }
}
