/** Kept answers in Redis, shared by all instances. Its own `maxmemory` and policy bound them. */

import type { AnswerStore } from '../../cache/port.ts'
import type { Clock } from '../../core/clock.ts'
import type { Redis } from './connect.ts'
import { answerTimeoutMs, inTime } from './in-time.ts'

const prefix = 'weir:answer:'
const scanCount = 500

/** One hash per answer: the value, and what it can be purged by. */
export function createRedisAnswerStore({ text, bytes }: Redis, clock: Clock): AnswerStore {
  const ofOrg = (org: string): string => `${prefix}${Buffer.from(org).toString('base64url')}:`
  const nameOf = (org: string, key: string): string => ofOrg(org) + key

  async function matches(name: string, destination?: string, tag?: string): Promise<boolean> {
    const [of, tags] = await text.hmGet(name, ['destination', 'tags'])
    if (destination !== undefined && of !== destination) return false
    if (tag === undefined) return true
    const held: unknown = JSON.parse(tags ?? '[]')
    return Array.isArray(held) && held.includes(tag)
  }

  return {
    async get(org, key) {
      const value = await inTime(bytes.hGet(nameOf(org, key), 'value'), answerTimeoutMs)
      return value ? { value } : undefined
    },
    async set({ org, key, destination, tags, value, expiresAtMs }) {
      const name = nameOf(org, key)
      const ttlMs = Math.ceil(expiresAtMs - clock.nowMs())
      if (ttlMs <= 0) return
      await text
        .multi()
        .hSet(name, { value: Buffer.from(value), destination, tags: JSON.stringify(tags) })
        .pExpire(name, ttlMs)
        .exec()
    },
    async remove(org, key) {
      await text.unlink(nameOf(org, key))
    },
    async purge(org, { destination, tag }) {
      let purged = 0
      for await (const names of text.scanIterator({ MATCH: `${ofOrg(org)}*`, COUNT: scanCount })) {
        const found: string[] = []
        for (const name of names) if (await matches(name, destination, tag)) found.push(name)
        if (found.length > 0) purged += await text.unlink(found)
      }
      return purged
    },
  }
}
