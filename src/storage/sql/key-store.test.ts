/** Keys come back as they were stored. */

import assert from 'node:assert/strict'
import { testStore } from '../../../test/support/databases.ts'
import type { StoredKey } from '../../access/port.ts'
import { createKeyStore } from './key-store.ts'

const key = (id: string): StoredKey => ({
  org: 'default',
  id,
  name: 'Zoë',
  secretHash: 'ab'.repeat(32),
  createdAtMs: 1_700_000_000_000,
})

testStore('keys come back as they were stored, and no id twice', async (database) => {
  const store = createKeyStore(database)
  assert.deepEqual(await store.all(), [])
  await store.insert(key('a'))
  await store.insert(key('b'))
  const all = await store.all()
  assert.deepEqual(
    all.toSorted((one, other) => (one.id < other.id ? -1 : 1)),
    [key('a'), key('b')],
  )
  await assert.rejects(store.insert(key('a')), /unique/i)
})
