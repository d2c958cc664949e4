/** Hours of live answers, as each instance has summed them up, in the database. */

import type { TrafficStore } from '../../drift/port.ts'
import type { Database } from './database.ts'

type Tables = {
  readonly drift_traffic: {
    readonly org: string
    readonly route: string
    readonly model: string
    readonly hour_ms: number
    readonly instance: string
    readonly strata: string
  }
}

export function createTrafficStore(database: Database): TrafficStore {
  const db = database.kysely.withTables<Tables>()
  return {
    async addTraffic({ hourMs, strata, ...row }, keepFromMs) {
      await db.deleteFrom('drift_traffic').where('hour_ms', '<', keepFromMs).execute()
      await db
        .insertInto('drift_traffic')
        .values({ ...row, hour_ms: hourMs, strata: JSON.stringify(strata) })
        .execute()
    },
    async traffic(fromMs, toMs, series) {
      let query = db
        .selectFrom('drift_traffic')
        .selectAll()
        .where('hour_ms', '>=', fromMs)
        .where('hour_ms', '<=', toMs)
      if (series) {
        const { org, route, model } = series
        query = query.where('org', '=', org).where('route', '=', route).where('model', '=', model)
      }
      const rows = await query.execute()
      return rows.map(({ hour_ms: hourMs, strata, ...row }) => ({
        ...row,
        hourMs,
        strata: JSON.parse(strata) as Record<string, number[]>,
      }))
    },
  }
}
