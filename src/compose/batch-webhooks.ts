/** Builds what tells receivers that a batch has ended, each with a way of its own through the egress guard. */

import { inspect } from 'node:util'
import type { Retrier } from '../alerts/retrier.ts'
import type { BatchDeliveryStore, BatchStore } from '../batch/port.ts'
import { type BatchReceiver, createBatchWebhooks } from '../batch/webhooks.ts'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import { policyFor } from '../upstream/egress.ts'
import { createPoster } from '../upstream/post.ts'
import type { Log } from '../telemetry/log.ts'
import type { Closers } from './closers.ts'

export interface BatchTellingParts {
  readonly config: () => Config
  readonly stores: { readonly batches: BatchStore; readonly batchDeliveries: BatchDeliveryStore }
  readonly clock: Clock
  readonly log: Log
  readonly closers: Closers
}

export interface BatchTelling {
  readonly retrier: Retrier
  /** The names of those who are to be told. */
  receivers(): readonly string[]
}

export function createBatchTelling({ config, stores, clock, log, closers }: BatchTellingParts): BatchTelling {
  const onError = (cause: unknown) =>
    log.error({ cause: inspect(cause) }, 'who is to be told of batches could not be read')
  let made:
    | { readonly of: Config['batches']['webhooks']; readonly receivers: readonly BatchReceiver[] }
    | undefined
  const receivers = (): readonly BatchReceiver[] => {
    const { webhooks } = config().batches
    if (made?.of === webhooks) return made.receivers
    if (made) void closeAll(made.receivers).catch(onError)
    made = { of: webhooks, receivers: Object.entries(webhooks).map(toReceiver) }
    return made.receivers
  }
  const retrier = createBatchWebhooks({
    deliveries: stores.batchDeliveries,
    batches: stores.batches,
    receivers,
    clock,
    random: Math.random,
    onFailure: ({ receiver, batchId }, cause, isGivenUp) =>
      log.warn(
        {
          receiver,
          batch: batchId,
          cause: cause instanceof Error ? cause.message : String(cause),
          isGivenUp,
        },
        'the end of a batch was not delivered',
      ),
    onError,
  })
  closers.add(async () => {
    await retrier.close()
    if (made) await closeAll(made.receivers)
  })
  return { retrier, receivers: () => Object.keys(config().batches.webhooks) }
}

type Webhook = Config['batches']['webhooks'][string]

function toReceiver([name, { url, secret, allowPrivateNetwork }]: [string, Webhook]): BatchReceiver {
  const sender = createPoster(policyFor(url, allowPrivateNetwork))
  return { name, url, secret, sender }
}

async function closeAll(receivers: readonly BatchReceiver[]): Promise<void> {
  await Promise.all(receivers.map(({ sender }) => sender.close()))
}
