/** Long arithmetic in a thread of its own: requests must not wait for it. */

import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Found } from './evidence.ts'
import type { GoldenSet } from './golden.ts'
import type { Sample, Unread } from './sample.ts'
import type { Weighed } from './spread.ts'
import type { RunSamples } from './tabulate.ts'
import type { EarlierRun, Judgement } from './verdict.ts'

/** A run that later jobs are about, or a job, whose result is the one answer. Jobs use up the runs before them. */
export type ToThread = { readonly kind: 'run'; readonly run: RunSamples } | Job

export type Job =
  | { readonly kind: 'read'; readonly samples: readonly (readonly Unread[])[] }
  /** The last run before it is the new one. */
  | { readonly kind: 'judge'; readonly earlier: readonly EarlierRun[]; readonly seed: string }
  | { readonly kind: 'evidence'; readonly set: GoldenSet }
  | { readonly kind: 'choose'; readonly texts: readonly Weighed[]; readonly count: number }

export interface Compared {
  /** Oldest first, one after the other: all at once would hold up requests while they are read and sent. */
  readonly baseline: Iterable<RunSamples> | AsyncIterable<RunSamples>
  readonly run: RunSamples
}

/** All reject where the thread fails, which is a fault of ours. */
export interface Analysis {
  /** What can be read off the texts of new answers. */
  read(samples: readonly (readonly Unread[])[]): Promise<readonly (readonly Sample[])[]>
  judge(compared: Compared, how: Judging): Promise<Judgement>
  evidence(compared: Compared, set: GoldenSet): Promise<Found>
  /** See `chooseSpread`. */
  choose(texts: readonly Weighed[], count: number): Promise<number[]>
}

export interface Judging {
  readonly earlier: readonly EarlierRun[]
  readonly seed: string
}

/** Starts a thread, and ends it when `use` is done. */
export async function inThread<Value>(use: (analysis: Analysis) => Promise<Value>): Promise<Value> {
  const worker = new Worker(new URL('analysis-worker.ts', import.meta.url), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  const failure = endOf(worker)
  // It may fail while runs are read from the store, when nobody waits for it.
  failure.catch(() => undefined)
  const send = (message: ToThread) => worker.postMessage(message)
  async function ask<Result>(job: Job): Promise<Result> {
    const answer = once(worker, 'message')
    send(job)
    const [result] = (await Promise.race([answer, failure])) as [Result]
    return result
  }
  async function sendRuns({ baseline, run }: Compared): Promise<void> {
    for await (const each of baseline) {
      send({ kind: 'run', run: each })
      await setImmediate()
    }
    send({ kind: 'run', run })
  }
  try {
    return await use({
      read: (samples) => ask({ kind: 'read', samples }),
      async judge(compared, how) {
        await sendRuns(compared)
        return ask({ kind: 'judge', ...how })
      },
      async evidence(compared, set) {
        await sendRuns(compared)
        return ask({ kind: 'evidence', set })
      },
      choose: (texts, count) => ask({ kind: 'choose', texts, count }),
    })
  } finally {
    await worker.terminate()
  }
}

/** Rejects with what the thread throws, or when it has ended: it answers nobody any more. */
function endOf(worker: Worker): Promise<never> {
  return new Promise((_, reject) => {
    worker.on('error', reject)
    worker.on('exit', () => reject(new Error('the thread of the analysis has ended')))
  })
}
