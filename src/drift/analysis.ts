/** Long arithmetic in a thread of its own: requests must not wait for it. */

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Evidence, EvidenceInput } from './evidence.ts'
import type { Weighed } from './spread.ts'
import type { RunSamples } from './tabulate.ts'
import type { EarlierRun, Judgement } from './verdict.ts'

export interface JudgeJob {
  readonly kind: 'judge'
  /** Oldest first. */
  readonly baseline: readonly RunSamples[]
  readonly run: RunSamples
  readonly earlier: readonly EarlierRun[]
  readonly seed: string
}

export type EvidenceJob = EvidenceInput & { readonly kind: 'evidence' }

/** See `chooseSpread`. */
export interface ChooseJob {
  readonly kind: 'choose'
  readonly texts: readonly Weighed[]
  readonly count: number
}

/** Rejects where the thread fails, which is a fault of ours. */
export const judgeSamples = (job: Omit<JudgeJob, 'kind'>): Promise<Judgement> =>
  inThread({ kind: 'judge', ...job }) as Promise<Judgement>

export const findEvidence = (input: EvidenceInput): Promise<Evidence[]> =>
  inThread({ kind: 'evidence', ...input }) as Promise<Evidence[]>

export const chooseInThread = (job: Omit<ChooseJob, 'kind'>): Promise<number[]> =>
  inThread({ kind: 'choose', ...job }) as Promise<number[]>

async function inThread(job: JudgeJob | EvidenceJob | ChooseJob): Promise<unknown> {
  const worker = new Worker(new URL('analysis-worker.ts', import.meta.url), {
    workerData: job,
    env: {},
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  try {
    // Rejects with what the thread throws.
    const [result] = (await once(worker, 'message')) as [unknown]
    return result
  } finally {
    await worker.terminate()
  }
}
