/** What a store is given: one database, of either kind, and the queries that Kysely writes for it. */

import type { Kysely, Transaction } from 'kysely'
import type { SqlDialect } from '../migration.ts'

/**
 * Numbers come back as numbers from both kinds; a query whose result holds an integer that a number cannot, fails.
 * A fault of the database itself (not reachable, too slow, disk full) is a GatewayError `store_unavailable`.
 */
export interface Database {
  readonly dialect: SqlDialect
  /** A store names its tables by `kysely.withTables<Tables>()`. */
  readonly kysely: Kysely<unknown>
  /**
   * Runs `work` in a transaction that is taken back if it throws. Queries of the transaction go through its
   * argument: one that goes through `kysely` would wait for the transaction's end. PostgreSQL may ask for
   * another try (a deadlock, a serialization failure), so `work` does nothing but queries.
   */
  transaction<T>(work: (transaction: Transaction<unknown>) => Promise<T>): Promise<T>
  close(): Promise<void>
}
