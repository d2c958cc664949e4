/** What every queue of lines keeps to, whatever carries them: the store, Redis, RabbitMQ; and a broker that goes away. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { after, before, describe, test, type TestContext } from 'node:test'
import { noUsage } from '../../src/batch/batch.ts'
import { createBrokerQueue } from '../../src/batch/broker-queue.ts'
import type { Batch, BatchStore, Lease, LineBroker, LineQueue } from '../../src/batch/port.ts'
import { createStoreQueue } from '../../src/batch/store-queue.ts'
import { systemClock } from '../../src/core/clock.ts'
import { createRabbitLineBroker } from '../../src/storage/rabbitmq/line-broker.ts'
import { connectRedis } from '../../src/storage/redis/connect.ts'
import { createRedisLineBroker } from '../../src/storage/redis/line-broker.ts'
import { createBatchStore } from '../../src/storage/sql/batch-store.ts'
import { migrations } from '../../src/storage/sql/migrations.ts'
import { openSqlite } from '../../src/storage/sql/sqlite.ts'
import { testStore } from '../support/databases.ts'
import { openRabbit } from '../support/rabbit.ts'
import { openRedis } from '../support/redis.ts'
import type { Lifetime } from '../support/stack.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'
import { plainBatch } from '../support/plain-batch.ts'

interface Place {
  readonly store: BatchStore
  /** Another instance's queue, over the same rows and the same broker. */
  openQueue(): LineQueue
}

type Law = (place: Place) => Promise<void>

const leaseMs = 1000
const lease = (holder: string, nowMs: number): Lease => ({ holder, nowMs, leaseMs })
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n + 1)
const result = (line: number) => ({
  line,
  isError: false,
  costNanoUsd: 0,
  usage: noUsage,
  part: 'p',
  offset: line,
  bytes: 1,
})

async function createBatch({ store }: Place, lines: number): Promise<string> {
  const id = `batch_${randomUUID()}`
  await store.create({ ...batch, id, total: lines })
  await store.addLines(
    id,
    upTo(lines).map((line) => ({ line, offset: line, bytes: 1 })),
  )
  return id
}

/** Takes until there are none, or as many as are asked for. */
async function takeAll(queue: LineQueue, id: string, from: Lease, count = Infinity): Promise<number[]> {
  const taken: number[] = []
  for (let idle = 0; idle < 3 && taken.length < count;) {
    const claims = await queue.take(id, 64, from)
    taken.push(...claims.map(({ line }) => line))
    idle = claims.length === 0 ? idle + 1 : 0
  }
  return taken.toSorted((a, b) => a - b)
}

const laws: Readonly<Record<string, Law>> = {
  async 'each line goes to one of several instances'(place) {
    const id = await createBatch(place, 500)
    const queues = upTo(3).map(() => place.openQueue())
    await queues[0]!.offer(id, upTo(500))
    const taken = await Promise.all(queues.map((queue, at) => takeAll(queue, id, lease(`i${at}`, 1000))))
    assert.deepEqual(
      taken.flat().toSorted((a, b) => a - b),
      upTo(500),
    )
  },
  async 'lines that were offered twice are had once'(place) {
    const id = await createBatch(place, 100)
    const queue = place.openQueue()
    await queue.offer(id, upTo(100))
    await queue.offer(id, upTo(100))
    assert.deepEqual(await takeAll(queue, id, lease('a', 1000)), upTo(100))
    assert.deepEqual(await takeAll(queue, id, lease('b', 1000)), [])
  },
  async 'lines that were never offered, or were lost, are found'(place) {
    const id = await createBatch(place, 1500)
    assert.deepEqual(await takeAll(place.openQueue(), id, lease('a', 1000)), upTo(1500))
  },
  async 'what a silent instance had goes to another when its lease ends, and not before'(place) {
    const id = await createBatch(place, 40)
    const [silent, other] = [place.openQueue(), place.openQueue()]
    await silent.offer(id, upTo(40))
    assert.deepEqual(await takeAll(silent, id, lease('silent', 1000)), upTo(40))
    await silent.close()
    assert.deepEqual(await takeAll(other, id, lease('other', 1000 + leaseMs - 1)), [])
    assert.deepEqual(await takeAll(other, id, lease('other', 1000 + leaseMs)), upTo(40))
  },
  async 'a line that is given back comes when it is due; one that has its result never comes again'(place) {
    const id = await createBatch(place, 3)
    const queue = place.openQueue()
    await queue.offer(id, upTo(3))
    assert.deepEqual(await takeAll(queue, id, lease('a', 1000)), upTo(3))
    await place.store.giveBack(id, 'a', [{ line: 2, dueAtMs: 1500, tries: 1 }])
    await place.store.settle(id, 'a', [result(1), result(3)], 1100)
    await queue.offer(id, upTo(3))
    assert.deepEqual(await takeAll(queue, id, lease('a', 1499)), [])
    assert.deepEqual(await takeAll(queue, id, lease('a', 1500)), [2])
    assert.deepEqual(await takeAll(queue, id, lease('b', 9999)), [2])
  },
  async 'a batch that is dropped leaves others alone'(place) {
    const [one, other] = [await createBatch(place, 10), await createBatch(place, 10)]
    const queue = place.openQueue()
    await queue.offer(one, upTo(10))
    await queue.offer(other, upTo(10))
    await place.store.settle(one, 'a', upTo(10).map(result), 1000)
    await queue.drop(one)
    assert.deepEqual(await takeAll(queue, one, lease('a', 1000)), [])
    assert.deepEqual(await takeAll(queue, other, lease('a', 1000)), upTo(10))
  },
}

