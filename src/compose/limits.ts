/** Builds what keeps traffic within bounds: the limiter of requests and attempts, and the watch over the process. */

import type { Config } from '../config/load.ts'
import { createConcurrencyLimiter, defaultConcurrency } from '../limits/concurrency.ts'
import { createLimiter, type Limiter } from '../limits/limiter.ts'
import type { LimitCounters } from '../limits/port.ts'
import { compileRules, type LimitRule } from '../limits/rules.ts'
import { Pressure, watchProcess } from '../limits/shedding.ts'
import type { Limiter as TargetLimiter, Release } from '../routing/port.ts'
import type { Closers } from './closers.ts'

export interface Limits {
  readonly requests: Pick<Limiter, 'admitRequest'>
  /** Rates of the provider and the model first, then a place among the provider's calls. */
  readonly targets: TargetLimiter
}

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
