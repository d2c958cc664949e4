/** Lines of batches in RabbitMQ: a quorum queue for each batch, with confirmed messages, of which each instance has a few. */

import type { Clock } from '../../core/clock.ts'
import type { LineBroker } from '../../batch/port.ts'
import { Rabbit, type Session } from './connect.ts'
import { Consumer } from './consumer.ts'
import { deadQueue, declare, inTime, queueOf } from './line-queue.ts'

const maxDead = 10_000
/** Confirmed before the next are sent: a million lines are not confirmed within the time of one answer. */
const messagesPerStep = 500
/**
 * Messages that wait here are not acknowledged, and RabbitMQ closes the channel of who keeps one for half an hour
 * (https://www.rabbitmq.com/docs/consumers#acknowledgement-timeout). So a batch that nobody asks for is let go of.
 */
const idleMs = 60_000

export interface RabbitLineBrokerParts {
  readonly url: string
  readonly clock: Pick<Clock, 'monotonicMs'>
}

export function createRabbitLineBroker({ url, clock }: RabbitLineBrokerParts): LineBroker {
  const nowMs = () => clock.monotonicMs()
  const consumers = new Consumers()
  const rabbit = new Rabbit({
    url,
    nowMs,
    prepare: (channel) => channel.assertQueue(deadQueue, { durable: true, maxLength: maxDead }),
    onEnd: (session) => consumers.end(session),
  })
  const timer = setInterval(() => void consumers.stopIdle(nowMs() - idleMs), idleMs / 2).unref()

  return {
    async offer(batchId, messages) {
      const { publishing, consuming } = await inTime(rabbit.session())
      await inTime(declare(consuming, batchId))
      for (let from = 0; from < messages.length; from += messagesPerStep) {
        for (const lines of messages.slice(from, from + messagesPerStep)) {
          publishing.sendToQueue(queueOf(batchId), Buffer.from(lines), { persistent: true })
        }
        await inTime(publishing.waitForConfirms())
      }
    },
    async take(batchId, limit) {
      const consumer = await inTime(rabbit.session().then((session) => consumers.of(batchId, session)))
      consumer.askedAtMs = nowMs()
      const { taken, isEmpty } = await consumer.take(limit)
      const { consuming } = consumer.session
      return {
        messages: taken.map(({ content }) => content.toString()),
        isEmpty,
        accept: async () => consumer.settle(taken, (message) => consuming.ack(message)),
        giveBack: async () => consumer.settle(taken, (message) => consuming.nack(message, false, true)),
      }
    },
    async drop(batchId) {
      consumers.drop(batchId)
      const { consuming } = await inTime(rabbit.session())
      await inTime(consuming.deleteQueue(queueOf(batchId)))
    },
    async close() {
      clearInterval(timer)
      await rabbit.close()
    },
  }
}

/** One for each batch that lines are taken of. */
class Consumers {
  readonly #consumers = new Map<string, Consumer>()

  async of(batchId: string, session: Session): Promise<Consumer> {
    const known = this.#consumers.get(batchId)
    if (known?.session === session) return known
    const consumer = new Consumer(session, batchId)
    const forget = () => {
      if (this.#consumers.get(batchId) === consumer) this.#consumers.delete(batchId)
    }
    this.#consumers.set(batchId, consumer)
    try {
      await consumer.start(forget)
    } catch (error) {
      forget()
      throw error
    }
    return consumer
  }

  /** The batch is over. */
  drop(batchId: string): void {
    this.#consumers.get(batchId)?.end()
    this.#consumers.delete(batchId)
  }

  /** All that the session had. */
  end(session: Session): void {
    for (const [batchId, consumer] of this.#consumers) if (consumer.session === session) this.drop(batchId)
  }

  async stopIdle(askedBeforeMs: number): Promise<void> {
    for (const [batchId, consumer] of this.#consumers) {
      if (consumer.askedAtMs > askedBeforeMs) continue
      this.#consumers.delete(batchId)
      await consumer.stop().catch(() => undefined) // the session ended: so did the consumer
    }
  }
}
