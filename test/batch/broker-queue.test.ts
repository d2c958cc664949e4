/** What a broker has lost is found by the rows, in their order, and only then; what it carries is taken by its numbers. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createBrokerQueue } from '../../src/batch/broker-queue.ts'
import type { BatchStore, Claim, Lease, LineBroker, TakenMessages } from '../../src/batch/port.ts'
import { systemClock } from '../../src/core/clock.ts'
import { createBatchStore } from '../../src/storage/sql/batch-store.ts'
import { migrations } from '../../src/storage/sql/migrations.ts'
import { openSqlite } from '../../src/storage/sql/sqlite.ts'
import { plainBatch } from '../support/plain-batch.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const id = plainBatch.id
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n + 1)
const numbers = (claims: readonly Claim[]) => claims.map(({ line }) => line)
const lease = (nowMs: number, holder = 'a'): Lease => ({ holder, nowMs, leaseMs: 1000 })

/** In memory: it can lose everything, and be away. */
class MemoryBroker implements LineBroker {
  readonly offered: string[] = []
  messages: string[] = []
  isAway = false
  /** Others have taken some, and may give them back. */
  hasMore = false
  asked = 0

  async offer(_id: string, messages: readonly string[]): Promise<void> {
    this.#answer()
    this.offered.push(...messages)
    this.messages.push(...messages)
  }

  async take(_id: string, limit: number): Promise<TakenMessages> {
    this.#answer()
    const messages = this.messages.splice(0, limit)
    return {
      messages,
      isEmpty: messages.length === 0 && !this.hasMore,
      accept: async () => undefined,
      giveBack: async () => void this.messages.unshift(...messages),
    }
  }

  async drop(): Promise<void> {
    this.messages = []
  }

  async close(): Promise<void> {}

  #answer(): void {
    this.asked++
    if (this.isAway) throw new Error('away')
  }
}

async function open(t: TestContext, lines: number) {
  const database = openSqlite(join(createTemporaryFolder(), 'weir.db'), migrations, systemClock)
  t.after(() => database.close())
  const rows = createBatchStore(database)
  await rows.create({ ...plainBatch, total: lines })
  await rows.addLines(
    id,
    upTo(lines).map((line) => ({ line, offset: line, bytes: 1 })),
  )
  const asked = { sweeps: 0, straight: 0 }
  const store: Pick<BatchStore, 'claim' | 'due'> = {
    claim(batchId, limit, from, among) {
      if (among === undefined) asked.straight++
      return rows.claim(batchId, limit, from, among)
    },
    due(...query) {
      asked.sweeps++
      return rows.due(...query)
    },
  }
  const broker = new MemoryBroker()
  const states: boolean[] = []
  const time = { ms: 0 }
  const queue = createBrokerQueue({
    broker,
    store,
    clock: { monotonicMs: () => time.ms },
    onState: (cause) => states.push(cause === undefined),
  })
  return { rows, broker, queue, asked, states, time }
}

test('while a broker has messages, or some are on their way, the rows are not searched', async (t) => {
  const { broker, queue, asked } = await open(t, 64)
  await queue.offer(id, upTo(64))
  assert.deepEqual(broker.offered, ['1-32', '33-64'])
  assert.deepEqual(numbers(await queue.take(id, 32, lease(0))), upTo(32))
  broker.messages = []
  broker.hasMore = true
  assert.deepEqual(await queue.take(id, 32, lease(0)), [])
  assert.deepEqual(asked, { sweeps: 0, straight: 0 })
  broker.hasMore = false
  assert.deepEqual(numbers(await queue.take(id, 32, lease(0))), upTo(64).slice(32))
  assert.deepEqual(asked, { sweeps: 1, straight: 0 })
  assert.deepEqual(broker.offered, ['1-32', '33-64', '33-64'])
})

