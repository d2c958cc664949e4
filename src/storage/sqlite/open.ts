/** Opens a SQLite file the way all of Weir's are opened, and brings its tables up to date. */

import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Compilable, CompiledQuery } from 'kysely'
import type { Clock } from '../../core/clock.ts'
import { type Migration, pendingMigrations } from '../migration.ts'
import { createQueryBuilder } from './kysely.ts'

const busyTimeoutMs = 5000

interface MigrationTables {
  readonly migrations: { readonly name: string; readonly applied_at_ms: number }
}

/**
 * Opens or creates the file, readable by its owner only, and applies the migrations that it has not seen, in their
 * order and all in one transaction. Throws when the file is newer than the program: it then holds a migration that
 * the list does not.
 */
export function openStore(path: string, migrations: readonly Migration[], clock: Clock): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600)) // SQLite gives the files that it makes beside it the same mode
  const database = new DatabaseSync(path, { timeout: busyTimeoutMs })
  try {
    // A commit survives the end of the process at any moment; the end of the power may cost the last ones. Each page
    // that a group of rows fills is three writes, two to the log and one to the file: larger ones are fewer.
    // Where pages can be moved is decided before the first one is written.
    database.exec(
      'pragma page_size = 8192; pragma auto_vacuum = incremental; pragma journal_mode = wal; pragma synchronous = normal; pragma trusted_schema = off; pragma cache_size = -16384',
    )
    migrate(database, migrations, clock)
    return database
  } catch (cause) {
    database.close()
    throw cause
  }
}

function migrate(database: DatabaseSync, migrations: readonly Migration[], clock: Clock): void {
  const builder = createQueryBuilder<MigrationTables>()
  const run = (query: Compilable | CompiledQuery): void =>
    database.exec('compile' in query ? query.compile().sql : query.sql)
  const { schema } = builder
  run(
    schema
      .createTable('migrations')
      .ifNotExists()
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('applied_at_ms', 'bigint', (column) => column.notNull()),
  )
  const mark = database.prepare(
    builder.insertInto('migrations').values({ name: '', applied_at_ms: 0 }).compile().sql,
  )
  const list = database.prepare(builder.selectFrom('migrations').select('name').compile().sql)
  transact(database, () => {
    const applied = list.all().map((row) => String(row['name']))
    for (const { name, statements } of pendingMigrations(migrations, applied)) {
      for (const statement of statements({ schema, dialect: 'sqlite', bytes: 'blob' })) run(statement)
      mark.run(name, clock.nowMs())
    }
  })
}

/** Runs `work` in a transaction that is taken back if it throws. */
export function transact(database: DatabaseSync, work: () => void): void {
  database.exec('begin immediate')
  try {
    work()
    database.exec('commit')
  } catch (cause) {
    // A full disk or an I/O error may have ended the transaction already.
    if (database.isTransaction) database.exec('rollback')
    throw cause
  }
}
