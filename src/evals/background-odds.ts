/** Starts the simulation of a plan's odds beside the requests. */

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { OddsInput, PlannedOdds } from './odds.ts'

export async function oddsInBackground(input: OddsInput): Promise<readonly PlannedOdds[]> {
  const worker = new Worker(new URL('odds-worker.ts', import.meta.url), {
    workerData: input,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  try {
    // It rejects with the thread's own error.
    const [odds] = (await once(worker, 'message')) as [readonly PlannedOdds[]]
    return odds
  } finally {
    await worker.terminate()
  }
}
