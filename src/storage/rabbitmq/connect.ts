/** A connection to RabbitMQ that never brings the process down: made when it is needed, and again when it broke. */

import { setTimeout } from 'node:timers/promises'
import { type Channel, type ChannelModel, type ConfirmChannel, connect } from 'amqplib'

/** What one connection has. Both channels and all that they know end with it. */
export interface Session {
  /** Every message on it is confirmed. */
  readonly publishing: ConfirmChannel
  readonly consuming: Channel
}

export interface Rabbit {
  /** Rejects at once where there is no connection, and none could be made a moment ago. */
  session(): Promise<Session>
  close(): Promise<void>
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

export function createRabbit({ url, nowMs, prepare, onEnd }: RabbitParts): Rabbit {
  let current: Promise<Session> | undefined
  let connection: ChannelModel | undefined
  let failed: { readonly cause: unknown; readonly untilMs: number } | undefined
  let isClosed = false

  const open = async (): Promise<Session> => {
    const model = await connect(withHeartbeat(url), { timeout: connectTimeoutMs })
    connection = model
    // Without listeners, an error of the connection or of a channel ends the process.
    model.on('error', () => undefined)
    const [publishing, consuming] = await Promise.all([model.createConfirmChannel(), model.createChannel()])
    const session = { publishing, consuming }
    const end = () => {
      if (connection !== model) return
      connection = undefined
      current = undefined
      onEnd(session)
      model.close().catch(() => undefined) // it is broken, or has just ended
    }
    model.on('close', end)
    for (const channel of [publishing, consuming]) {
      channel.on('error', end)
      channel.on('close', end)
    }
    await prepare(consuming)
    return session
  }
  return {
    session() {
      if (isClosed) return Promise.reject(new Error('the connection to RabbitMQ is closed'))
      if (failed && nowMs() < failed.untilMs) return Promise.reject(failed.cause as Error)
      current ??= open().then(
        (session) => {
          failed = undefined
          return session
        },
        (cause: unknown) => {
          failed = { cause, untilMs: nowMs() + retryAfterMs }
          current = undefined
          throw cause
        },
      )
      return current
    },
    async close() {
      isClosed = true
      await current?.catch(() => undefined)
      const model = connection
      connection = undefined
      await Promise.race([
        model?.close().catch(() => undefined),
        setTimeout(closeTimeoutMs, undefined, { ref: false }),
      ])
    },
  }
}

function withHeartbeat(text: string): string {
  const url = new URL(text)
  if (!url.searchParams.has('heartbeat')) url.searchParams.set('heartbeat', `${heartbeatSeconds}`)
  return url.href
}
