/** PostgreSQL as a database: its pool of connections with their bounds, and its migrations. */

import { Kysely, PostgresDialect, type PostgresPoolClient, type PostgresQueryResult, sql } from 'kysely'
import pg from 'pg'
import type { Clock } from '../../core/clock.ts'
import { GatewayError } from '../../core/error.ts'
import { type Migration, pendingMigrations } from '../migration.ts'
import type { Database } from './database.ts'
import { unavailable } from './unavailable.ts'

const maxConnections = 10
const acquireTimeoutMs = 2000
/** At the start nobody waits for a call: a server that is busy, or comes up itself, is given time. */
const firstConnectTimeoutMs = 10_000
const statementTimeoutMs = 5000
/** The server keeps the statement's; this one is for a server that no longer answers. */
const answerTimeoutMs = 7000
const idleTransactionTimeoutMs = 10_000
const maxTries = 3

/** What a database needs of `pg`; a pool of another client may stand in for it. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>
  end(): Promise<void>
}

export interface PostgresClient {
  query<Row>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<Row>>
  /** A broken one is closed, not used again. */
  release(isBroken: boolean): void
}

/**
 * Connects to the server, which may be any from version 15 on, and brings its tables up to date. Settings of the
 * URL win over ours; `sslmode` in it turns on TLS. `onError` is told of connections that break while nobody uses
 * them; the pool replaces those.
 */
export async function openPostgres(
  url: string,
  migrations: readonly Migration[],
  clock: Clock,
  onError: (cause: unknown) => void,
): Promise<Database> {
  const common = { connectionString: url, application_name: 'weir', keepAlive: true }
  // Migrations take the time they take.
  const patient = overPool(
    createPool({ ...common, max: 1, connectionTimeoutMillis: firstConnectTimeoutMs }, onError),
  )
  try {
    await migratePostgres(patient, migrations, clock)
  } finally {
    await patient.close()
  }
  const pool = createPool(
    {
      ...common,
      max: maxConnections,
      connectionTimeoutMillis: acquireTimeoutMs,
      statement_timeout: statementTimeoutMs,
      query_timeout: answerTimeoutMs,
      idle_in_transaction_session_timeout: idleTransactionTimeoutMs,
    },
    onError,
  )
  return overPool(pool)
}

function createPool(options: pg.PoolConfig, onError: (cause: unknown) => void): PostgresPool {
  const types = {
    getTypeParser: (oid: number, format?: 'text'): unknown =>
      numberParsers[oid] ?? pg.types.getTypeParser(oid, format),
  } as pg.CustomTypesConfig
  const pool = new pg.Pool({ ...options, types })
  pool.on('error', onError)
  // One that breaks between two statements of a transaction tells nobody else; its next statement fails.
  pool.on('connect', (client) => void client.on('error', () => undefined))
  return pool as PostgresPool
}

/** By type: int8, and numeric, which sums of int8 are. */
export const numberParsers: Readonly<Record<number, (text: string) => number>> = {
  20: parseNumber,
  1700: parseNumber,
}

function parseNumber(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new RangeError(`the database gave ${text}, which no number holds exactly`)
  }
  return value
}

/** The database over a pool whose numbers are parsed by `numberParsers`. */
export function overPool(pool: PostgresPool): Database {
  const kysely = new Kysely<unknown>({
    dialect: new PostgresDialect({
      pool: { connect: async () => guardClient(await connect(pool)), end: () => pool.end() },
    }),
  })
  return {
    dialect: 'postgres',
    kysely,
    async transaction(work) {
      for (let tries = 1; ; tries++) {
        try {
          return await kysely.transaction().execute(work)
        } catch (error) {
          if (tries === maxTries || !asksForAnotherTry(error)) throw error
        }
      }
    },
    close: () => kysely.destroy(),
  }
}

async function connect(pool: PostgresPool): Promise<PostgresClient> {
  try {
    return await pool.connect()
  } catch (cause) {
    throw unavailable(cause)
  }
}

function guardClient(client: PostgresClient): PostgresPoolClient {
  let isBroken = false
  const query = async <Row>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<Row>> => {
    try {
      return await client.query<Row>(text, values)
    } catch (error) {
      if (sqlStateOf(error) === characterNotInRepertoire) throw unstorable(error)
      if (!isFault(error)) throw error
      isBroken = true
      throw unavailable(error)
    }
  }
  return {
    // Kysely gives a cursor, the other kind of argument, only to a dialect that has been given cursors.
    query: query as PostgresPoolClient['query'],
    release: () => client.release(isBroken),
  }
}

/**
 * Whether the database is to blame. Of what the server says, the classes of connections, resources, operator
 * intervention and system errors are faults, and a server that has become read-only is one that another has
 * replaced (postgresql.org/docs/current/errcodes-appendix.html). All else comes from the connection, except what
 * our own parsing throws.
 */
function isFault(error: unknown): boolean {
  const state = sqlStateOf(error)
  if (state !== undefined) return /^(08|53|57|58)|^25006$/.test(state)
  return !(error instanceof RangeError || error instanceof TypeError)
}

const characterNotInRepertoire = '22021'

/** Valid in JSON, and in the text of no PostgreSQL database. */
function unstorable(cause: unknown): GatewayError {
  return new GatewayError('invalid_request', 'A text holds the character U+0000.', { cause })
}

/** Serialization failure and deadlock. */
function asksForAnotherTry(error: unknown): boolean {
  return ['40001', '40P01'].includes(sqlStateOf(error) ?? '')
}

function sqlStateOf(error: unknown): string | undefined {
  return error instanceof Error && 'severity' in error && 'code' in error ? String(error.code) : undefined
}

type MigrationTables = {
  readonly migrations: { readonly name: string; readonly applied_at_ms: number }
}

const oldestVersion = 15
/** Any number that others will hardly take: advisory locks are the database's, not a schema's. */
const lockKey = 0x77_65_69_72

/**
 * Applies the steps that the database has not seen, all in one transaction. A lock holds it, so that of several
 * instances that start together one does it and the others find it done.
 */
export async function migratePostgres(
  database: Database,
  migrations: readonly Migration[],
  clock: Clock,
): Promise<void> {
  await database.transaction(async (transaction) => {
    const db = transaction.withTables<MigrationTables>()
    const { rows } = await sql<{ major: number }>`
      select current_setting('server_version_num')::int / 10000 as major,
             pg_advisory_xact_lock(${sql.lit(lockKey)})`.execute(db)
    const major = rows[0]?.major ?? 0
    if (major < oldestVersion) {
      throw new Error(`PostgreSQL ${major} is too old: Weir needs ${oldestVersion} or newer`)
    }
    await db.schema
      .createTable('migrations')
      .ifNotExists()
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('applied_at_ms', 'bigint', (column) => column.notNull())
      .execute()
    const applied = await db.selectFrom('migrations').select('name').execute()
    const pending = pendingMigrations(
      migrations,
      applied.map(({ name }) => name),
    )
    for (const { name, statements } of pending) {
      const context = { schema: db.schema, dialect: 'postgres', bytes: 'bytea' } as const
      for (const statement of statements(context)) await db.executeQuery(statement)
      await db.insertInto('migrations').values({ name, applied_at_ms: clock.nowMs() }).execute()
    }
  })
}
