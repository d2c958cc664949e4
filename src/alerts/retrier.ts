/** Delivers what is stored to be told: at least once, with growing pauses, until it is taken or a day has passed. */

import type { Clock } from '../core/clock.ts'

/** What is on its way to one receiver. */
export interface Attempted {
  readonly id: string
  readonly attempts: number
  readonly createdAtMs: number
}

export interface DeliveryStore<Delivery extends Attempted> {
  /** Deliveries that are due, for this caller alone until `leaseMs` have passed. */
  claim(nowMs: number, leaseMs: number, limit: number): Promise<readonly Delivery[]>
  delivered(id: string): Promise<void>
  /** Tries it again then; undefined gives it up. */
  failed(id: string, nextAtMs: number | undefined): Promise<void>
}

export interface RetrierOptions<Delivery extends Attempted> {
  readonly store: DeliveryStore<Delivery>
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  /** Rejects where it was not taken. `nobody`: there is nobody to be told any more. */
  send(delivery: Delivery, signal: AbortSignal): Promise<'taken' | 'nobody'>
  /** A delivery failed; `isGivenUp` after a day of trying. */
  onFailure(delivery: Delivery, cause: unknown, isGivenUp: boolean): void
  onError(cause: unknown): void
}

export interface Retrier {
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

export function createRetrier<Delivery extends Attempted>(options: RetrierOptions<Delivery>): Retrier {
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

async function deliver<Delivery extends Attempted>(
  options: RetrierOptions<Delivery>,
  delivery: Delivery,
): Promise<void> {
  const { store, clock, send, onFailure } = options
  const { id, createdAtMs } = delivery
  try {
    const end = await send(delivery, AbortSignal.timeout(sendTimeoutMs))
    await (end === 'taken' ? store.delivered(id) : store.failed(id, undefined))
  } catch (cause) {
    const isGivenUp = clock.nowMs() - createdAtMs >= giveUpMs
    await store.failed(id, isGivenUp ? undefined : clock.nowMs() + pauseMs(delivery, options.random))
    onFailure(delivery, cause, isGivenUp)
  }
}

/** Between a half and the whole of a pause that doubles: many failed deliveries do not come back at once. */
function pauseMs({ attempts }: Attempted, random: () => number): number {
  const whole = Math.min(backoffCapMs, backoffBaseMs * 2 ** attempts)
  return Math.round(whole * (0.5 + random() / 2))
}
