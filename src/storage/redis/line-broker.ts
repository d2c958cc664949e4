/** Lines of batches in Redis: a stream for each batch, read by all instances as one consumer group. */

import type { LineBroker } from '../../batch/port.ts'
import type { Redis } from './connect.ts'
import { inTime } from './in-time.ts'

/** The number changes with what the keys hold. */
const keyOf = (batchId: string): string => `{weir}:lines:1:${batchId}`
const group = 'weir'
const timeoutMs = 2000
/** A stream that nobody has written to for so long is gone; rows that were in it are offered again. */
const keptSeconds = 86_400
const messagesPerStep = 500

export interface RedisLineBrokerParts {
  readonly redis: Redis
  /** The instance. */
  readonly consumer: string
  /** Who has had a message for so long has lost it. */
  readonly lostAfterMs: number
}

export function createRedisLineBroker({ redis, consumer, lostAfterMs }: RedisLineBrokerParts): LineBroker {
  const { text: client } = redis
  let isClosed = false
  /** What others took and never did. Gone entries of a trimmed stream are null. */
  const takeLost = async (key: string, COUNT: number): Promise<Entry[]> => {
    const { messages } = await client.xAutoClaim(key, group, consumer, lostAfterMs, '0-0', { COUNT })
    return messages.filter((entry) => entry !== null)
  }
  const takeNew = async (key: string, COUNT: number): Promise<Entry[]> => {
    const streams = await client.xReadGroup(group, consumer, { key, id: '>' }, { COUNT })
    return (streams as { messages: Entry[] }[] | null)?.[0]?.messages ?? []
  }
  return {
    async offer(batchId, messages) {
      const key = keyOf(batchId)
      for (let from = 0; from < messages.length; from += messagesPerStep) {
        const adding = client.multi()
        for (const lines of messages.slice(from, from + messagesPerStep)) adding.xAdd(key, '*', { lines })
        await inTime(adding.expire(key, keptSeconds).exec(), timeoutMs)
      }
    },
    async take(batchId, limit) {
      const key = keyOf(batchId)
      const entries = await inTime(
        inGroup(client, key, async () => {
          const lost = await takeLost(key, limit)
          return lost.length < limit ? [...lost, ...(await takeNew(key, limit - lost.length))] : lost
        }),
        timeoutMs,
      )
      const ids = entries.map(({ id }) => id)
      return {
        messages: entries.map(({ message }) => message['lines'] ?? ''),
        isEmpty: entries.length === 0,
        accept: () => inTime(forget(client, key, ids), timeoutMs),
        // As many as it takes: another message with the same lines, and this one done.
        giveBack: () => inTime(addAgain(client, key, entries), timeoutMs),
      }
    },
    async drop(batchId) {
      await inTime(client.del(keyOf(batchId)), timeoutMs)
    },
    async close() {
      if (!isClosed) redis.close()
      isClosed = true
    },
  }
}

interface Entry {
  readonly id: string
  readonly message: Readonly<Record<string, string>>
}

/** The group is made when it is missed: before the first message, and where Redis has lost everything. */
async function inGroup<T>(client: Redis['text'], key: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!String((error as Error).message).startsWith('NOGROUP')) throw error
    await client.xGroupCreate(key, group, '0', { MKSTREAM: true }).catch(ignoreBusyGroup)
    await client.expire(key, keptSeconds)
    return work()
  }
}

/** Another instance was faster. */
function ignoreBusyGroup(error: unknown): void {
  if (!String((error as Error).message).startsWith('BUSYGROUP')) throw error
}

async function forget(client: Redis['text'], key: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await client
    .multi()
    .xAck(key, group, [...ids])
    .xDel(key, [...ids])
    .exec()
}

async function addAgain(client: Redis['text'], key: string, entries: readonly Entry[]): Promise<void> {
  if (entries.length === 0) return
  const ids = entries.map(({ id }) => id)
  const adding = client.multi()
  for (const { message } of entries) adding.xAdd(key, '*', { ...message })
  await adding.xAck(key, group, ids).xDel(key, ids).exec()
}
