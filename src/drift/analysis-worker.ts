/** The thread of one analysis: its job comes with the start, its result is the one message. */

import { parentPort, workerData } from 'node:worker_threads'
import { createRandom } from '../judgement/statistics/random.ts'
import type { ChooseJob, EvidenceJob, JudgeJob } from './analysis.ts'
import { evidenceOf } from './evidence.ts'
import { chooseSpread } from './spread.ts'
import { tabulate } from './tabulate.ts'
import { judgeRun } from './verdict.ts'

function work(job: JudgeJob | EvidenceJob | ChooseJob): unknown {
  if (job.kind === 'choose') return chooseSpread(job.texts, job.count)
  if (job.kind === 'evidence') return evidenceOf(job)
  const { baseline, run, earlier, seed } = job
  return judgeRun({ ...tabulate(baseline, run), earlier, random: createRandom(seed) })
}

parentPort?.postMessage(work(workerData as JudgeJob | EvidenceJob | ChooseJob))
