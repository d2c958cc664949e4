/** The messages of one batch that RabbitMQ has sent to this instance. */

import type { ConsumeMessage } from 'amqplib'
import type { Session } from './connect.ts'
import { declare, inTime, queueOf } from './line-queue.ts'

/** Twice what is taken at once, so that the next are here when these are done. */
const prefetch = 8
/** How long a message may be on its way. */
const patienceMs = 100

export class Consumer {
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
