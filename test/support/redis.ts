/** A Redis of the test's own, which it may stop, kill and start again. */

import { test, type TestContext } from 'node:test'
import { startRedis, type Started, stop } from '../../scripts/servers.ts'
import { connectRedis, type Redis } from '../../src/storage/redis/connect.ts'
import { assertNoTexts, type Leaving } from './leavings.ts'
import type { Lifetime } from './stack.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

export interface TestRedis {
  readonly url: string
  /** A connection that is closed with the test. */
  connect(): Promise<Redis>
  /** It takes connections and commands, and answers none. */
  pause(): void
  resume(): void
  /** All it knew is gone. */
  kill(): Promise<void>
  start(): Promise<void>
}

/** Registers the test; skipped with the reason where no Redis can be started. */
export function testRedis(name: string, body: (redis: TestRedis, t: TestContext) => Promise<void>): void {
  test(name, async (t) => {
    const redis = await openRedis(t)
    if (typeof redis === 'string') t.skip(redis)
    else await body(redis, t)
  })
}

/** Gives the reason where it cannot be started. */
export async function openRedis(t: Lifetime): Promise<TestRedis | string> {
  const folder = createTemporaryFolder()
  const first = await startRedis(folder)
  if (typeof first === 'string') return first
  let running: Started = first
  const connections: Redis[] = []
  t.after(async () => {
    for (const connection of connections) connection.close()
    running.process.kill('SIGCONT')
    const values = await readValues(running.url)
    await stop(running)
    assertNoTexts(values)
  })
  return {
    url: first.url,
    async connect() {
      const redis = await connectRedis(first.url, () => undefined)
      connections.push(redis)
      return redis
    },
    pause: () => void running.process.kill('SIGSTOP'),
    resume: () => void running.process.kill('SIGCONT'),
    async kill() {
      const gone = new Promise((resolve) => running.process.once('exit', resolve))
      running.process.kill('SIGKILL')
      await gone
    },
    async start() {
      const again = await startRedis(folder, first.port)
      if (typeof again === 'string') throw new Error(again)
      running = again
    },
  }
}

/** Every value, by its key; none where the server does not run. */
async function readValues(url: string): Promise<Leaving[]> {
  const { text: client, close } = await connectRedis(url, () => undefined)
  const leavings: Leaving[] = []
  try {
    for await (const keys of client.scanIterator({ COUNT: 1000 })) {
      for (const key of keys.slice(0, 2000))
        leavings.push({ place: `Redis, ${key}`, text: await valueOf(client, key) })
    }
  } catch {
    // It was killed.
  }
  close()
  return leavings
}

async function valueOf(client: Redis['text'], key: string): Promise<string> {
  const type = await client.type(key)
  const read: Readonly<Record<string, () => Promise<unknown>>> = {
    string: () => client.get(key),
    hash: () => client.hGetAll(key),
    list: () => client.lRange(key, 0, -1),
    set: () => client.sMembers(key),
    zset: () => client.zRange(key, 0, -1),
    stream: () => client.xRange(key, '-', '+'),
  }
  return JSON.stringify(await read[type]?.()) ?? ''
}
