/** A connection to Redis that never brings the process down: while it is away, commands fail at once. */

import { setTimeout } from 'node:timers/promises'
import { createClient, RESP_TYPES } from '@redis/client'

const connectTimeoutMs = 3_000
/** A start waits no longer for the first connection. */
const firstWaitMs = 1_000
const maxReconnectMs = 2_000
/** A command that waits longer than this is of no use to a request. */
const commandTimeoutMs = 250

export type Redis = Awaited<ReturnType<typeof connectRedis>>

/** Connects, and connects again whenever it must. It does not wait long for the first time: nothing depends on it. */
export async function connectRedis(url: string, onError: (cause: unknown) => void) {
  const client = createClient({
    url,
    disableOfflineQueue: true,
    commandOptions: { timeout: commandTimeoutMs },
    socket: {
      connectTimeout: connectTimeoutMs,
      reconnectStrategy: (retries) => Math.min(50 * 2 ** Math.min(retries, 8), maxReconnectMs),
    },
  })
  // Without a listener, an error of the connection ends the process.
  client.on('error', onError)
  const connecting = client.connect().catch(onError)
  await Promise.race([connecting, setTimeout(firstWaitMs, undefined, { ref: false })])
  const close = (): void => client.destroy()
  return { text: client, bytes: client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }), close }
}
