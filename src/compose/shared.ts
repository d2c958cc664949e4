/** Builds what several instances share in Redis: the counters of limits, and a channel for changes. */

import { inspect } from 'node:util'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import { createMemoryCounters } from '../limits/memory-counters.ts'
import type { LimitCounters } from '../limits/port.ts'
import { createSharedCounters } from '../limits/shared-counters.ts'
import type { Log } from '../telemetry/log.ts'
import type { Closers } from './closers.ts'

export interface SharedState {
  readonly limitCounters: LimitCounters
  /** Tells the other instances that this one has changed keys, teams or users. */
  tellAccessChanged(): void
  /** Called when another instance says so, and after each time that it may have been missed. */
  onAccessChanged(listener: () => void): void
}

/** Waits a moment for Redis, and starts without it where it is away. */
export async function openShared(
  { shared }: Config,
  clock: Clock,
  log: Log,
  closers: Closers,
): Promise<SharedState> {
  if (shared === 'memory') {
    return {
      limitCounters: createMemoryCounters(clock),
      tellAccessChanged: () => undefined,
      onAccessChanged: () => undefined,
    }
  }
  const [{ connectRedis }, { openChannel }, { createRedisLimitCounters }] = await Promise.all([
    import('../storage/redis/connect.ts'),
    import('../storage/redis/channel.ts'),
    import('../storage/redis/limit-counters.ts'),
  ])
  // It comes with each try to connect again; what follows from it is told once, by the counters.
  const onError = (cause: unknown) => log.debug({ cause: inspect(cause) }, 'a connection to Redis broke')
  const redis = await connectRedis(shared.reveal(), onError)
  closers.add(() => redis.close())
  const listeners: (() => void)[] = []
  const channel = await openChannel(
    redis,
    (topic) => {
      if (topic === undefined || topic === accessTopic) for (const listener of listeners) listener()
    },
    onError,
  )
  closers.add(() => channel.close())
  const limitCounters = createSharedCounters({
    remote: createRedisLimitCounters(redis),
    clock,
    onState(cause) {
      if (cause === undefined) log.info('Redis answers again: limits are counted together')
      else
        log.error({ cause: inspect(cause) }, 'Redis is away: this instance keeps to its share of the limits')
    },
  })
  await limitCounters.open()
  closers.add(() => limitCounters.close())
  return {
    limitCounters,
    tellAccessChanged: () => channel.tell(accessTopic),
    onAccessChanged: (listener) => void listeners.push(listener),
  }
}

const accessTopic = 'access'
