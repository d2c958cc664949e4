/** The thread of an analysis: does one job after the other, with the runs that it was sent before. */

import { parentPort } from 'node:worker_threads'
import { loadSentiment } from '../judgement/sentiment.ts'
import { createRandom } from '../judgement/statistics/random.ts'
import type { Job, ToThread } from './analysis.ts'
import { evidenceOf } from './evidence.ts'
import { isRead, type Sample, type Unread, withReading } from './sample.ts'
import { chooseSpread } from './spread.ts'
import { type RunSamples, type ReadRun, tabulate } from './tabulate.ts'
import { judgeRun } from './verdict.ts'

let runs: RunSamples[] = []

async function work(job: Job, given: readonly RunSamples[]): Promise<unknown> {
  switch (job.kind) {
    case 'choose':
      return chooseSpread(job.texts, job.count)
    case 'read':
      return readAll(job.samples)
    case 'evidence': {
      const { baseline, run } = await comparedOf(given)
      return evidenceOf({ set: job.set, baseline, run })
    }
    case 'judge': {
      const { baseline, run } = await comparedOf(given)
      const { earlier, seed } = job
      return judgeRun({ ...tabulate(baseline, run), earlier, random: createRandom(seed) })
    }
  }
}

async function comparedOf(given: readonly RunSamples[]): Promise<{ baseline: ReadRun[]; run: ReadRun }> {
  const baseline: ReadRun[] = []
  for (const run of given) baseline.push({ ...run, samples: await readAll(run.samples) })
  const run = baseline.pop()!
  return { baseline, run }
}

/** Readings of two versions are not compared: a text that an older version read is read by this one. */
async function readAll(samples: readonly (readonly Unread[])[]): Promise<Sample[][]> {
  const isDone = samples.every((ofPrompt) => ofPrompt.every(isRead))
  const sentiment = isDone ? () => undefined : await loadSentiment()
  return samples.map((ofPrompt) => ofPrompt.map((sample) => withReading(sample, sentiment)))
}

parentPort?.on('message', (message: ToThread) => {
  if (message.kind === 'run') {
    runs.push(message.run)
    return
  }
  const given = runs
  runs = []
  void work(message, given).then((result) => parentPort?.postMessage(result))
})
