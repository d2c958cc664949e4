/** Builds what keeps traffic within bounds: the limiter of requests and attempts, and the watch over the process. */

import type { Config } from '../config/load.ts'
import type { PastCall } from '../ledger/port.ts'
import { createConcurrencyLimiter, defaultConcurrency } from '../limits/concurrency.ts'
import { createLimiter, type Limiter } from '../limits/limiter.ts'

import { periodMs } from '../limits/gcra.ts'
import type { LimitCounters } from '../limits/port.ts'
import { compileRules, type LimitRule } from '../limits/rules.ts'
import { Pressure, watchProcess } from '../limits/shedding.ts'
import type { Limiter as TargetLimiter, Release } from '../routing/port.ts'
import type { Closers } from './closers.ts'

export interface Limits {
  readonly requests: Pick<Limiter, 'admitRequest'>
  /** Counts what was sent to targets before this process, as far as it matters to what may be sent now. */
  recall(latestCalls: (limit: number, sinceMs: number) => readonly PastCall[], nowMs: number): void
  /** Rates of the provider and the model first, then a place among the provider's calls. */
  readonly targets: TargetLimiter
}

/** More are not looked through at a start. */
const maxRecalled = 50_000

export function createLimits(config: () => Config, counters: LimitCounters): Limits {
  let compiled: readonly LimitRule[] = []
  let from: Config['limits'] | undefined
  const rules = (): readonly LimitRule[] => {
    const { limits } = config()
    if (limits !== from) [from, compiled] = [limits, compileRules(limits)]
    return compiled
  }
  const limiter = createLimiter({ counters, rules })
  const places = createConcurrencyLimiter((upstream) => ({
    ...defaultConcurrency,
    ...config().providers[upstream]?.concurrency,
  }))
  return {
    requests: limiter,
    recall(latestCalls, nowMs) {
      const isLimited = rules().some(
        ({ scope, bounds: { rpm, tpm } }) =>
          (scope === 'provider' || scope === 'model') && (rpm !== undefined || tpm !== undefined),
      )
      if (!isLimited || counters.recall === undefined) return
      const recent = latestCalls(maxRecalled, nowMs - periodMs)
      const byTime = recent
        .map((call) => ({ ...call, agoMs: nowMs - call.atMs }))
        .toSorted((a, b) => b.agoMs - a.agoMs)
        .filter(({ agoMs }) => agoMs >= 0 && agoMs <= periodMs)
      limiter.recall(byTime, recent.length < maxRecalled ? periodMs : (byTime[0]?.agoMs ?? periodMs))
    },
    targets: {
      acquire(call) {
        const { provider, priority, interrupt } = call
        const place = () => places.acquire(provider, priority, interrupt)
        const admission = limiter.admitAttempt(call)
        if (admission === undefined) return place()
        return admitted(admission, place)
      },
    },
  }
}

async function admitted(
  admission: NonNullable<ReturnType<Limiter['admitAttempt']>>,
  place: () => Release | Promise<Release>,
): Promise<Release> {
  const { error, settle } = await admission
  if (error) throw error
  try {
    const release = await place()
    return (tokens) => {
      release()
      settle(tokens)
    }
  } catch (cause) {
    settle(0)
    throw cause
  }
}

/** Says which requests are more than this process can take on now. */
export function watchPressure({ server }: Config, closers: Closers): Pressure {
  const pressure = new Pressure(server.overload)
  const watch = watchProcess(pressure)
  closers.add(() => watch.stop())
  return pressure
}
