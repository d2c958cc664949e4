/** Every store of answers keeps the same promises; a real Redis too, where WEIR_REDIS names one. */

import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { testRedis } from '../../test/support/redis.ts'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import { until } from '../../test/support/until.ts'
import type { Clock } from '../core/clock.ts'
import { createRedisAnswerStore } from '../storage/redis/answer-store.ts'
import { connectRedis } from '../storage/redis/connect.ts'
import { answerMigrations } from '../storage/sqlite/answer-migrations.ts'
import { createAnswerStore } from '../storage/sqlite/answer-store.ts'
import { openStore } from '../storage/sqlite/open.ts'
import { seal, unsealBytes } from '../stored/seal.ts'
import { createMemoryAnswerStore } from './memory-store.ts'
import type { AnswerStore, StoredAnswer } from './port.ts'
import { createRecentStore } from './recent-store.ts'
import { createSealedStore } from './sealed-store.ts'

const maxBytes = 200_000

function fakeClock(): Clock & { nowAtMs: number } {
  const clock = { nowAtMs: 1_000_000, nowMs: () => clock.nowAtMs, monotonicMs: () => clock.nowAtMs }
  return clock
}

type Open = (t: TestContext, clock: Clock) => AnswerStore | Promise<AnswerStore>

const bounded: Readonly<Record<string, Open>> = {
  memory: (_t, clock) => createMemoryAnswerStore(maxBytes, clock),
  SQLite(t, clock) {
    const database = openStore(join(createTemporaryFolder(), 'cache.db'), answerMigrations, clock)
    t.after(() => database.close())
    return createAnswerStore(database, maxBytes, clock)
  },
}

/** At the same bound: what sealing adds is of the entry. */
const sealed: Open = async (t, clock) => {
  const key = randomBytes(32)
  return createSealedStore(await bounded['SQLite']!(t, clock), {
    seal: (place, plain) => seal(key, place, plain),
    unseal: (place, value) => unsealBytes(key, place, value),
  })
}

const recent: Open = async (t, clock) =>
  createRecentStore(await sealed(t, clock), { maxBytes: 20_000, clock })

const redisUrl = process.env['WEIR_REDIS']
const all: Readonly<Record<string, Open>> = {
  ...bounded,
  'SQLite, sealed': sealed,
  'SQLite, sealed, with those of late in memory': recent,
  ...(redisUrl !== undefined && {
    async Redis(t: TestContext, clock: Clock) {
      const redis = await connectRedis(redisUrl, () => undefined)
      t.after(() => redis.close())
      return createRedisAnswerStore(redis, maxBytes, clock)
    },
  }),
}

function answerOf(org: string, key: string, more: Partial<StoredAnswer> = {}): StoredAnswer {
  const value = Buffer.from([0, 255, 1, 128, ...Buffer.from(key)])
  return { org, key, destination: 'chat', tags: [], value, expiresAtMs: 1_060_000, ...more }
}

for (const [kind, open] of Object.entries(all)) {
  test(`an answer comes back byte for byte, to its tenant alone (${kind})`, async (t) => {
    const store = await open(t, fakeClock())
    const [one, two] = [randomUUID(), randomUUID()]
    await store.set(answerOf(one, 'k'))
    assert.deepEqual(Buffer.from((await store.get(one, 'k'))!.value), answerOf(one, 'k').value)
    assert.equal(await store.get(two, 'k'), undefined)
    await store.set(answerOf(one, 'k', { value: Buffer.from('new') }))
    assert.equal(Buffer.from((await store.get(one, 'k'))!.value).toString(), 'new')
    await store.remove(one, 'k')
    assert.equal(await store.get(one, 'k'), undefined)
  })

  test(`purging takes what its conditions name, of one tenant (${kind})`, async (t) => {
    const store = await open(t, fakeClock())
    const [one, two] = [randomUUID(), randomUUID()]
    await store.set(answerOf(one, 'a', { tags: ['x', "y'"] }))
    await store.set(answerOf(one, 'b', { destination: 'openai/m', tags: ['x'] }))
    await store.set(answerOf(one, 'c'))
    await store.set(answerOf(two, 'a', { tags: ['x'] }))
    assert.equal(await store.purge(one, { tag: "y'" }), 1)
    assert.equal(await store.purge(one, { tag: 'x', destination: 'chat' }), 0)
    assert.equal(await store.purge(one, { destination: 'openai/m' }), 1)
    assert.equal(await store.purge(one, {}), 1)
    assert.equal(await store.purge(one, {}), 0)
    assert.notEqual(await store.get(two, 'a'), undefined)
    assert.equal(await store.purge(two, {}), 1)
  })
}

