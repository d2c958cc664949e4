/** What is done with a share of the traffic, behind the callers' backs: shadow calls, and judges of experiments. */

import { inspect } from 'node:util'
import type { AdminRoute } from '../admin/route.ts'
import type { Config } from '../config/load.ts'
import type { AskModel } from '../core/ask.ts'
import type { Clock } from '../core/clock.ts'
import type { GenRequest } from '../core/request.ts'
import type { Experiments } from '../experiments/experiments.ts'
import { SampleGrader } from '../experiments/grading.ts'
import type { GatewayParts } from '../gateway/parts.ts'
import { createJudge } from '../judgement/judge.ts'
import { compareAnswers } from '../judgement/pairwise.ts'
import { lastUserText } from '../judgement/question.ts'
import { gradeAnswer } from '../judgement/rubric.ts'
import type { Catalogue } from '../models/catalogue.ts'
import { shadowRoutes } from '../shadow/admin.ts'
import type { ShadowStore } from '../shadow/port.ts'
import { type ShadowParts, type ShadowSettings, ShadowTraffic } from '../shadow/shadow.ts'
import type { Log } from '../telemetry/log.ts'
import { createPricedAsk } from './priced-ask.ts'

export interface SampleComposition {
  readonly config: () => Config
  /** Each on an account of its own, so that a budget can be set for it. */
  readonly askAs: (account: string) => AskModel
  readonly catalogue: () => Promise<Catalogue>
  readonly costOf: ShadowParts['costOf']
  readonly store: ShadowStore
  readonly experiments: Experiments
  readonly clock: Clock
  readonly log: Log
}

export interface RunningSamples {
  readonly onSample: GatewayParts['onSample']
  readonly routes: readonly AdminRoute[]
  close(): Promise<void>
}

const timeoutMs = 120_000

export function composeSamples(parts: SampleComposition): RunningSamples {
  const { config, store, experiments, clock, log } = parts
  const askOn = (account: string) => createPricedAsk(parts.askAs(account), parts.catalogue, clock)
  const asShadow = askOn('shadow')
  const asJudge = askOn('judge')
  const background = { tags: ['background'], priority: 'batch', cache: 'off', timeoutMs } as const
  const judgeWith = async <T>(
    target: string,
    signal: AbortSignal,
    use: (judge: ReturnType<typeof createJudge>) => Promise<T>,
  ) => {
    let costNanoUsd = 0
    const call = (request: GenRequest) => asJudge({ request, ...background }, signal)
    const judge = createJudge({ call, targets: [target] }, (cost) => (costNanoUsd += cost))
    return { found: await use(judge), costNanoUsd }
  }
  const onError = (cause: unknown) =>
    log.error({ cause: inspect(cause) }, 'a sample of the traffic could not be looked at')
  const shadow = new ShadowTraffic({
    store,
    clock,
    settings: () => settingsOf(config()),
    call: (request, signal) => asShadow({ request, ...background }, signal),
    async judge({ target, rubric }, { question, primary, shadow: candidate }, signal) {
      const pair = { question, baseline: primary, candidate, ...(rubric !== undefined && { rubric }) }
      const { found, costNanoUsd } = await judgeWith(target, signal, (judge) => compareAnswers(judge, pair))
      return { costNanoUsd, ...(!('error' in found) && { preference: found }) }
    },
    costOf: parts.costOf,
    onError,
  })
  const grader = new SampleGrader({
    experiments,
    clock,
    judges: () => judgesOf(config()),
    async grade({ target, rubric }, { request, text }, signal) {
      const material = { question: lastUserText(request), output: text, rubric }
      const { found, costNanoUsd } = await judgeWith(target, signal, (judge) => gradeAnswer(judge, material))
      return { costNanoUsd, ...(typeof found === 'number' && { score: found }) }
    },
    onError,
  })
  return {
    onSample(sample) {
      shadow.take(sample)
      grader.take(sample)
    },
    routes: shadowRoutes(store),
    close: async () => void (await Promise.all([shadow.close(), grader.close()])),
  }
}

const nanoUsdPerUsd = 1e9

function settingsOf({ shadow }: Config): ShadowSettings[] {
  return shadow.map(({ maxUsdPerDay, ...rest }) => ({
    ...rest,
    maxNanoUsdPerDay: Math.round(maxUsdPerDay * nanoUsdPerUsd),
  }))
}

function judgesOf({ routes }: Config) {
  return Object.entries(routes).flatMap(([route, { experiment }]) => {
    if (!experiment?.judge) return []
    const { target, rubric, sample, maxUsdPerDay } = experiment.judge
    const maxNanoUsdPerDay = Math.round(maxUsdPerDay * nanoUsdPerUsd)
    return [{ route, experiment: experiment.name, target, rubric, sample, maxNanoUsdPerDay }]
  })
}
