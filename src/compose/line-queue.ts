/** Builds what tells instances which lines of batches are next: the store itself, Redis or RabbitMQ. */

import { inspect } from 'node:util'
import { createBrokerQueue } from '../batch/broker-queue.ts'
import type { BatchStore, LineBroker, LineQueue } from '../batch/port.ts'
import { createStoreQueue } from '../batch/store-queue.ts'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../telemetry/log.ts'

export interface LineQueueParts {
  readonly queue: Config['queue']
  readonly store: BatchStore
  readonly instance: string
  /** How long lines are leased: who has had a message for so long has lost it. */
  readonly leaseMs: number
  readonly clock: Clock
  readonly log: Log
}

export function createLineQueue(parts: LineQueueParts): LineQueue {
  const { queue, store, clock, log } = parts
  if (queue === 'store') return createStoreQueue(store)
  return createBrokerQueue({
    broker: openWhenNeeded(() => openBroker(queue.reveal(), parts)),
    store,
    clock,
    onState(cause) {
      if (cause === undefined) log.info('the queue of batches answers again')
      else
        log.error({ cause: inspect(cause) }, 'the queue of batches is away: lines are taken from the store')
    },
  })
}

/** Its client is loaded, and a connection made, with the first batch. */
async function openBroker(
  url: string,
  { instance, leaseMs, clock, log }: LineQueueParts,
): Promise<LineBroker> {
  if (url.startsWith('amqp')) {
    const { createRabbitLineBroker } = await import('../storage/rabbitmq/line-broker.ts')
    return createRabbitLineBroker({ url, clock })
  }
  const [{ connectRedis }, { createRedisLineBroker }] = await Promise.all([
    import('../storage/redis/connect.ts'),
    import('../storage/redis/line-broker.ts'),
  ])
  const onError = (cause: unknown) => log.debug({ cause: inspect(cause) }, 'a connection to Redis broke')
  const redis = await connectRedis(url, onError)
  return createRedisLineBroker({ redis, consumer: instance, lostAfterMs: leaseMs })
}

function openWhenNeeded(open: () => Promise<LineBroker>): LineBroker {
  let opening: Promise<LineBroker> | undefined
  const broker = () => (opening ??= open())
  return {
    offer: async (batchId, messages) => (await broker()).offer(batchId, messages),
    take: async (batchId, limit) => (await broker()).take(batchId, limit),
    drop: async (batchId) => (await broker()).drop(batchId),
    close: async () => (await opening)?.close(),
  }
}
