/** Has a judge grade a share of the answers of an experiment, behind the callers' backs and within a budget a day. */

import type { Clock } from '../core/clock.ts'
import type { NanoUsd } from '../core/money.ts'
import { SampleQueue } from '../records/sample-queue.ts'
import type { LiveSample } from '../records/sample.ts'
import type { Experiments } from './experiments.ts'

export interface JudgeOfExperiment {
  readonly route: string
  readonly experiment: string
  readonly target: string
  readonly rubric: string
  /** 0 to 1. */
  readonly sample: number
  readonly maxNanoUsdPerDay: NanoUsd
}

export interface SampleGraderParts {
  readonly experiments: Experiments
  readonly clock: Clock
  readonly judges: () => readonly JudgeOfExperiment[]
  /** A score in 0 to 1; undefined where no verdict could be had. */
  readonly grade: (
    judge: JudgeOfExperiment,
    sample: LiveSample,
    signal: AbortSignal,
  ) => Promise<{ readonly score?: number; readonly costNanoUsd: NanoUsd }>
  readonly onError: (cause: unknown) => void
}

const dayMs = 86_400_000

export class SampleGrader {
  readonly #parts: SampleGraderParts
  readonly #spent = new Map<string, { readonly day: number; nanoUsd: NanoUsd }>()
  readonly #queue: SampleQueue<{ readonly judge: JudgeOfExperiment; readonly sample: LiveSample }>

  constructor(parts: SampleGraderParts) {
    this.#parts = parts
    this.#queue = new SampleQueue(
      ({ judge, sample }, signal) => this.#grade(judge, sample, signal),
      parts.onError,
    )
  }

  take(sample: LiveSample): void {
    const { route, experiment, code } = sample.record
    if (!experiment || code !== undefined) return
    const judge = this.#parts
      .judges()
      .find((each) => each.route === route && each.experiment === experiment.name)
    if (judge && sample.draw < judge.sample) this.#queue.add({ judge, sample })
  }

  /** Gives up what is under way. */
  close(): Promise<void> {
    return this.#queue.close()
  }

  async #grade(judge: JudgeOfExperiment, sample: LiveSample, signal: AbortSignal): Promise<void> {
    const { experiments, grade } = this.#parts
    const spent = this.#spentOf(judge)
    if (spent.nanoUsd >= judge.maxNanoUsdPerDay) return
    const { score, costNanoUsd } = await grade(judge, sample, signal)
    spent.nanoUsd += costNanoUsd
    const { org, experiment } = sample.record
    if (score === undefined) return
    experiments.addOutcome({ org, route: judge.route }, experiment!, 'judge', { n: 1, total: score })
  }

  #spentOf({ route, experiment }: JudgeOfExperiment): { nanoUsd: NanoUsd } {
    const day = Math.floor(this.#parts.clock.nowMs() / dayMs)
    const key = `${route} ${experiment}`
    const known = this.#spent.get(key)
    if (known?.day === day) return known
    const fresh = { day, nanoUsd: 0 }
    this.#spent.set(key, fresh)
    return fresh
  }
}
