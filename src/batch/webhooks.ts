/** Tells receivers that a batch has ended, signed, until they take it. */

import { createRetrier, type Retrier, type RetrierOptions } from '../alerts/retrier.ts'
import { postSigned, type Sender } from '../alerts/signed-post.ts'
import type { Secret } from '../core/secret.ts'
import { toBatchView } from './admin.ts'
import type { BatchDelivery, BatchDeliveryStore, BatchStore } from './port.ts'

export interface BatchReceiver {
  readonly name: string
  readonly url: string
  readonly secret: Secret
  readonly sender: Sender
}

export interface BatchWebhookParts extends Omit<RetrierOptions<BatchDelivery>, 'store' | 'send'> {
  readonly deliveries: BatchDeliveryStore
  readonly batches: Pick<BatchStore, 'get'>
  /** Those of the configuration in force. */
  readonly receivers: () => readonly BatchReceiver[]
}

/** `{ id, type: 'batch.completed', created_at, batch }`, with the batch as the admin API shows it. */
export function createBatchWebhooks(parts: BatchWebhookParts): Retrier {
  const { deliveries, batches, receivers, ...options } = parts
  return createRetrier({
    ...options,
    store: deliveries,
    async send({ id, org, batchId, receiver }, signal) {
      const found = receivers().find(({ name }) => name === receiver)
      const batch = await batches.get(org, batchId)
      if (!found || !batch) return 'nobody'
      const { sender, url, secret } = found
      await postSigned(sender, {
        url,
        secret,
        deliveryId: id,
        type: `batch.${batch.status}`,
        content: { batch: toBatchView(batch) },
        nowMs: options.clock.nowMs(),
        signal,
      })
      return 'taken'
    },
  })
}
