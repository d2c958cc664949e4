/** Starts the analysis of a run beside the requests. */

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { AnalysisJob, Summary } from './analysis-worker.ts'

export async function analyseInBackground(job: AnalysisJob): Promise<Summary> {
  const worker = new Worker(new URL('analysis-worker.ts', import.meta.url), {
    workerData: job,
    // Its garbage is short-lived, and there is no hurry: a small nursery keeps the thread small.
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  const [summary] = (await once(worker, 'message')) as [Summary]
  await worker.terminate()
  return summary
}
