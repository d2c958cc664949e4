/** Tells the channels of the configuration what alerts have stored for them. */

import type { Channel } from './channel.ts'
import type { AlertStore, Delivery } from './port.ts'
import { createRetrier, type Retrier, type RetrierOptions } from './retrier.ts'

export interface OutboxOptions extends Omit<RetrierOptions<Delivery>, 'store' | 'send'> {
  readonly store: AlertStore
  /** Those of the configuration in force. */
  readonly channels: () => readonly Channel[]
}

/** A channel that the configuration has no more, or an alert that was pruned, has nobody to be told. */
export function createOutbox({ store, channels, ...options }: OutboxOptions): Retrier {
  return createRetrier({
    ...options,
    store,
    async send({ id, org, alertId, channel: name, occasion }, signal) {
      const channel = channels().find((one) => one.name === name)
      const alert = await store.get(org, alertId)
      if (channel === undefined || alert === undefined) return 'nobody'
      await channel.send({ occasion, alert }, id, signal)
      return 'taken'
    },
  })
}
