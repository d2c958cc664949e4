/** The thread of one analysis: its job comes with the start, then its runs, and its result is the one message. */

import { parentPort, workerData } from 'node:worker_threads'
import { loadSentiment } from '../judgement/sentiment.ts'
import { createRandom } from '../judgement/statistics/random.ts'
import type { Job, JobMessage } from './analysis.ts'
import { evidenceOf } from './evidence.ts'
import { isRead, withReading } from './sample.ts'
import { chooseSpread } from './spread.ts'
import { type ReadRun, type RunSamples, tabulate } from './tabulate.ts'
import { judgeRun } from './verdict.ts'

async function work(job: Job, runs: readonly RunSamples[]): Promise<unknown> {
  if (job.kind === 'choose') return chooseSpread(job.texts, job.count)
  const read = await readRuns(runs)
  const run = read.pop()!
  switch (job.kind) {
    case 'read':
      return run
    case 'evidence':
      return evidenceOf({ set: job.set, baseline: read, run })
    case 'judge': {
      const { earlier, seed } = job
      return judgeRun({ ...tabulate(read, run), earlier, random: createRandom(seed) })
    }
  }
}

/** Readings of two versions are not compared: a text that an older version read is read by this one. */
async function readRuns(runs: readonly RunSamples[]): Promise<ReadRun[]> {
  const isAllRead = runs.every(({ samples }) => samples.flat().every(isRead))
  const sentiment = isAllRead ? () => undefined : await loadSentiment()
  return runs.map((run) => ({
    ...run,
    samples: run.samples.map((ofPrompt) => ofPrompt.map((sample) => withReading(sample, sentiment))),
  }))
}

const runs: RunSamples[] = []
parentPort?.on('message', (message: JobMessage) => {
  if (message) runs.push(message)
  else void work(workerData as Job, runs).then((result) => parentPort?.postMessage(result))
})
