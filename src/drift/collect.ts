/** Asks every golden prompt as often as the set wants, a few calls at once. */

import type { Random } from '../judgement/statistics/random.ts'
import type { GoldenSet } from './golden.ts'
import { probe, type ProbeParts } from './probe.ts'
import type { Unread } from './sample.ts'

export interface Collected {
  /** By prompt, in the order of the set. */
  readonly samples: readonly (readonly Unread[])[]
  readonly costNanoUsd: number
  /** Why calls were left out, where some were. */
  readonly stoppedBy?: 'cost' | 'abort'
}

export interface CollectOptions {
  /** Of the order. */
  readonly random: Random
  readonly onProgress?: ((done: number, all: number) => void) | undefined
  /** Stops asking; what has come is kept. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Prompts come in random order and samples in rounds, so that a change within the run, or a stop, touches all
 * prompts alike. What was not asked is missing; what failed is a sample with its error.
 */
export async function collect(
  set: GoldenSet,
  parts: ProbeParts,
  { random, onProgress, signal }: CollectOptions,
): Promise<Collected> {
  const samples: Unread[][] = set.cases.map(() => [])
  const order = Array.from({ length: set.samples }, () => random.shuffle([...set.cases.keys()])).flat()
  const options = {
    target: set.target,
    timeoutMs: set.timeoutMs,
    tags: ['drift', `drift:${set.name}`],
  }
  let costNanoUsd = 0
  let done = 0
  let stoppedBy: Collected['stoppedBy']
  const work = async (): Promise<void> => {
    while (order.length > 0) {
      if (signal?.aborted) stoppedBy = 'abort'
      else if (set.maxNanoUsd !== undefined && costNanoUsd >= set.maxNanoUsd) stoppedBy = 'cost'
      if (stoppedBy) return
      const prompt = order.pop()!
      const sample = await probe(set.cases[prompt]!, options, parts, signal)
      // A call that was given up is not the target's failure.
      if (signal?.aborted && sample.error !== undefined) continue
      samples[prompt]!.push(sample)
      costNanoUsd += sample.costNanoUsd ?? 0
      onProgress?.(++done, set.cases.length * set.samples)
    }
  }
  await Promise.all(Array.from({ length: set.concurrency }, work))
  return { samples, costNanoUsd, ...(stoppedBy && { stoppedBy }) }
}
