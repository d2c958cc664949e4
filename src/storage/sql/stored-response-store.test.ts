/** Stored responses come back byte for byte, per key, and the first to expire are the first to go. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { testStore } from '../../../test/support/databases.ts'
import { createTemporaryFolder } from '../../../test/support/temporary-folder.ts'
import { systemClock } from '../../core/clock.ts'
import type { SealedResponse, StoredResponseStore } from '../../stored/port.ts'
import { migrations } from './migrations.ts'
import { openSqlite } from './sqlite.ts'
import { createStoredResponseStore } from './stored-response-store.ts'

const row = (id: string, given: Partial<SealedResponse> = {}): SealedResponse => ({
  org: 'default',
  keyId: 'key-1',
  id,
  createdAtMs: 1_700_000_000_000,
  expiresAtMs: 1_700_000_100_000,
  conversation: Uint8Array.of(0, 255, 1),
  answer: Uint8Array.of(2, 0),
  ...given,
})

/** Databases give bytes as arrays of different classes. */
async function read(
  store: StoredResponseStore,
  keyId: string,
  id: string,
): Promise<SealedResponse | undefined> {
  const found = await store.get('default', keyId, id)
  return (
    found && {
      ...found,
      conversation: Uint8Array.from(found.conversation),
      answer: Uint8Array.from(found.answer),
    }
  )
}

testStore('a row comes back as it was put, and is replaced whole', async (database) => {
  const store = createStoredResponseStore(database)
  await store.put(row('a'), [])
  await store.put(row('a', { keyId: 'key-2', answer: Uint8Array.of(9) }), [])
  assert.deepEqual(await read(store, 'key-1', 'a'), row('a'))
  const next = row('a', {
    createdAtMs: 5,
    expiresAtMs: 6,
    conversation: Uint8Array.of(7),
    answer: Uint8Array.of(8),
  })
  await store.put(next, [])
  assert.deepEqual(await read(store, 'key-1', 'a'), next)
  assert.deepEqual((await read(store, 'key-2', 'a'))?.answer, Uint8Array.of(9))
})

testStore('a row is found and deleted by organisation, key and id together', async (database) => {
  const store = createStoredResponseStore(database)
  await store.put(row('a'), [])
  for (const [org, keyId, id] of [
    ['other', 'key-1', 'a'],
    ['default', 'key-2', 'a'],
    ['default', 'key-1', 'b'],
  ] as const) {
    assert.equal(await store.get(org, keyId, id), undefined)
    assert.equal(await store.delete(org, keyId, id), false)
  }
  assert.equal(await store.delete('default', 'key-1', 'a'), true)
  assert.equal(await store.delete('default', 'key-1', 'a'), false)
})

testStore(
  'pruning deletes what expired by then, the oldest first, at most as many as asked',
  async (database) => {
    const store = createStoredResponseStore(database)
    for (const n of [3, 1, 4, 2, 5]) await store.put(row(`r${n}`, { expiresAtMs: n }), [])
    const left = async () => {
      const db = database.kysely.withTables<{ stored_responses: { id: string } }>()
      const rows = await db.selectFrom('stored_responses').select('id').orderBy('id').execute()
      return rows.map(({ id }) => id)
    }
    assert.equal(await store.prune(4, 2), 2)
    assert.deepEqual(await left(), ['r3', 'r4', 'r5'])
    assert.equal(await store.prune(4, 9), 2)
    assert.deepEqual(await left(), ['r5'])
    assert.equal(await store.prune(4, 9), 0)
  },
)

test('neither lookup nor pruning reads the whole table (SQLite)', async (t) => {
  const path = join(createTemporaryFolder(), 'weir.db')
  await openSqlite(path, migrations, systemClock).close()
  const database = new DatabaseSync(path)
  t.after(() => database.close())
  const plan = (sql: string): string =>
    database
      .prepare(`explain query plan ${sql}`)
      .all()
      .map(({ detail }) => String(detail))
      .join('\n')
  const lookup = plan(`select * from stored_responses where org = '' and key_id = '' and id = ''`)
  const expired = plan(
    'select org from stored_responses where expires_at_ms <= 0 order by expires_at_ms limit 1',
  )
  assert.match(lookup, /SEARCH stored_responses USING INDEX sqlite_autoindex/)
  assert.match(expired, /SEARCH stored_responses USING INDEX stored_responses_by_expiry/)
})

testStore(
  'a response is found by an item of its answer, the latest first, until it goes',
  async (database) => {
    const store = createStoredResponseStore(database)
    await store.put(row('a', { createdAtMs: 1 }), ['msg_1', 'rs_1'])
    await store.put(row('b', { createdAtMs: 2 }), ['msg_1'])
    await store.put(row('c', { keyId: 'key-2' }), ['msg_2'])
    const found = async (itemId: string) => (await store.getByItem('default', 'key-1', itemId))?.id
    assert.deepEqual([await found('msg_1'), await found('rs_1'), await found('msg_2')], ['b', 'a', undefined])
    await store.put(row('a', { createdAtMs: 3 }), ['msg_3'])
    assert.deepEqual([await found('rs_1'), await found('msg_3')], [undefined, 'a'])
    await store.delete('default', 'key-1', 'b')
    assert.equal(await found('msg_1'), undefined)
    await store.prune(2e12, 10)
    assert.equal(await found('msg_3'), undefined)
  },
)

testStore('a user whose name no text of PostgreSQL can hold is kept, and forgotten', async (database) => {
  const store = createStoredResponseStore(database)
  await store.put(row('a', { user: 'a\0da' }), [])
  assert.equal((await store.get('default', 'key-1', 'a'))?.user, 'a\ufffdda')
  assert.equal(await store.forget('default', { user: 'a\0da', keyIds: [] }), 1)
})
