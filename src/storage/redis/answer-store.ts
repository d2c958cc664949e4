/** Kept answers in Redis, shared by all instances, within a bound of bytes that all of them count together. */

import type { AnswerStore } from '../../cache/port.ts'
import type { Clock } from '../../core/clock.ts'
import type { Redis } from './connect.ts'
import { answerTimeoutMs, inTime } from './in-time.ts'
import { Script } from './script.ts'

/** One hash slot for all of them, as with the counters. The number changes with what the keys hold. */
const prefix = '{weir}:answers:1:'
/** What is kept, by its end in milliseconds: the bytes of each answer and the name of its key. */
const endsKey = `${prefix}ends`
/** The sum of these bytes. */
const bytesKey = `${prefix}bytes`
/** What an answer takes beside its value: its key twice, tags, and the server's own tables. */
const overheadBytes = 1024
const scanCount = 500
/** How many answers one step takes out at most, so that others are not held up. */
const stepCount = 200
/** No request waits for it. */
const writeTimeoutMs = 2_000

/** Where one of the two is lost, what it counted ends by its time, uncounted. */
const common = `
local ends, total = KEYS[1], KEYS[2]
local held = tonumber(redis.call('GET', total) or '0')
if held == 0 or redis.call('EXISTS', ends) == 0 then redis.call('UNLINK', ends); held = 0 end
local function forget(member) held = held - tonumber(string.match(member, '^%d+')) end
local function drop(name)
  local bytes = redis.call('HSTRLEN', name, 'value')
  if bytes > 0 then
    local member = (bytes + ${overheadBytes}) .. ' ' .. name
    if redis.call('ZREM', ends, member) == 1 then forget(member) end
  end
  return redis.call('UNLINK', name)
end`

// KEYS: ends, bytes, the answer's. ARGV: its time in milliseconds, bytes for all, value, destination, tags.
const set = new Script(`${common}
local name, ttl, most = KEYS[3], tonumber(ARGV[1]), tonumber(ARGV[2])
local bytes = #ARGV[3] + ${overheadBytes}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
drop(name)
for _, member in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', now, 'LIMIT', 0, ${stepCount})) do
  redis.call('ZREM', ends, member)
  forget(member)
end
for _ = 1, ${stepCount} do
  if bytes > most or held + bytes <= most then break end
  local member = redis.call('ZPOPMIN', ends)[1]
  if not member then break end
  forget(member)
  redis.call('UNLINK', string.match(member, ' (.*)'))
end
local isKept = held + bytes <= most
if isKept then
  if redis.call('ZADD', ends, now + ttl, bytes .. ' ' .. name) == 1 then held = held + bytes end
  redis.call('HSET', name, 'value', ARGV[3], 'destination', ARGV[4], 'tags', ARGV[5])
  redis.call('PEXPIRE', name, ttl)
end
local left = math.max(redis.call('PTTL', total), isKept and ttl or 0, 1)
redis.call('SET', total, held, 'PX', left)
redis.call('PEXPIRE', ends, left)
return isKept and 1 or 0`)

// KEYS: ends, bytes, then those of the answers. Tells how many there were.
const remove = new Script(`${common}
local gone = 0
for at = 3, #KEYS do gone = gone + drop(KEYS[at]) end
local left = redis.call('PTTL', total)
if left > 0 then redis.call('SET', total, held, 'PX', left) end
return gone`)

/** One hash per answer: the value, and what it can be purged by. Those that would end soonest make room. */
export function createRedisAnswerStore(redis: Redis, maxBytes: number, clock: Clock): AnswerStore {
  const { text, bytes } = redis
  const ofOrg = (org: string): string => `${prefix}of:${Buffer.from(org).toString('base64url')}:`
  const nameOf = (org: string, key: string): string => ofOrg(org) + key

  async function matches(name: string, destination?: string, tag?: string): Promise<boolean> {
    const [of, tags] = await text.hmGet(name, ['destination', 'tags'])
    if (destination !== undefined && of !== destination) return false
    if (tag === undefined) return true
    const held: unknown = JSON.parse(tags ?? '[]')
    return Array.isArray(held) && held.includes(tag)
  }

  async function removeAll(names: readonly string[]): Promise<number> {
    return Number(await remove.run(redis, [endsKey, bytesKey, ...names], [], writeTimeoutMs))
  }

  return {
    async get(org, key) {
      const value = await inTime(bytes.hGet(nameOf(org, key), 'value'), answerTimeoutMs)
      return value ? { value } : undefined
    },
    async set({ org, key, destination, tags, value, expiresAtMs }) {
      const ttlMs = Math.ceil(expiresAtMs - clock.nowMs())
      if (ttlMs <= 0) return
      const keys = [endsKey, bytesKey, nameOf(org, key)]
      const args = [ttlMs, maxBytes, Buffer.from(value), destination, JSON.stringify(tags)]
      await set.run(redis, keys, args, writeTimeoutMs)
    },
    async remove(org, key) {
      await removeAll([nameOf(org, key)])
    },
    async purge(org, { destination, tag }) {
      let purged = 0
      for await (const names of text.scanIterator({ MATCH: `${ofOrg(org)}*`, COUNT: scanCount })) {
        const found: string[] = []
        for (const name of names) if (await matches(name, destination, tag)) found.push(name)
        if (found.length > 0) purged += await removeAll(found)
      }
      return purged
    },
  }
}
