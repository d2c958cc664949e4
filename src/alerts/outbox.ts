/** Delivers what is stored to be told: at least once, with growing pauses, until it is taken or a day has passed. */

import type { Clock } from '../core/clock.ts'
import type { Channel } from './channel.ts'
import type { AlertStore, Delivery } from './port.ts'

export interface OutboxOptions {
  readonly store: AlertStore
  /** Those of the configuration in force. */
  readonly channels: () => readonly Channel[]
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  /** A delivery failed; `isGivenUp` after a day of trying. */
  readonly onFailure: (delivery: Delivery, cause: unknown, isGivenUp: boolean) => void
  readonly onError: (cause: unknown) => void
}

export interface Outbox {
  /** Looks for deliveries now and from time to time. */
  start(): void
  /** Looks for deliveries now. */
  wake(): void
  /** Waits for the deliveries under way. */
  close(): Promise<void>
}

const pollMs = 5_000
const sendTimeoutMs = 10_000
/** Longer than a delivery may take: no other instance takes it meanwhile. */
const leaseMs = 60_000
const batch = 20
const backoffBaseMs = 5_000
const backoffCapMs = 3_600_000
const giveUpMs = 86_400_000

export function createOutbox(options: OutboxOptions): Outbox {
  const { store, clock } = options
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let isClosed = false
  let isAskedAgain = false

  const round = async (): Promise<void> => {
    do {
      isAskedAgain = false
      const due = await store.claim(clock.nowMs(), leaseMs, batch)
      await Promise.all(due.map((delivery) => deliver(options, delivery)))
      if (due.length === batch) isAskedAgain = true
    } while (isAskedAgain && !isClosed)
  }

  const wake = (): void => {
    if (isClosed) return
    if (running) {
      isAskedAgain = true
      return
    }
    running = round()
      .catch(options.onError)
      .finally(() => (running = undefined))
  }

  return {
    start() {
      timer = setInterval(wake, pollMs).unref()
      wake()
    },
    wake,
    async close() {
      isClosed = true
      clearInterval(timer)
      await running
    },
  }
}

async function deliver(options: OutboxOptions, delivery: Delivery): Promise<void> {
  const { store, channels, clock, onFailure } = options
  const channel = channels().find(({ name }) => name === delivery.channel)
  const alert = await store.get(delivery.org, delivery.alertId)
  // A channel that the configuration has no more, or an alert that was pruned, has nobody to be told.
  if (channel === undefined || alert === undefined) return store.failed(delivery.id, undefined)
  try {
    const { occasion, id } = delivery
    await channel.send({ occasion, alert }, id, AbortSignal.timeout(sendTimeoutMs))
    await store.delivered(id)
  } catch (cause) {
    const isGivenUp = clock.nowMs() - delivery.createdAtMs >= giveUpMs
    await store.failed(delivery.id, isGivenUp ? undefined : clock.nowMs() + pauseMs(delivery, options.random))
    onFailure(delivery, cause, isGivenUp)
  }
}

/** Between a half and the whole of a pause that doubles: many failed deliveries do not come back at once. */
function pauseMs({ attempts }: Delivery, random: () => number): number {
  const whole = Math.min(backoffCapMs, backoffBaseMs * 2 ** attempts)
  return Math.round(whole * (0.5 + random() / 2))
}
