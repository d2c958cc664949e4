/** Both kinds of database keep the same promises: migrations, transactions, numbers, faults. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { sql } from 'kysely'
import { testDatabase, testServer } from '../../../test/support/databases.ts'
import { createTemporaryFolder } from '../../../test/support/temporary-folder.ts'
import { systemClock } from '../../core/clock.ts'
import { Secret } from '../../core/secret.ts'
import type { Migration } from '../migration.ts'
import { openDatabase } from './open.ts'
import { overPool } from './postgres.ts'
import { createAccessStore } from './access-store.ts'
import { createStoredResponseStore } from './stored-response-store.ts'

const counters: Migration = {
  name: 'counters',
  statements: ({ schema }) => [
    schema
      .createTable('counters')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('value', 'bigint', (column) => column.notNull()),
  ],
}

const more: Migration = {
  name: 'more',
  statements: ({ schema }) => [schema.createTable('more').addColumn('id', 'integer')],
}

const failing: Migration = {
  name: 'failing',
  statements: ({ schema }) => [schema.createIndex('broken').on('nowhere').columns(['id'])],
}

type CounterTables = { counters: { readonly name: string; readonly value: number } }
type MarkTables = { migrations: { readonly name: string; readonly applied_at_ms: number } }

testDatabase('migrations run once and in order, and are marked with their time', async (place) => {
  await place.open([counters], { ...systemClock, nowMs: () => 1000 })
  const { kysely } = await place.open([counters, more], { ...systemClock, nowMs: () => 2000 })
  const marks = await kysely.withTables<MarkTables>().selectFrom('migrations').selectAll().execute()
  assert.deepEqual(
    marks.toSorted((one, other) => one.applied_at_ms - other.applied_at_ms),
    [
      { name: 'counters', applied_at_ms: 1000 },
      { name: 'more', applied_at_ms: 2000 },
    ],
  )
})

testDatabase('a migration that fails leaves nothing of itself or of its predecessors', async (place) => {
  await assert.rejects(place.open([counters, failing]), /nowhere/)
  const { kysely } = await place.open([counters])
  const db = kysely.withTables<CounterTables>()
  assert.deepEqual(await db.selectFrom('counters').selectAll().execute(), [])
})

testDatabase('a database of a newer program is refused', async (place) => {
  await place.open([counters, more])
  await assert.rejects(place.open([counters]), /newer version of Weir \(migration more\)/)
})

testDatabase('instances that start at once apply the migrations once', async (place) => {
  const databases = await Promise.all(Array.from({ length: 5 }, () => place.open([counters, more])))
  for (const { kysely } of databases) {
    const marks = await kysely.withTables<MarkTables>().selectFrom('migrations').selectAll().execute()
    assert.equal(marks.length, 2)
  }
})

testDatabase(
  'a transaction that throws leaves nothing, and the next one finds a free database',
  async (place) => {
    const database = await place.open([counters])
    const db = database.kysely.withTables<CounterTables>()
    await assert.rejects(
      database.transaction(async (transaction) => {
        await transaction
          .withTables<CounterTables>()
          .insertInto('counters')
          .values({ name: 'a', value: 1 })
          .execute()
        throw new Error('changed my mind')
      }),
      /changed my mind/,
    )
    assert.deepEqual(await db.selectFrom('counters').selectAll().execute(), [])
  },
)

testDatabase('no transaction sees half of another, and no update is lost', async (place) => {
  const database = await place.open([counters])
  const db = database.kysely.withTables<CounterTables>()
  await db.insertInto('counters').values({ name: 'a', value: 0 }).execute()
  const increment = () =>
    database.transaction(async (transaction) => {
      const tables = transaction.withTables<CounterTables>()
      await tables
        .updateTable('counters')
        .set(({ eb, ref }) => ({ value: eb(ref('value'), '+', 1) }))
        .execute()
      await tables
        .updateTable('counters')
        .set(({ eb, ref }) => ({ value: eb(ref('value'), '+', 1) }))
        .execute()
    })
  const read = async () => (await db.selectFrom('counters').select('value').executeTakeFirstOrThrow()).value
  const seen = await Promise.all(
    Array.from({ length: 40 }, async (_, n) => (n % 2 === 0 ? (await increment(), 0) : read())),
  )
  assert.deepEqual(
    seen.filter((value) => value % 2 !== 0),
    [],
  )
  assert.equal(await read(), 40)
})

testDatabase('numbers are numbers, and one that does not fit is an error', async (place) => {
  const { kysely } = await place.open([counters])
  const db = kysely.withTables<CounterTables>()
  await db
    .insertInto('counters')
    .values([
      { name: 'a', value: Number.MAX_SAFE_INTEGER - 1 },
      { name: 'b', value: 1 },
    ])
    .execute()
  const totals = db
    .selectFrom('counters')
    .select(({ fn }) => [
      fn.sum<number>('value').as('sum'),
      fn.countAll<number>().as('count'),
      fn.avg<number>('value').as('mean'),
    ])
  assert.deepEqual(await totals.executeTakeFirst(), {
    sum: Number.MAX_SAFE_INTEGER,
    count: 2,
    mean: (Number.MAX_SAFE_INTEGER - 1) / 2 + 0.5,
  })
  await db.insertInto('counters').values({ name: 'c', value: 1 }).execute()
  await assert.rejects(totals.execute(), RangeError)
  assert.equal((await db.selectFrom('counters').selectAll().where('name', '=', 'b').execute()).length, 1)
})

testDatabase('what a statement changed is counted, and may be returned', async (place) => {
  const { kysely } = await place.open([counters])
  const db = kysely.withTables<CounterTables>()
  const put = (value: number) =>
    db
      .insertInto('counters')
      .values({ name: 'a', value })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
      .returning('value')
      .executeTakeFirst()
  assert.deepEqual(await put(1), { value: 1 })
  assert.deepEqual(await put(2), { value: 2 })
  const update = await db.updateTable('counters').set({ value: 3 }).executeTakeFirst()
  assert.equal(update.numUpdatedRows, 1n)
  const none = await db.deleteFrom('counters').where('name', '=', 'b').executeTakeFirst()
  assert.equal(none.numDeletedRows, 0n)
})

testDatabase('a text that the database cannot hold is the fault of its writer', async (place) => {
  const database = await place.open([counters])
  const db = database.kysely.withTables<CounterTables>()
  const found = db.selectFrom('counters').selectAll().where('name', '=', 'a\0b').execute()
  if (database.dialect === 'sqlite') assert.deepEqual(await found, [])
  else await assert.rejects(found, { code: 'invalid_request' })
})

testServer(
  'a connection that breaks is a fault of the store, once, and another takes its place',
  async (place) => {
    const { kysely, transaction } = await place.open([counters])
    const killer = await place.open([counters])
    const pidOf = async (db: typeof kysely) =>
      (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)).rows[0]!.pid
    const kill = (pid: number) => sql`select pg_terminate_backend(${pid}, 5000)`.execute(killer.kysely)
    const broken = transaction(async (db) => {
      await kill(await pidOf(db))
      await sql`select 1`.execute(db)
    })
    await assert.rejects(broken, { code: 'store_unavailable' })
    assert.ok((await pidOf(kysely)) > 0)
  },
)

testServer('a statement that takes too long ends, and is a fault of the store', async (place) => {
  const { kysely } = await place.open([counters])
  await sql`set statement_timeout = 20`.execute(kysely)
  await assert.rejects(sql`select pg_sleep(10)`.execute(kysely), { code: 'store_unavailable' })
})

test('a transaction that waits for itself is refused, not stuck (SQLite)', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const database = await openDatabase({ ...sqliteIn(createTemporaryFolder()) })
  t.after(() => database.close())
  const stuck = database.transaction(async () => {
    const inner = sql`select 1`.execute(database.kysely)
    await new Promise(setImmediate)
    t.mock.timers.tick(2000)
    await inner
  })
  await assert.rejects(stuck, { code: 'store_unavailable' })
  assert.equal((await sql`select 1`.execute(database.kysely)).rows.length, 1)
})

test('a full disk is a fault of the store, and a transaction is over with it (SQLite)', async (t) => {
  const database = await openDatabase(sqliteIn(createTemporaryFolder()))
  t.after(() => database.close())
  const store = createStoredResponseStore(database)
  const bytes = new Uint8Array(1_000_000)
  const small = {
    org: 'default',
    keyId: 'k',
    id: 'a',
    createdAtMs: 0,
    expiresAtMs: 1,
    conversation: new Uint8Array(1),
  }
  const large = { ...small, answer: bytes }
  await sql`pragma max_page_count = 40`.execute(database.kysely)
  await assert.rejects(store.put(large, []), { code: 'store_unavailable', status: 503 })
  await assert.rejects(
    database.transaction((transaction) =>
      createStoredResponseStore({
        ...database,
        kysely: transaction,
        transaction: (work) => work(transaction),
      }).put(large, []),
    ),
    { code: 'store_unavailable' },
  )
  await store.put({ ...small, answer: new Uint8Array(1) }, [])
  assert.ok(await store.get('default', 'k', 'a'))
})

test('the file of the release before opens with what it holds', async (t) => {
  const dataDir = createTemporaryFolder()
  const old = new DatabaseSync(join(dataDir, 'weir.db'))
  old.exec(`
    create table "migrations" ("name" text primary key, "applied_at_ms" bigint not null);
    create table "api_keys" ("id" text primary key, "org" text not null, "name" text not null,
      "secret_hash" text not null, "created_at_ms" bigint not null);
    create table "stored_responses" ("org" text not null, "key_id" text not null, "id" text not null,
      "created_at_ms" bigint not null, "expires_at_ms" bigint not null, "conversation" blob not null,
      "answer" blob not null, constraint "stored_responses_identity" primary key ("org", "key_id", "id"));
    create index "stored_responses_by_expiry" on "stored_responses" ("expires_at_ms");
    insert into migrations values ('0001-api-keys', 1), ('0002-stored-responses', 1);
    insert into api_keys values ('k1', 'default', 'first', 'abcd', 5);`)
  const tablesOf = (file: DatabaseSync) =>
    file.prepare('select name, sql from sqlite_master where sql is not null order by name').all()
  const database = await openDatabase(sqliteIn(dataDir))
  t.after(() => database.close())
  const { keys } = await createAccessStore(database).changedSince(0)
  assert.deepEqual(keys, [
    {
      org: 'default',
      id: 'k1',
      name: 'first',
      secretHash: 'abcd',
      createdAtMs: 5,
      seq: 1,
      metadata: {},
      rules: {},
    },
  ])
  const fresh = createTemporaryFolder()
  await (await openDatabase(sqliteIn(fresh))).close()
  const bare = (file: DatabaseSync) =>
    tablesOf(file).map((table) => String(table['sql']).replaceAll(/\s+/g, ' '))
  assert.deepEqual(bare(new DatabaseSync(join(fresh, 'weir.db'))), bare(old))
  old.close()
})

test('a server that is not there is named by its fault, without the password', async () => {
  const store = new Secret('postgres://weir:hunter22hunter22@127.0.0.1:1/weir')
  const opening = openDatabase({ store, dataDir: '', clock: systemClock, onError: () => undefined })
  await assert.rejects(opening, (error: Error) => {
    assert.match(error.message, /the database that `store` names is not available: .*ECONNREFUSED/)
    assert.doesNotMatch(`${error.stack} ${String(error.cause)}`, /hunter22/)
    return true
  })
})

test('what a server says decides whether it is at fault, must be asked again, or its client erred', async () => {
  const failure = (code: string) => Object.assign(new Error(code), { severity: 'ERROR', code })
  const outcomes: Record<string, unknown> = {}
  const broken: boolean[] = []
  for (const code of [
    '57P01',
    '53300',
    '08006',
    '25006',
    '57014',
    '23505',
    '42P01',
    'reset',
    '40001',
    '40P01',
  ]) {
    let begun = 0
    const database = overPool({
      connect: async () => ({
        async query(text: string) {
          if (text === 'begin') begun++
          if (text === 'select 1') throw code === 'reset' ? new Error('Connection terminated') : failure(code)
          return { command: 'SELECT' as const, rowCount: 0, rows: [] }
        },
        release: (isBroken) => void broken.push(isBroken),
      }),
      end: async () => undefined,
    })
    const told = await database
      .transaction((transaction) => sql`select 1`.execute(transaction))
      .catch((error: Error & { code?: string }) => error.code)
    outcomes[code] = [told, begun]
  }
  const fault = ['store_unavailable', 1]
  assert.deepEqual(outcomes, {
    '57P01': fault,
    '53300': fault,
    '08006': fault,
    '25006': fault,
    '57014': fault,
    reset: fault,
    '23505': ['23505', 1],
    '42P01': ['42P01', 1],
    '40001': ['40001', 3],
    '40P01': ['40P01', 3],
  })
  assert.equal(broken.filter(Boolean).length, 6)
})

function sqliteIn(dataDir: string) {
  return { store: 'sqlite', dataDir, clock: systemClock, onError: () => undefined } as const
}
