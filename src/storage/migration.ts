/** One step of a database's tables, and which steps a database still lacks. */

import type { Compilable, CompiledQuery, SchemaModule } from 'kysely'

export type SqlDialect = 'sqlite' | 'postgres'

export interface MigrationContext {
  readonly schema: SchemaModule
  readonly dialect: SqlDialect
  /** The type of a column that holds bytes. */
  readonly bytes: 'blob' | 'bytea'
}

/** Once released a step never changes: a mend is another step. Its statements run in their order. */
export interface Migration {
  /** Unique among all steps of a database, which remembers it. */
  readonly name: string
  statements(context: MigrationContext): readonly (Compilable | CompiledQuery)[]
}

/**
 * The steps that are not among the applied, in their order. Throws when a step was applied that the list does not
 * have: a newer program has written the database.
 */
export function pendingMigrations(
  migrations: readonly Migration[],
  applied: readonly string[],
): readonly Migration[] {
  const known = new Set(migrations.map(({ name }) => name))
  const unknown = applied.find((name) => !known.has(name))
  if (unknown !== undefined) {
    throw new Error(`the database was written by a newer version of Weir (migration ${unknown})`)
  }
  return migrations.filter(({ name }) => !applied.includes(name))
}
