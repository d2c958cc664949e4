/** Kysely as a writer of SQL for SQLite; statements are prepared and run on `node:sqlite` without it. */

import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'

/**
 * A query builder whose queries are compiled, never executed: Kysely's drivers are asynchronous, and `node:sqlite`
 * is not. The same builder code compiles for PostgreSQL with that dialect's compiler.
 */
export function createQueryBuilder<Tables>(): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  })
}
