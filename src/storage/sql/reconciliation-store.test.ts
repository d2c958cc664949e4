/** Reconciliations come back as they were kept, the newest first, and of each provider no more than a bounded number. */

import assert from 'node:assert/strict'
import { testStore } from '../../../test/support/databases.ts'
import type { KeptReconciliation } from '../../ledger/port.ts'
import { createReconciliationStore } from './reconciliation-store.ts'

const kept = (n: number, provider = 'openai', org = 'default'): KeptReconciliation => ({
  org,
  id: `bill_${n}`,
  atMs: n,
  provider,
  actor: 'user:u1',
  found: { differ: n, rows: [{ day: '2026-05-01', model: 'zoë "1"' }] },
})

testStore('reconciliations are kept, listed and forgotten by age', async (database) => {
  const store = createReconciliationStore(database)
  assert.deepEqual(await store.list('default', 10), [])
  await store.add(kept(1, 'claude'))
  await store.add(kept(2, 'openai', 'other'))
  for (let n = 10; n < 62; n++) await store.add(kept(n))
  assert.deepEqual(await store.list('default', 2), [kept(61), kept(60)])
  const all = await store.list('default', 100)
  assert.equal(all.length, 51)
  assert.deepEqual(all.at(-1), kept(1, 'claude'))
  assert.deepEqual(await store.get('default', 'bill_1'), kept(1, 'claude'))
  assert.equal(await store.get('default', 'bill_10'), undefined, 'the oldest of its provider')
  assert.equal(await store.get('default', 'bill_2'), undefined, 'of another organisation')
  assert.deepEqual(await store.list('other', 10), [kept(2, 'openai', 'other')])
})
