/** Stored responses come back byte for byte, per key, and the first to expire are the first to go. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { createTemporaryFolder } from '../../../test/support/temporary-folder.ts'
import { systemClock } from '../../core/clock.ts'
import type { SealedResponse, StoredResponseStore } from '../../stored/port.ts'
import { migrations } from './migrations.ts'
import { openStore } from './open.ts'
import { createStoredResponseStore } from './stored-response-store.ts'

function open(t: TestContext): { database: DatabaseSync; store: StoredResponseStore } {
  const database = openStore(join(createTemporaryFolder(t), 'weir.db'), migrations, systemClock)
  t.after(() => database.close())
  return { database, store: createStoredResponseStore(database) }
}

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

test('a row comes back as it was put, and is replaced whole', (t) => {
  const { store } = open(t)
  store.put(row('a'))
  store.put(row('a', { keyId: 'key-2', answer: Uint8Array.of(9) }))
  assert.deepEqual(store.get('default', 'key-1', 'a'), row('a'))
  const next = row('a', {
    createdAtMs: 5,
    expiresAtMs: 6,
    conversation: Uint8Array.of(7),
    answer: Uint8Array.of(8),
  })
  store.put(next)
  assert.deepEqual(store.get('default', 'key-1', 'a'), next)
  assert.deepEqual(store.get('default', 'key-2', 'a')?.answer, Uint8Array.of(9))
})

test('a row is found and deleted by organisation, key and id together', (t) => {
  const { store } = open(t)
  store.put(row('a'))
  for (const [org, keyId, id] of [
    ['other', 'key-1', 'a'],
    ['default', 'key-2', 'a'],
    ['default', 'key-1', 'b'],
  ] as const) {
    assert.equal(store.get(org, keyId, id), undefined)
    assert.equal(store.delete(org, keyId, id), false)
  }
  assert.equal(store.delete('default', 'key-1', 'a'), true)
  assert.equal(store.delete('default', 'key-1', 'a'), false)
})

test('pruning deletes what expired by then, the oldest first, at most as many as asked', (t) => {
  const { database, store } = open(t)
  for (const n of [3, 1, 4, 2, 5]) store.put(row(`r${n}`, { expiresAtMs: n }))
  const left = (): unknown[] =>
    database
      .prepare('select id from stored_responses order by id')
      .all()
      .map(({ id }) => id)
  assert.equal(store.prune(4, 2), 2)
  assert.deepEqual(left(), ['r3', 'r4', 'r5'])
  assert.equal(store.prune(4, 9), 2)
  assert.deepEqual(left(), ['r5'])
  assert.equal(store.prune(4, 9), 0)
})

test('neither lookup nor pruning reads the whole table', (t) => {
  const { database } = open(t)
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
