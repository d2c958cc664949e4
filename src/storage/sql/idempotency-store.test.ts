/** Of many that claim one key at once one gets it; what holds is kept, what does not is taken over, and bounds are kept. */

import assert from 'node:assert/strict'
import { testStore } from '../../../test/support/databases.ts'
import type { Claim } from '../../idempotency/port.ts'
import { createClaimStore } from './idempotency-store.ts'

const nowMs = 1_700_000_000_000

const claim = (requestId: string, more: Partial<Claim> = {}): Claim => ({
  org: 'default',
  keyId: 'key-1',
  digest: 'd1',
  requestId,
  bodySha256: 'aa',
  leaseUntilMs: nowMs + 60_000,
  expiresAtMs: nowMs + 86_400_000,
  ...more,
})

testStore('one of many gets the key, and the others see whose it is', async (database) => {
  const store = createClaimStore(database)
  const standing = await Promise.all(Array.from({ length: 20 }, (_, n) => store.claim(claim(`r${n}`), nowMs)))
  const owners = new Set(standing.map(({ requestId }) => requestId))
  assert.equal(owners.size, 1)
  const [owner] = owners
  await store.release(claim('other'), 'other')
  assert.equal((await store.claim(claim('late'), nowMs)).requestId, owner)
  await store.release(claim(owner!), owner!)
  assert.equal((await store.claim(claim('next'), nowMs)).requestId, 'next')
})

testStore(
  'an answer is kept until it expires, and no other run can replace or delete it',
  async (database) => {
    const store = createClaimStore(database)
    await store.claim(claim('a'), nowMs)
    await store.complete(claim('a'), 'b', Uint8Array.of(9), nowMs + 10)
    await store.complete(claim('a'), 'a', Uint8Array.of(0, 255), nowMs + 10)
    await store.release(claim('a'), 'a')
    const { answer, ...rest } = await store.claim(claim('b'), nowMs + 9)
    assert.deepEqual(Uint8Array.from(answer!), Uint8Array.of(0, 255))
    assert.deepEqual(rest, claim('a', { expiresAtMs: nowMs + 10 }))
    assert.equal((await store.claim(claim('c'), nowMs + 10)).requestId, 'c')
  },
)

testStore('a lease that is renewed holds, one that ran out does not', async (database) => {
  const store = createClaimStore(database)
  await store.claim(claim('a'), nowMs)
  await store.claim(claim('z', { digest: 'd2' }), nowMs)
  await store.renew(['a', 'nobody'], nowMs + 120_000)
  assert.equal((await store.claim(claim('b'), nowMs + 119_999)).requestId, 'a')
  assert.equal((await store.claim(claim('y', { digest: 'd2' }), nowMs + 60_000)).requestId, 'y')
  assert.equal((await store.claim(claim('c'), nowMs + 120_000)).requestId, 'c')
})

testStore(
  'pruning keeps within the bounds, the oldest go first, and runs are left alone',
  async (database) => {
    const store = createClaimStore(database)
    for (let n = 0; n < 10; n++) {
      const own = claim(`r${n}`, { digest: `d${n}` })
      await store.claim(own, nowMs)
      if (n < 9) await store.complete(own, own.requestId, new Uint8Array(100), nowMs + 1000 + n)
    }
    const there = async () => {
      const db = database.kysely.withTables<{ idempotency_claims: { request_id: string } }>()
      const rows = await db
        .selectFrom('idempotency_claims')
        .select('request_id')
        .orderBy('request_id')
        .execute()
      return rows.map(({ request_id }) => request_id).join()
    }
    const wide = { maxAnswers: 1e6, maxBytes: 1e9 }
    assert.equal(await store.prune(nowMs, wide, 100), 0)
    assert.equal(await store.prune(nowMs, { ...wide, maxAnswers: 6 }, 2), 2)
    assert.equal(await store.prune(nowMs, { ...wide, maxAnswers: 6 }, 100), 1)
    assert.equal(await there(), 'r3,r4,r5,r6,r7,r8,r9')
    assert.equal(await store.prune(nowMs, { ...wide, maxBytes: 450 }, 100), 2)
    assert.equal(await store.prune(nowMs + 1006, wide, 100), 2)
    assert.equal(await there(), 'r7,r8,r9')
  },
)
