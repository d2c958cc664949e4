/** A Redis of the test's own, which it may stop, kill and start again. */

import { test, type TestContext } from 'node:test'
import { startRedis, type Started, stop } from '../../scripts/servers.ts'
import { connectRedis, type Redis } from '../../src/storage/redis/connect.ts'
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
  const folder = createTemporaryFolder(t)
  const first = await startRedis(folder)
  if (typeof first === 'string') return first
  let running: Started = first
  const connections: Redis[] = []
  t.after(async () => {
    for (const connection of connections) connection.close()
    running.process.kill('SIGCONT')
    await stop(running)
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
