/** Long arithmetic in a thread of its own: requests must not wait for it. */

import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Evidence } from './evidence.ts'
import type { GoldenSet } from './golden.ts'
import type { Unread } from './sample.ts'
import type { Weighed } from './spread.ts'
import type { ReadRun, RunSamples } from './tabulate.ts'
import type { EarlierRun, Judgement } from './verdict.ts'

/** What the thread is to do with the runs that it is sent, the new one last. */
export type Job =
  | { readonly kind: 'read' }
  | { readonly kind: 'judge'; readonly earlier: readonly EarlierRun[]; readonly seed: string }
  | { readonly kind: 'evidence'; readonly set: GoldenSet }
  | { readonly kind: 'choose'; readonly texts: readonly Weighed[]; readonly count: number }

/** A run, or null after the last one. */
export type JobMessage = RunSamples | null

/** Kept runs, one after the other: a whole baseline at once would hold up requests while it is read and sent. */
export type Runs = Iterable<RunSamples> | AsyncIterable<RunSamples>

/** Oldest first. */
export interface Compared {
  readonly baseline: Runs
  readonly run: RunSamples
}

/** What can be read off the texts of a new run. */
export async function readSamples(samples: readonly (readonly Unread[])[]): Promise<ReadRun['samples']> {
  const run = { runId: '', startedAtMs: 0, expectedRows: 0, samples }
  const read = (await inThread({ kind: 'read' }, [run])) as ReadRun
  return read.samples
}

/** Rejects where the thread fails, which is a fault of ours. */
export const judgeSamples = (
  { baseline, run }: Compared,
  how: { readonly earlier: readonly EarlierRun[]; readonly seed: string },
): Promise<Judgement> => inThread({ kind: 'judge', ...how }, baseline, run) as Promise<Judgement>

export const findEvidence = ({ baseline, run }: Compared, set: GoldenSet): Promise<Evidence[]> =>
  inThread({ kind: 'evidence', set }, baseline, run) as Promise<Evidence[]>

/** See `chooseSpread`. */
export const chooseInThread = (texts: readonly Weighed[], count: number): Promise<number[]> =>
  inThread({ kind: 'choose', texts, count }, []) as Promise<number[]>

async function inThread(job: Job, runs: Runs, last?: RunSamples): Promise<unknown> {
  const worker = new Worker(new URL('analysis-worker.ts', import.meta.url), {
    workerData: job,
    env: {},
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  const send = (message: JobMessage) => worker.postMessage(message)
  // Rejects with what the thread throws, which may be while runs are still read.
  const answered = once(worker, 'message') as Promise<[unknown]>
  answered.catch(() => undefined)
  try {
    for await (const run of runs) {
      send(run)
      await setImmediate()
    }
    if (last) send(last)
    send(null)
    const [result] = await answered
    return result
  } finally {
    await worker.terminate()
  }
}
