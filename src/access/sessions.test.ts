/** Tokens of sessions: whoever makes them up costs the store next to nothing, and keeps nobody out. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { createTestClock } from '../../test/support/access.ts'
import type { Ticket, TicketStore } from './port.ts'
import { Sessions } from './sessions.ts'

function createStore() {
  const kept = new Map<string, Ticket>()
  const store = {
    looked: 0,
    async find(_kind: string, digest: string) {
      store.looked++
      return kept.get(digest)
    },
    async take(_kind: string, digest: string) {
      store.looked++
      const ticket = kept.get(digest)
      kept.delete(digest)
      return ticket
    },
    put: async (ticket: Ticket) => void kept.set(ticket.digest, ticket),
    prune: async () => {},
  }
  return store
}

const madeUp = () => randomBytes(32).toString('base64url')

test('what has not the form of a token is looked for nowhere', async () => {
  const store = createStore()
  const sessions = new Sessions(store as unknown as TicketStore, createTestClock())
  for (const token of ['', 'x', `${madeUp()}x`, madeUp().slice(1), `${madeUp().slice(1)}'`, '%'.repeat(43)]) {
    assert.equal(await sessions.find('session', token), undefined)
    assert.equal(await sessions.take('invitation', token), undefined)
  }
  assert.equal(store.looked, 0)
})

test('of ten thousand made-up tokens the store sees fifty in a second, and whoever is known passes', async () => {
  const store = createStore()
  const clock = createTestClock()
  const sessions = new Sessions(store as unknown as TicketStore, clock)
  const token = await sessions.make('session', { org: 'default', user: 'u1' })
  assert.equal((await sessions.find('session', token))?.user, 'u1')
  const before = store.looked
  let refused = 0
  for (let n = 0; n < 10_000; n++) {
    await sessions.find('session', madeUp()).catch((error: { code: string }) => {
      assert.equal(error.code, 'rate_limited')
      refused++
    })
  }
  assert.ok(store.looked - before <= 50, `${store.looked - before} looks`)
  assert.equal(refused + store.looked - before, 10_000)
  assert.equal((await sessions.find('session', token))?.user, 'u1')
  await assert.rejects(sessions.find('session', madeUp()), { code: 'rate_limited' })
  clock.advance(1000)
  assert.equal(await sessions.find('session', madeUp()), undefined)
  await sessions.take('session', token)
  assert.equal(await sessions.find('session', token), undefined)
})
