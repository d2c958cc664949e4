/** The thread of one analysis: its job comes with the start, its result is the one message. */

import { parentPort, workerData } from 'node:worker_threads'
import { createRandom } from '../judgement/statistics/random.ts'
import type { EvidenceJob, JudgeJob } from './analysis.ts'
import { evidenceOf } from './evidence.ts'
import { tabulate } from './tabulate.ts'
import { judgeRun } from './verdict.ts'

function work(job: JudgeJob | EvidenceJob): unknown {
  if (job.kind === 'evidence') return evidenceOf(job)
  const { baseline, run, earlier, seed } = job
  return judgeRun({ ...tabulate(baseline, run), earlier, random: createRandom(seed) })
}

parentPort?.postMessage(work(workerData as JudgeJob | EvidenceJob))
