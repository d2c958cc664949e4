/** Builds what several instances share in Redis: the counters of limits and of budgets, and a channel for changes. */

import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import type { RemoteCounters as RemoteBudgets } from '../ledger/counters.ts'
import { SharedCounters as SharedBudgets } from '../ledger/shared-counters.ts'
import { createMemoryCounters } from '../limits/memory-counters.ts'
import type { LimitCounters, RemoteCounters as RemoteLimits } from '../limits/port.ts'
import { createSharedCounters, type SharedCounters as SharedLimits } from '../limits/shared-counters.ts'
import type { Log } from '../telemetry/log.ts'
import type { Closers } from './closers.ts'
import { instanceOf } from './data-dir.ts'

export interface SharedState {
  readonly limitCounters: LimitCounters
  /** Undefined: each budget is counted here alone. */
  readonly budgetCounters: SharedBudgets | undefined
  /** Tells the other instances that this one has changed keys, teams or users. */
  tellAccessChanged(): void
  /** Called when another instance says so, and after each time that it may have been missed. */
  onAccessChanged(listener: () => void): void
}

/** Waits a moment for Redis, and starts without it where it is away. */
export async function openShared(
  { shared, dataDir }: Config,
  clock: Clock,
  log: Log,
  closers: Closers,
): Promise<SharedState> {
  if (shared === 'memory') {
    return {
      limitCounters: createMemoryCounters(clock),
      budgetCounters: undefined,
      tellAccessChanged: () => undefined,
      onAccessChanged: () => undefined,
    }
  }
  const [
    { connectRedis },
    { openChannel },
    { createRedisLimitCounters },
    { createRedisBudgetCounters },
    { mayEvict },
  ] = await Promise.all([
    import('../storage/redis/connect.ts'),
    import('../storage/redis/channel.ts'),
    import('../storage/redis/limit-counters.ts'),
    import('../storage/redis/budget-counters.ts'),
    import('../storage/redis/eviction.ts'),
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
  const limitCounters = countLimits(createRedisLimitCounters(redis), clock, log)
  await limitCounters.open()
  closers.add(() => limitCounters.close())
  const budgetCounters = countBudgets(createRedisBudgetCounters(redis, instanceOf(dataDir)), clock, log)
  const warn = async (): Promise<void> => {
    if (await mayEvict(redis))
      log.warn(
        'this Redis drops keys when it is full: what budgets have counted may be lost (set `noeviction`)',
      )
  }
  redis.text.on('ready', () => {
    budgetCounters.renew()
    void warn().catch(onError)
  })
  void warn().catch(onError)
  return {
    limitCounters,
    budgetCounters,
    tellAccessChanged: () => channel.tell(accessTopic),
    onAccessChanged: (listener) => void listeners.push(listener),
  }
}

const accessTopic = 'access'

function countLimits(remote: RemoteLimits, clock: Clock, log: Log): SharedLimits {
  return createSharedCounters({
    remote,
    clock,
    onState(cause) {
      if (cause === undefined) log.info('Redis answers again: limits are counted together')
      else
        log.error({ cause: inspect(cause) }, 'Redis is away: this instance keeps to its share of the limits')
    },
  })
}

function countBudgets(remote: RemoteBudgets, clock: Clock, log: Log): SharedBudgets {
  return new SharedBudgets({
    remote,
    clock,
    newToken: () => randomBytes(9).toString('base64url'),
    onState(cause) {
      if (cause === undefined) log.info('Redis answers again: budgets are counted together')
      else
        log.error(
          { cause: inspect(cause) },
          'Redis is away: of hard budgets, this instance spends only what it keeps of them',
        )
    },
    onUncounted: (cause) =>
      log.error(
        { cause: inspect(cause) },
        'what other instances have spent cannot be read: it is tried again',
      ),
  })
}
