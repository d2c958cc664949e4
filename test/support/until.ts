/** Waiting for what another part does in its own time, with a deadline instead of a sleep. */

import { setTimeout as delay } from 'node:timers/promises'

const pollMs = 5

/**
 * The first defined value that `probe` gives. Rejects after `withinMs`, naming what did not come. On a machine with much
 * else to do each look takes longer, and so does what is waited for: it waits for so many looks too. A long wait that asks
 * a server asks it less often: to answer takes it from its work.
 */
export async function until<Value>(
  what: string,
  probe: () => Value | undefined | Promise<Value | undefined>,
  withinMs = 5000,
  everyMs = pollMs,
): Promise<Value> {
  const startMs = performance.now()
  // On a calm machine a look takes less than the pause after it.
  const leastLooks = withinMs / everyMs / 2
  for (let looks = 1; ; looks++) {
    const value = await probe()
    if (value !== undefined) return value
    const waitedMs = performance.now() - startMs
    if (waitedMs > withinMs && looks >= leastLooks)
      throw new Error(`${what} did not happen within ${Math.round(waitedMs)} ms, looked for ${looks} times`)
    await delay(everyMs)
  }
}

/** Runs the jobs with at most `width` under way at once. */
export async function inParallel<Job>(
  jobs: readonly Job[],
  width: number,
  run: (job: Job) => Promise<void>,
): Promise<void> {
  const queue = jobs.values()
  const worker = async () => {
    for (const job of queue) await run(job)
  }
  await Promise.all(Array.from({ length: width }, worker))
}
