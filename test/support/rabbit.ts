/** A RabbitMQ of the test's own, which it may stop, kill and start again. */

import { startRabbit, type Started, stop } from '../../scripts/servers.ts'
import type { Lifetime } from './stack.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

export interface TestRabbit {
  readonly url: string
  /** It takes connections, and answers nothing. */
  pause(): void
  resume(): void
  /** Ends as in a crash; what it has confirmed is on its disk. */
  kill(): Promise<void>
  start(): Promise<void>
}

/** Gives the reason where it cannot be started. */
export async function openRabbit(t: Lifetime): Promise<TestRabbit | string> {
  let running: Started | undefined
  // Before the folder goes: what is told first is done first.
  t.after(async () => {
    running?.process.kill('SIGCONT')
    if (running) await stop(running)
  })
  const folder = createTemporaryFolder()
  const first = await startRabbit(folder)
  if (typeof first === 'string') return first
  running = first
  return {
    url: first.url,
    pause: () => void running!.process.kill('SIGSTOP'),
    resume: () => void running!.process.kill('SIGCONT'),
    async kill() {
      const gone = new Promise((resolve) => running!.process.once('exit', resolve))
      running!.process.kill('SIGKILL')
      await gone
    },
    async start() {
      const again = await startRabbit(folder, first.port)
      if (typeof again === 'string') throw new Error(again)
      running = again
    },
  }
}