for (const [name, law] of Object.entries(laws)) {
  testStore(`${name}, by the store`, async (database) => {
    const store = createBatchStore(database)
    await law({ store, openQueue: () => createStoreQueue(store) })
  })
}

interface Server {
  readonly url: string
  kill(): Promise<void>
  start(): Promise<void>
}

interface Backend {
  open(t: Lifetime): Promise<Server | string>
  connect(url: string): Promise<LineBroker>
}

const redisLostAfterMs = 50
const backends: Readonly<Record<string, Backend>> = {
  Redis: {
    open: openRedis,
    async connect(url) {
      const redis = await connectRedis(url, () => undefined)
      return createRedisLineBroker({ redis, consumer: randomUUID(), lostAfterMs: redisLostAfterMs })
    },
  },
  RabbitMQ: {
    open: openRabbit,
    connect: async (url) => createRabbitLineBroker({ url, clock: systemClock }),
  },
}

for (const [name, { open, connect }] of Object.entries(backends)) {
  describe(name, () => {
    const cleanups: (() => unknown)[] = []
    let server: Server | string
    before(async () => {
      server = await open({ after: (work) => void cleanups.push(work) })
    })
    after(async () => {
      for (const work of cleanups) await work()
    })
    const testServer = (title: string, body: (server: Server, t: TestContext) => Promise<void>): void =>
      void test(title, async (t) => {
        if (typeof server === 'string') t.skip(server)
        else await body(server, t)
      })
    const openPlace = (
      { url }: Server,
      t: TestContext,
      onState: (cause?: unknown) => void,
      seenBy = (store: BatchStore): Pick<BatchStore, 'claim' | 'due'> => store,
    ) => {
      const database = openSqlite(join(createTemporaryFolder(), 'weir.db'), migrations, systemClock)
      const store = createBatchStore(database)
      const opened: Promise<LineBroker>[] = []
      t.after(async () => {
        await Promise.all(opened.map(async (broker) => (await broker).close()))
        await database.close()
      })
      const openQueue = () => {
        const broker = connect(url)
        opened.push(broker)
        return createBrokerQueue({
          broker: asBroker(broker),
          store: seenBy(store),
          clock: systemClock,
          onState,
        })
      }
      return { store, openQueue, brokers: opened }
    }

    for (const [law, run] of Object.entries(laws)) {
      testServer(law, async (server, t) => {
        const causes: unknown[] = []
        const place = openPlace(server, t, (cause) => causes.push(cause))
        await run(place)
        assert.deepEqual(causes, [])
      })
    }

    /** Lines of which it has no number are not found, and none is taken without one. */
    const withoutSweep = (store: BatchStore): Pick<BatchStore, 'claim' | 'due'> => ({
      due: async () => [],
      claim(id, limit, from, among) {
        assert.ok(among, 'lines were taken that no message named')
        return store.claim(id, limit, from, among)
      },
    })

    testServer(
      'it is the broker that carries lines: all that it was told, and no others',
      async (server, t) => {
        const causes: unknown[] = []
        const place = openPlace(server, t, (cause) => causes.push(cause), withoutSweep)
        const id = await createBatch(place, 600)
        const queues = upTo(3).map(() => place.openQueue())
        const told = upTo(600).filter((line) => line <= 450 || line % 2 === 0)
        await queues[0]!.offer(id, told)
        const taken: number[] = []
        await until('what it was told', async () => {
          const parts = await Promise.all(
            queues.map((queue, at) => takeAll(queue, id, lease(`i${at}`, 1000))),
          )
          taken.push(...parts.flat())
          return taken.length >= told.length ? true : undefined
        })
        assert.deepEqual(
          taken.toSorted((a, b) => a - b),
          told,
        )
        assert.deepEqual(await takeAll(queues[1]!, id, lease('i1', 1000)), [])
        assert.deepEqual(causes, [])
      },
    )

    testServer(
      'a message that it has lost comes no more by itself, and is found in the rows',
      async (server, t) => {
        let isBlind = true
        const causes: unknown[] = []
        const place = openPlace(
          server,
          t,
          (cause) => causes.push(cause),
          (store) => ({
            claim: store.claim,
            due: async (...query) => (isBlind ? [] : store.due(...query)),
          }),
        )
        const id = await createBatch(place, 320)
        const queue = place.openQueue()
        await queue.offer(id, upTo(320))
        const first = await takeAll(queue, id, lease('a', 1000), 64)
        await (await place.brokers[0]!).drop(id)
        const after = await takeAll(queue, id, lease('a', 1000))
        // What RabbitMQ had sent here before it was told to forget may have come yet.
        const known = new Set([...first, ...after])
        assert.ok(known.size < 320, 'nothing was lost')
        isBlind = false
        assert.deepEqual(
          await takeAll(queue, id, lease('b', 1000)),
          upTo(320).filter((line) => !known.has(line)),
        )
        assert.deepEqual(causes, [])
      },
    )

    testServer('a message that was taken and not done goes to another instance', async ({ url }, t) => {
      const id = `batch_${randomUUID()}`
      const [silent, other] = await Promise.all([connect(url), connect(url)])
      t.after(() => Promise.all([silent.close(), other.close()]))
      await silent.offer(id, ['1-32', '33'])
      const taken = await until('the messages', async () => {
        const { messages } = await silent.take(id, 8)
        return messages.length === 2 ? messages : undefined
      })
      assert.deepEqual(taken, ['1-32', '33'])
      await silent.close()
      const again: string[] = []
      await until('the same messages', async () => {
        const { messages, accept } = await other.take(id, 8)
        again.push(...messages)
        await accept()
        return again.length >= 2 ? true : undefined
      })
      assert.deepEqual(again.toSorted(), ['1-32', '33'])
      const rest = await until('the end of the messages', async () => {
        const last = await other.take(id, 8)
        return last.isEmpty ? last.messages : undefined
      })
      assert.deepEqual(rest, [])
    })

    testServer('killed, it holds up nothing; back, it is used again', async (server, t) => {
      const states: boolean[] = []
      const place = openPlace(server, t, (cause) => states.push(cause === undefined))
      const id = await createBatch(place, 300)
      const queue = place.openQueue()
      await queue.offer(id, upTo(300))
      const first = await takeAll(queue, id, lease('a', 1000), 64)
      await server.kill()
      const rest = await takeAll(queue, id, lease('a', 1000))
      assert.deepEqual(
        [...first, ...rest].toSorted((a, b) => a - b),
        upTo(300),
      )
      assert.deepEqual(states, [false])
      await server.start()
      // RabbitMQ may have forgotten a queue that it made just before: it is asked for another batch.
      const after = await createBatch(place, 100)
      const taken: number[] = []
      await until(
        'its return',
        async () => {
          await queue.offer(after, upTo(100))
          taken.push(...(await takeAll(queue, after, lease('a', 1000), 10)))
          return states.at(-1) === true ? true : undefined
        },
        20_000,
      )
      taken.push(...(await takeAll(queue, after, lease('a', 1000))))
      assert.deepEqual(
        taken.toSorted((a, b) => a - b),
        upTo(100),
      )
    })
  })
}

function asBroker(broker: Promise<LineBroker>): LineBroker {
  return {
    offer: async (id, messages) => (await broker).offer(id, messages),
    take: async (id, limit) => (await broker).take(id, limit),
    drop: async (id) => (await broker).drop(id),
    close: async () => (await broker).close(),
  }
}

const batch: Batch = { ...plainBatch, id: '' }
