/** A PostgreSQL server of the test's own, which it may stop and start again. */

import type { TestContext } from 'node:test'
import { startPostgres, type Started, stop } from '../../scripts/servers.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

export interface TestPostgres {
  readonly url: string
  /** Ends in order, but at once: connections break. */
  stop(): Promise<void>
  /** Ends as in a crash. */
  kill(): Promise<void>
  start(): Promise<void>
}

/** Gives the reason where it cannot be started. */
export async function openPostgres(t: TestContext): Promise<TestPostgres | string> {
  let running: Started | undefined
  // Before the folder goes: what is told first is done first.
  t.after(() => running && stop(running))
  const folder = createTemporaryFolder(t)
  const first = await startPostgres(folder)
  if (typeof first === 'string') return first
  running = first
  return {
    url: first.url,
    stop: () => stop(running!),
    async kill() {
      const gone = new Promise((resolve) => running!.process.once('exit', resolve))
      running!.process.kill('SIGKILL')
      await gone
    },
    async start() {
      const again = await startPostgres(folder, first.port)
      if (typeof again === 'string') throw new Error(again)
      running = again
    },
  }
}
