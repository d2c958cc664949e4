/** Tickets come back as they were put, one taker gets each, and those that ended go. */

import assert from 'node:assert/strict'
import { testStore } from '../../../test/support/databases.ts'
import type { Ticket } from '../../access/port.ts'
import { createTicketStore } from './ticket-store.ts'

const ticket = (digest: string, given: Partial<Ticket> = {}): Ticket => ({
  digest,
  kind: 'session',
  org: 'default',
  madeAtMs: 1_700_000_000_000,
  endsAtMs: 1_700_000_900_000,
  detail: { nonce: 'ß' },
  ...given,
})

testStore('a ticket is found by its kind and digest until it is taken, once', async (database) => {
  const store = createTicketStore(database)
  await store.put(ticket('a', { user: 'user_1' }))
  await store.put(ticket('b', { kind: 'invitation' }))
  assert.deepEqual(await store.find('session', 'a'), ticket('a', { user: 'user_1' }))
  assert.equal(await store.find('invitation', 'a'), undefined)
  assert.equal(await store.take('session', 'b'), undefined, 'an invitation is no session')
  const taken = await Promise.all([1, 2, 3].map(() => store.take('invitation', 'b')))
  assert.deepEqual(
    taken.filter((one) => one !== undefined),
    [ticket('b', { kind: 'invitation' })],
  )
})

testStore('what ended before is removed, and nothing else', async (database) => {
  const store = createTicketStore(database)
  await store.put(ticket('old', { endsAtMs: 10 }))
  await store.put(ticket('new', { endsAtMs: 20 }))
  await store.prune(20)
  assert.equal(await store.find('session', 'old'), undefined)
  assert.deepEqual(await store.find('session', 'new'), ticket('new', { endsAtMs: 20 }))
})
