/** Judges runs in a thread of its own: half a second of arithmetic must not hold up requests. */

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Evidence, EvidenceInput } from './evidence.ts'
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

/** Rejects where the thread fails, which is a fault of ours. */
export const judgeSamples = (job: Omit<JudgeJob, 'kind'>): Promise<Judgement> =>
  inThread({ kind: 'judge', ...job }) as Promise<Judgement>

export const findEvidence = (input: EvidenceInput): Promise<Evidence[]> =>
  inThread({ kind: 'evidence', ...input }) as Promise<Evidence[]>

async function inThread(job: JudgeJob | EvidenceJob): Promise<unknown> {
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
