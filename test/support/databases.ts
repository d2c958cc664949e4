/** Runs a store's tests over each kind of database: SQLite, PGlite, and the server that WEIR_POSTGRES names. */

import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'
import pg from 'pg'
import { type Clock, systemClock } from '../../src/core/clock.ts'
import type { Migration } from '../../src/storage/migration.ts'
import type { Database } from '../../src/storage/sql/database.ts'
import { migrations as allMigrations } from '../../src/storage/sql/migrations.ts'
import {
  migratePostgres,
  numberParsers,
  openPostgres,
  overPool,
  type PostgresPool,
} from '../../src/storage/sql/postgres.ts'
import { openSqlite } from '../../src/storage/sql/sqlite.ts'
import { watchScopes } from './scoped-queries.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

/** One place of a database that a test has for itself; it may be opened several times. */
export interface TestDatabase {
  open(migrations?: readonly Migration[], clock?: Clock): Promise<Database>
}

/** Registers the test once per kind of database; it gets tables of its own, up to date and empty. */
export function testStore(name: string, body: (database: Database, t: TestContext) => Promise<void>): void {
  testDatabase(name, async (place, t) => body(await place.open(), t))
}

/** Registers the test once per kind of database, with nothing opened yet. What it opens is closed after it. */
export function testDatabase(
  name: string,
  body: (place: TestDatabase, t: TestContext) => Promise<void>,
): void {
  for (const [kind, createPlace] of Object.entries(places)) register(`${name} (${kind})`, createPlace, body)
}

/** Registers the test once per kind of PostgreSQL: for what is not stored in SQLite. */
export function testPostgres(
  name: string,
  body: (database: Database, t: TestContext) => Promise<void>,
): void {
  for (const [kind, createPlace] of Object.entries(places)) {
    if (kind === 'SQLite') continue
    register(`${name} (${kind})`, createPlace, async (place, t) => body(await place.open(), t))
  }
}

/** Registers a test of what only a real server does; skipped where none is named. */
export function testServer(name: string, body: (place: TestDatabase, t: TestContext) => Promise<void>): void {
  if (server === undefined) test(name, { skip: 'WEIR_POSTGRES names no server' }, () => undefined)
  else register(name, (t) => createSchema(t, server), body)
}

function register(
  name: string,
  createPlace: (t: TestContext) => Promise<Open>,
  body: (place: TestDatabase, t: TestContext) => Promise<void>,
): void {
  test(name, async (t) => {
    const opened: Database[] = []
    const open = await createPlace(t)
    try {
      await body(
        {
          async open(migrations = allMigrations, clock = systemClock) {
            const database = await open(migrations, clock)
            opened.push(database)
            return migrations === allMigrations ? watchScopes(database) : database
          },
        },
        t,
      )
    } finally {
      for (const database of opened) await database.close()
    }
  })
}

type Open = (migrations: readonly Migration[], clock: Clock) => Promise<Database>

const server = process.env['WEIR_POSTGRES']

const places: Readonly<Record<string, (t: TestContext) => Promise<Open>>> = {
  async SQLite() {
    const path = join(createTemporaryFolder(), 'weir.db')
    return async (migrations, clock) => openSqlite(path, migrations, clock)
  },
  async PGlite() {
    const pool = await emptyPglite()
    return async (migrations, clock) => {
      const database = overPool(pool)
      await migratePostgres(database, migrations, clock)
      return database
    }
  },
  ...(server !== undefined && { PostgreSQL: (t: TestContext) => createSchema(t, server) }),
}

// -- PGlite: PostgreSQL itself, compiled to run in this process

let starting: Promise<PGlite> | undefined

/** One instance serves all tests of a file, one after another: it takes seconds to start. */
async function emptyPglite(): Promise<PostgresPool> {
  starting ??= PGlite.create({ parsers: { ...numberParsers }, extensions: { vector } })
  const pglite = await starting
  await pglite.exec('drop schema public cascade; create schema public')
  return poolOver(pglite)
}

after(async () => (await starting)?.close())

/** PGlite has one session: who connects waits until it is free, as for a pool of one. */
function poolOver(pglite: PGlite): PostgresPool {
  let turn = Promise.resolve()
  return {
    async connect() {
      const before = turn
      const { promise, resolve } = Promise.withResolvers<void>()
      turn = promise
      await before
      return {
        async query<Row>(text: string, values: readonly unknown[]) {
          const { rows, affectedRows = 0 } = await pglite.query<Row>(text, [...values])
          const command = commandOf(text)
          return { command, rowCount: affectedRows, rows }
        },
        release: () => resolve(),
      }
    },
    end: async () => {},
  }
}

/** Kysely counts what a command changed, and asks the answer which command it was. */
function commandOf(text: string): 'INSERT' | 'UPDATE' | 'DELETE' | 'SELECT' {
  const word = /^\s*(?:with\b.*\b)?(insert|update|delete)\b/is.exec(text)?.[1]?.toUpperCase()
  return (word ?? 'SELECT') as 'INSERT' | 'UPDATE' | 'DELETE' | 'SELECT'
}

// -- a real server

async function createSchema(t: TestContext, url: string): Promise<Open> {
  const schema = `test_${randomUUID().replaceAll('-', '')}`
  const admin = new pg.Client(url)
  await admin.connect()
  await admin.query(`create schema ${schema}`)
  t.after(async () => {
    await admin.query(`drop schema ${schema} cascade`)
    await admin.end()
  })
  const own = new URL(url)
  own.searchParams.set('options', `-c search_path=${schema}`)
  return (migrations, clock) => openPostgres(own.href, migrations, clock, ignore)
}

function ignore(): void {}
