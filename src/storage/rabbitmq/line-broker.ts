/** Lines of batches in RabbitMQ: a quorum queue for each batch, with confirmed messages, of which each instance has a few. */

import type { ConsumeMessage } from 'amqplib'
import type { Clock } from '../../core/clock.ts'
import type { LineBroker } from '../../batch/port.ts'
import { Rabbit, type Session } from './connect.ts'

const queueOf = (batchId: string): string => `weir.lines.${batchId}`
/** Messages that went round and round: their lines are offered again from their rows. */
const deadQueue = 'weir.lines.dead'
const maxDeliveries = 20
const maxDead = 10_000
/** A queue that nobody has used for so long is gone; rows that were in it are offered again. */
const keptMs = 3_600_000
/** Twice what is taken at once, so that the next are here when these are done. */
const prefetch = 8
/** How long a message may be on its way. */
const patienceMs = 100
const answerTimeoutMs = 2000
/** Confirmed before the next are sent: a million lines are not confirmed within the time of one answer. */
const messagesPerStep = 500
/**
 * Messages that wait here are not acknowledged, and RabbitMQ closes the channel of who keeps one for half an hour
 * (https://www.rabbitmq.com/docs/consumers#acknowledgement-timeout). So a batch that nobody asks for is let go of.
 */
const idleMs = 60_000

export interface RabbitLineBrokerParts {
  readonly url: string
  readonly clock: Clock
}

export function createRabbitLineBroker({ url, clock }: RabbitLineBrokerParts): LineBroker {
  const nowMs = () => clock.monotonicMs()
  const consumers = new Map<string, Consumer>()
  const rabbit = new Rabbit({
    url,
    nowMs,
    prepare: (channel) => channel.assertQueue(deadQueue, { durable: true, maxLength: maxDead }),
    onEnd(session) {
      for (const [batchId, consumer] of consumers) {
        if (consumer.session !== session) continue
        consumers.delete(batchId)
        consumer.end()
      }
    },
  })
  const consumerOf = async (batchId: string): Promise<Consumer> => {
    const session = await rabbit.session()
    const known = consumers.get(batchId)
    if (known?.session === session) return known
    const consumer = new Consumer(session, batchId)
    consumers.set(batchId, consumer)
    try {
      await consumer.start(() => {
        if (consumers.get(batchId) === consumer) consumers.delete(batchId)
      })
    } catch (error) {
      if (consumers.get(batchId) === consumer) consumers.delete(batchId)
      throw error
    }
    return consumer
  }
  const letIdleGo = async (): Promise<void> => {
    for (const [batchId, consumer] of consumers) {
      if (nowMs() - consumer.askedAtMs < idleMs) continue
      consumers.delete(batchId)
      await consumer.stop().catch(() => undefined) // the session ended: so did the consumer
    }
  }
  const timer = setInterval(() => void letIdleGo(), idleMs / 2).unref()

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
      const consumer = await inTime(consumerOf(batchId))
      consumer.askedAtMs = nowMs()
      const { taken, isEmpty } = await consumer.take(limit)
      return {
        messages: taken.map(({ content }) => content.toString()),
        isEmpty,
        accept: async () => consumer.settle(taken, (message) => consumer.session.consuming.ack(message)),
        giveBack: async () =>
          consumer.settle(taken, (message) => consumer.session.consuming.nack(message, false, true)),
      }
    },
    async drop(batchId) {
      const consumer = consumers.get(batchId)
      consumers.delete(batchId)
      consumer?.end()
      const { consuming } = await inTime(rabbit.session())
      await inTime(consuming.deleteQueue(queueOf(batchId)))
    },
    async close() {
      clearInterval(timer)
      await rabbit.close()
    },
  }
}

/** The queue of the batch, made where there is none. Gives how many messages wait in it. */
async function declare(channel: Session['consuming'], batchId: string): Promise<number> {
  const { messageCount } = await channel.assertQueue(queueOf(batchId), {
    durable: true,
    expires: keptMs,
    deadLetterExchange: '',
    deadLetterRoutingKey: deadQueue,
    arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': maxDeliveries },
  })
  return messageCount
}

/** The messages of one batch that RabbitMQ has sent here. */
class Consumer {
  readonly session: Session
  askedAtMs = Infinity
  readonly #batchId: string
  readonly #waiting: ConsumeMessage[] = []
  #tag: string | undefined
  #hasEnded = false
  /** There were some when it began: they are not counted any more, and not here yet. */
  #mayHaveMore = false
  #arrived: (() => void) | undefined

  constructor(session: Session, batchId: string) {
    this.session = session
    this.#batchId = batchId
  }

  /** `onEnd`: the queue was deleted. */
  async start(onEnd: () => void): Promise<void> {
    const { consuming } = this.session
    this.#mayHaveMore = (await this.#count()) > 0
    await consuming.prefetch(prefetch)
    const { consumerTag } = await consuming.consume(queueOf(this.#batchId), (message) => {
      if (message === null) {
        this.end()
        onEnd()
        return
      }
      this.#waiting.push(message)
      this.#arrived?.()
    })
    this.#tag = consumerTag
  }

  /** Of what is here; else of what comes within a moment, where the queue has any. */
  async take(limit: number): Promise<{ taken: ConsumeMessage[]; isEmpty: boolean }> {
    if (this.#waiting.length === 0) {
      const hasMore = this.#mayHaveMore || (await this.#count()) > 0
      this.#mayHaveMore = false
      if (this.#waiting.length === 0 && hasMore && !this.#hasEnded) await this.#arrival()
      if (this.#waiting.length === 0) return { taken: [], isEmpty: !hasMore }
    }
    return { taken: this.#waiting.splice(0, limit), isEmpty: false }
  }

  /** Messages that wait in the queue, made where there is none. */
  #count(): Promise<number> {
    return inTime(declare(this.session.consuming, this.#batchId))
  }

  async #arrival(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#arrived = resolve
    const timer = setTimeout(resolve, patienceMs)
    await promise
    clearTimeout(timer)
    this.#arrived = undefined
  }

  /** Nothing is told to a session that has ended: what was not acknowledged comes again. */
  settle(messages: readonly ConsumeMessage[], tell: (message: ConsumeMessage) => void): void {
    if (this.#hasEnded) return
    for (const message of messages) tell(message)
  }

  end(): void {
    this.#hasEnded = true
    this.#waiting.length = 0
    this.#arrived?.()
  }

  /** Gives back what it has. */
  async stop(): Promise<void> {
    if (this.#tag !== undefined) await this.session.consuming.cancel(this.#tag)
    for (const message of this.#waiting.splice(0)) this.session.consuming.nack(message, false, true)
    this.#hasEnded = true
  }
}

/** A broker that hangs is a broker that is away. */
async function inTime<Value>(answer: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`RabbitMQ did not answer within ${answerTimeoutMs} ms`)),
      answerTimeoutMs,
    )
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