test('lost messages are published again: what is due, that which has waited longest first, and no suspects', async (t) => {
  const { rows, broker, queue } = await open(t, 40)
  await queue.offer(id, upTo(40))
  broker.messages = []
  // 21 to 40 may be had again before 1 to 20; with 7, two processes have ended.
  for (const holder of ['dead', 'dead again']) {
    await rows.claim(id, 1, lease(0, holder), [7])
    await rows.releaseAll(holder, 0)
  }
  await rows.claim(id, 40, lease(0))
  const giveBack = (lines: readonly number[], dueAtMs: number) =>
    rows.giveBack(
      id,
      'a',
      lines.map((line) => ({ line, dueAtMs, tries: 0 })),
    )
  await giveBack(upTo(20), 900)
  await giveBack(upTo(40).slice(20), 500)
  broker.offered.length = 0

  assert.deepEqual(await queue.take(id, 1, lease(499)), [])
  assert.deepEqual(broker.offered, [])
  assert.deepEqual(numbers(await queue.take(id, 1, lease(500))), upTo(40).slice(20))
  assert.deepEqual(broker.offered, ['21-40'])
  // All that is due by then is published at once: the longest first, whatever their numbers.
  await giveBack(upTo(40).slice(30), 600)
  assert.deepEqual(
    numbers(await queue.take(id, 1, lease(900))),
    upTo(40)
      .slice(30)
      .concat(upTo(20).filter((line) => line !== 7))
      .toSorted((a, b) => a - b),
  )
  assert.deepEqual(broker.offered, ['21-40', '31-40,1-6,8-20'])
  assert.deepEqual(await queue.take(id, 1, lease(900)), [])
})

test('a sweep publishes a thousand lines at a time, the first first', async (t) => {
  const { broker, queue, asked } = await open(t, 3000)
  const taken = numbers(await queue.take(id, 32, lease(0)))
  assert.deepEqual(taken, upTo(32))
  assert.deepEqual([broker.offered.length, broker.offered.at(-1), asked.sweeps], [32, '993-1024', 1])
  for (let claims: number[] = taken; claims.length > 0;) {
    claims = numbers(await queue.take(id, 64, lease(0)))
    taken.push(...claims)
  }
  assert.deepEqual(taken, upTo(3000))
  assert.deepEqual(asked, { sweeps: 4, straight: 0 })
})

test('what comes twice is nothing: lines that somebody has, or that have their results', async (t) => {
  const { rows, broker, queue } = await open(t, 10)
  await queue.offer(id, upTo(10))
  await queue.offer(id, upTo(10))
  broker.messages.push('0-99999999999', 'x', '5-5', '')
  await rows.claim(id, 3, lease(0, 'other'), [1, 2, 3])
  assert.deepEqual(numbers(await queue.take(id, 1, lease(0))), [4, 5, 6, 7, 8, 9, 10])
  assert.deepEqual(await queue.take(id, 1, lease(0)), [])
  assert.deepEqual(broker.messages, [])
})

test('a broker that fails is left alone with that batch for two seconds, and its lines come from the rows', async (t) => {
  const { broker, queue, asked, states, time } = await open(t, 30)
  await queue.offer(id, upTo(30))
  broker.isAway = true
  broker.asked = 0
  assert.deepEqual(numbers(await queue.take(id, 5, lease(0))), [1, 2, 3, 4, 5])
  time.ms = 1999
  assert.deepEqual(numbers(await queue.take(id, 5, lease(0))), [6, 7, 8, 9, 10])
  assert.deepEqual([broker.asked, asked.straight, states], [1, 2, [false]])
  time.ms = 2000
  broker.isAway = false
  assert.deepEqual(numbers(await queue.take(id, 32, lease(0))), upTo(30).slice(10))
  assert.deepEqual([asked, states], [{ sweeps: 0, straight: 2 }, [false, true]])
})

test('messages whose lines could not be claimed are given back', async (t) => {
  const { broker, time } = await open(t, 3)
  const queue = createBrokerQueue({
    broker,
    store: {
      claim: async () => Promise.reject(new Error('the store is away')),
      due: async () => [],
    },
    clock: { monotonicMs: () => time.ms },
    onState: () => undefined,
  })
  await queue.offer(id, upTo(3))
  await assert.rejects(queue.take(id, 1, lease(0)), /the store is away/)
  assert.deepEqual(broker.messages, ['1-3'])
})
