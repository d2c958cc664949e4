/** A connection to RabbitMQ that never brings the process down: made when it is needed, and again when it broke. */

import { setTimeout } from 'node:timers/promises'
import { type Channel, type ChannelModel, type ConfirmChannel, connect } from 'amqplib'

/** What one connection has. Both channels and all that they know end with it. */
export interface Session {
  /** Every message on it is confirmed. */
  readonly publishing: ConfirmChannel
  readonly consuming: Channel
}

const connectTimeoutMs = 3000
const heartbeatSeconds = 10
const retryAfterMs = 1000
/** What was not acknowledged by then comes again. */
const closeTimeoutMs = 1000

export interface RabbitParts {
  readonly url: string
  readonly nowMs: () => number
  /** Declares what every session needs. */
  prepare(channel: Channel): Promise<unknown>
  /** Hears of each session that has ended, for whatever reason. */
  onEnd(session: Session): void
}

export class Rabbit {
  readonly #parts: RabbitParts
  /** Those that nobody has begun to close, also before they have a session. */
  readonly #connections = new Set<ChannelModel>()
  #current: Promise<Session> | undefined
  #failed: { readonly cause: unknown; readonly untilMs: number } | undefined
  #isClosed = false

  constructor(parts: RabbitParts) {
    this.#parts = parts
  }

  /** Rejects at once where there is no connection, and none could be made a moment ago. */
  session(): Promise<Session> {
    if (this.#isClosed) return Promise.reject(closed())
    const failed = this.#failed
    if (failed && this.#parts.nowMs() < failed.untilMs) return Promise.reject(failed.cause as Error)
    return (this.#current ??= this.#begin())
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const opening = this.#current?.catch(() => undefined)
    const closing = [...this.#connections].map((connection) => this.#shut(connection))
    await Promise.all([...closing, Promise.race([opening, aWhile()])])
  }

  #begin(): Promise<Session> {
    // Only of this one: another may have been begun by the time that it ends.
    const forget = () => {
      if (this.#current === session) this.#current = undefined
    }
    const session = this.#open(forget).then(
      (opened) => {
        this.#failed = undefined
        return opened
      },
      (cause: unknown) => {
        this.#failed = { cause, untilMs: this.#parts.nowMs() + retryAfterMs }
        forget()
        throw cause
      },
    )
    return session
  }

  async #open(forget: () => void): Promise<Session> {
    const connection = await connect(withHeartbeat(this.#parts.url), { timeout: connectTimeoutMs })
    this.#connections.add(connection)
    connection.on('close', () => this.#connections.delete(connection))
    // Without listeners, an error of the connection or of a channel ends the process.
    connection.on('error', () => undefined)
    try {
      if (this.#isClosed) throw closed() // while it was being made
      return await this.#prepare(connection, forget)
    } catch (cause) {
      await this.#shut(connection)
      throw cause
    }
  }

  async #prepare(connection: ChannelModel, forget: () => void): Promise<Session> {
    const { prepare, onEnd } = this.#parts
    const [publishing, consuming] = await Promise.all([
      connection.createConfirmChannel(),
      connection.createChannel(),
    ])
    const session = { publishing, consuming }
    let hasEnded = false
    const end = () => {
      if (hasEnded) return
      hasEnded = true
      forget()
      onEnd(session)
      void this.#shut(connection)
    }
    connection.on('close', end)
    for (const channel of [publishing, consuming]) {
      channel.on('error', end)
      channel.on('close', end)
    }
    await prepare(consuming)
    if (hasEnded) throw new Error('the connection to RabbitMQ ended as it was made')
    return session
  }

  /** It may be broken, or have just ended. Where nothing is answered, its heart beats no more, and it ends by that. */
  async #shut(connection: ChannelModel): Promise<void> {
    if (!this.#connections.delete(connection)) return
    await Promise.race([connection.close().catch(() => undefined), aWhile()])
  }
}

function aWhile(): Promise<void> {
  return setTimeout(closeTimeoutMs, undefined, { ref: false })
}

function closed(): Error {
  return new Error('the connection to RabbitMQ is closed')
}

function withHeartbeat(text: string): string {
  const url = new URL(text)
  if (!url.searchParams.has('heartbeat')) url.searchParams.set('heartbeat', `${heartbeatSeconds}`)
  return url.href
}