for (const [kind, open] of Object.entries(bounded)) {
  test(`an answer that has expired is gone (${kind})`, async (t) => {
    const clock = fakeClock()
    const store = await open(t, clock)
    await store.set(answerOf('o', 'k'))
    clock.nowAtMs = 1_060_000
    assert.equal(await store.get('o', 'k'), undefined)
  })

  test(`the store stays within its bound, and what was used last stays longest (${kind})`, async (t) => {
    const store = await open(t, fakeClock())
    await store.set(answerOf('o', 'dear'))
    for (let n = 0; n < 1000; n++) {
      await store.set(answerOf('o', `k${n}`, { value: Buffer.alloc(1000) }))
      if (n % 20 === 0) assert.notEqual(await store.get('o', 'dear'), undefined, `after ${n}`)
      assert.ok(store.size!().bytes <= maxBytes)
    }
    assert.ok(store.size!().entries > 50)
    assert.equal(await store.get('o', 'k0'), undefined)
    assert.notEqual(await store.get('o', 'k999'), undefined)
  })
}

testRedis('answers in Redis stay within the bound that all instances count together', async (server, t) => {
  const redis = await server.connect()
  const clock = fakeClock()
  const open = () => createRedisAnswerStore(redis, maxBytes, clock)
  const [one, other] = [open(), open()]
  const held = async () => Number(await redis.text.get('{weir}:answers:1:bytes'))
  /** By what is there, not by what was counted. */
  const bytesThere = async () => {
    let bytes = 0
    for await (const names of redis.text.scanIterator({ MATCH: '{weir}:answers:1:of:*' }))
      for (const name of names) bytes += Number(await redis.text.hStrLen(name, 'value')) + 1024
    return bytes
  }
  const usedBytes = async () => Number(/^used_memory:(\d+)/m.exec(await redis.text.info('memory'))![1])
  const emptyBytes = await usedBytes()
  for (let n = 0; n < 1000; n++) {
    const answer = answerOf('o', `k${n}`, {
      value: Buffer.alloc(1000),
      expiresAtMs: clock.nowAtMs + 60_000 + n,
    })
    await (n % 2 ? one : other).set(answer)
    if (n % 100 === 0) assert.equal(await held(), await bytesThere())
  }
  assert.ok((await held()) <= maxBytes && (await held()) > maxBytes - 2024)
  assert.equal(await held(), await bytesThere())
  const tookBytes = (await usedBytes()) - emptyBytes
  t.diagnostic(`${tookBytes} bytes of memory for ${await held()} counted`)
  assert.equal(await one.get('o', 'k0'), undefined)
  assert.notEqual(await one.get('o', 'k999'), undefined)

  // Written anew, shorter and longer, it counts once.
  for (const length of [10, 5000, 5000]) await one.set(answerOf('o', 'k999', { value: Buffer.alloc(length) }))
  assert.equal(await held(), await bytesThere())
  await one.set(answerOf('o', 'too-large', { value: Buffer.alloc(maxBytes) }))
  assert.equal(await one.get('o', 'too-large'), undefined)
  assert.equal(await held(), await bytesThere())
  await other.remove('o', 'k998')
  assert.equal(await held(), await bytesThere())
  assert.ok((await other.purge('o', {})) > 90)
  assert.deepEqual([await held(), await bytesThere()], [0, 0])

  // What has ended by itself makes room with the next answer, and so does what somebody else deleted.
  for (let n = 0; n < 50; n++) await one.set(answerOf('o', `s${n}`, { expiresAtMs: clock.nowAtMs + 20 }))
  await until('them to end', async () => ((await bytesThere()) === 0 ? true : undefined))
  await one.set(answerOf('o', 'k'))
  assert.equal(await held(), await bytesThere())
  await redis.text.del('{weir}:answers:1:bytes')
  await one.set(answerOf('o', 'k2'))
  assert.notEqual(await one.get('o', 'k'), undefined)
  assert.equal(await held(), 1024 + answerOf('o', 'k2').value.length)
})

test('what was of late is told from memory, looked up again after a while, and gone with what is deleted', async () => {
  const clock = fakeClock()
  const behind = createMemoryAnswerStore(maxBytes, clock)
  let looks = 0
  const store = createRecentStore(
    {
      ...behind,
      get(org, key) {
        looks++
        return behind.get(org, key)
      },
    },
    { maxBytes, clock },
  )
  const read = async () => (await store.get('o', 'k'))?.value
  const written = store.set(answerOf('o', 'k', { expiresAtMs: 1_200_000 }))
  assert.notEqual(await read(), undefined)
  assert.equal(behind.size!().entries, 0)
  await written
  assert.equal(behind.size!().entries, 1)
  assert.equal(looks, 0)
  clock.nowAtMs += 60_000
  assert.notEqual(await read(), undefined)
  assert.notEqual(await read(), undefined)
  assert.equal(looks, 1)
  clock.nowAtMs = 1_200_000
  assert.equal(await read(), undefined)
  const late = store.set(answerOf('o', 'k', { tags: ['x'], expiresAtMs: 2_000_000 }))
  assert.equal(await store.purge('o', { tag: 'x' }), 1)
  await late
  assert.equal(await read(), undefined)
})

test('a store that cannot be written says so to whoever set the answer', async () => {
  const clock = fakeClock()
  const broken: AnswerStore = {
    ...createMemoryAnswerStore(maxBytes, clock),
    set() {
      throw new Error('the disk is full')
    },
  }
  await assert.rejects(
    async () => createRecentStore(broken, { maxBytes, clock }).set(answerOf('o', 'k')),
    /the disk is full/,
  )
})
