/** Starts the analysis of a run beside the requests. */

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { AnalysisMessage, Summary } from './analysis-worker.ts'
import type { RunFacts } from './report.ts'
import type { CaseRow } from './row.ts'

/** Takes the rows page by page, so that they are in the memory of the thread alone. */
export async function analyseInBackground(
  facts: RunFacts,
  pages: AsyncIterable<readonly CaseRow[]>,
): Promise<Summary> {
  const worker = new Worker(new URL('analysis-worker.ts', import.meta.url), {
    // Its garbage is short-lived, and there is no hurry: a small nursery keeps the thread small.
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  const failure = once(worker, 'error').then(([cause]) => Promise.reject(cause))
  // It may fail while a page is being read, when nobody waits for it.
  failure.catch(() => undefined)
  const ask = async (message: AnalysisMessage): Promise<unknown> => {
    const answer = once(worker, 'message')
    worker.postMessage(message)
    const [given] = (await Promise.race([answer, failure])) as [unknown]
    return given
  }
  try {
    for await (const rows of pages) await ask({ rows })
    return (await ask({ facts })) as Summary
  } finally {
    await worker.terminate()
  }
}
