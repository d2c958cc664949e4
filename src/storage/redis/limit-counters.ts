/** The counters of limits in Redis: one step for all buckets of a request, by the server's own clock. */

import { randomUUID } from 'node:crypto'
import type { RemoteCounters } from '../../limits/port.ts'
import type { Redis } from './connect.ts'
import { answerTimeoutMs } from './in-time.ts'
import { Script } from './script.ts'

/** One hash slot for all of them: a script may touch only keys of one. The number changes with what the keys hold. */
const prefix = '{weir}:limits:1:'
const instancesKey = `${prefix}instances`
/** Places of an instance that has not been heard of for so long are free. */
const leaseMs = 15_000
/** Nobody waits for it but the instance itself. */
const beatTimeoutMs = 250

const rateKey = (bucket: string): string => `${prefix}rate:${bucket}`
const slotKey = (bucket: string): string => `${prefix}slot:${bucket}`

/** The arithmetic is that of limits/gcra.ts, and a shared test holds the two against each other. */
const clock = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local function exact(number) return string.format('%.17g', number) end
local function write(key, full)
  if full <= now then redis.call('DEL', key)
  else redis.call('SET', key, exact(full), 'PX', math.ceil(full - now) + 1000) end
end`

/** Of this instance: how many places it holds; of the others, those whose lease runs. */
const hold = `
local function hold(key, me, own)
  if own > 0 then
    redis.call('HSET', key, me, own)
    redis.call('PEXPIRE', key, ${leaseMs * 2})
  else redis.call('HDEL', key, me) end
end
local function others(key, me)
  local sum = 0
  local fields = redis.call('HGETALL', key)
  for at = 1, #fields, 2 do
    if fields[at] ~= me then
      local lease = redis.call('ZSCORE', '${instancesKey}', fields[at])
      if lease and tonumber(lease) > now then sum = sum + tonumber(fields[at + 1])
      else redis.call('HDEL', key, fields[at]) end
    end
  end
  return sum
end`

// KEYS: instances, rates, slots. ARGV: instance, number of rates, then (rate, amount) each, then (max, own) each.
const take = new Script(`${clock}${hold}
local me = ARGV[1]
local rates = tonumber(ARGV[2])
local refused, wait, full = 0, 0, {}
for n = 1, rates do full[n] = tonumber(redis.call('GET', KEYS[1 + n]) or '0') end
for at = rates + 2, #KEYS do
  local max, own = tonumber(ARGV[2 * at - 1]), tonumber(ARGV[2 * at])
  if refused == 0 and others(KEYS[at], me) + own > max then refused = at - 1 end
end
if refused == 0 then
  for n = 1, rates do
    local rate, amount = tonumber(ARGV[2 * n + 1]), tonumber(ARGV[2 * n + 2])
    local late = math.max(full[n], now) + math.min(amount, rate) * 60000 / rate - 60000 - now
    if late > 0.001 and late > wait then refused = n; wait = late end
  end
end
if refused == 0 then
  for n = 1, rates do
    full[n] = math.max(full[n], now) + tonumber(ARGV[2 * n + 2]) * 60000 / tonumber(ARGV[2 * n + 1])
    write(KEYS[1 + n], full[n])
  end
  for at = rates + 2, #KEYS do hold(KEYS[at], me, tonumber(ARGV[2 * at])) end
end
local answer = { tostring(refused), exact(wait), exact(now) }
for n = 1, rates do answer[3 + n] = exact(full[n]) end
return answer`)

// KEYS: rate. ARGV: rate, amount, when it was taken.
const correct = new Script(`${clock}
local full = tonumber(redis.call('GET', KEYS[1]) or '0')
local owed = tonumber(ARGV[2]) * 60000 / tonumber(ARGV[1])
if owed > 0 then full = math.max(full, now) + owed
else full = full - math.max(0, -owed - math.max(0, now - tonumber(ARGV[3]))) end
write(KEYS[1], full)
return 1`)

// KEYS: slot. ARGV: instance, own.
const tellHeld = new Script(`${clock}${hold}
hold(KEYS[1], ARGV[1], tonumber(ARGV[2]))
return 1`)

// KEYS: instances, slots. ARGV: instance, then own each.
const beat = new Script(`${clock}${hold}
redis.call('ZADD', KEYS[1], exact(now + ${leaseMs}), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', exact(now))
for at = 2, #KEYS do hold(KEYS[at], ARGV[1], tonumber(ARGV[at])) end
return redis.call('ZCARD', KEYS[1])`)

const scripts = [take, correct, tellHeld, beat]

/** The counters as one instance sees them; its name and its patience are for tests. */
export function createRedisLimitCounters(
  redis: Redis,
  me: string = randomUUID(),
  timeoutMs = answerTimeoutMs,
): RemoteCounters {
  let isLoaded = false
  /** After a failure it may be another server, or one that has forgotten all. */
  const failed = (error: unknown): never => {
    isLoaded = false
    throw error
  }
  return {
    async take(rates, slots) {
      const keys = [
        instancesKey,
        ...rates.map(({ bucket }) => rateKey(bucket)),
        ...slots.map(({ bucket }) => slotKey(bucket)),
      ]
      const args = [
        me,
        rates.length,
        ...rates.flatMap(({ perMinute, amount }) => [perMinute, amount]),
        ...slots.flatMap(({ max, own }) => [max, own]),
      ]
      const [refused, wait, now, ...full] = (
        (await take.run(redis, keys, args, timeoutMs).catch(failed)) as string[]
      ).map(Number)
      const refusedBy = [...rates, ...slots][refused! - 1]?.bucket
      return {
        atMs: now!,
        fullAtMs: full,
        ...(refusedBy !== undefined && { refusedBy }),
        ...(wait! > 0 && { retryAfterMs: wait! }),
      }
    },
    async correct({ bucket, perMinute, amount }, takenAtMs) {
      await correct.run(redis, [rateKey(bucket)], [perMinute, amount, takenAtMs], timeoutMs).catch(failed)
    },
    async hold(bucket, own) {
      await tellHeld.run(redis, [slotKey(bucket)], [me, own], timeoutMs).catch(failed)
    },
    async beat(held) {
      if (!isLoaded)
        await Promise.all(scripts.map((script) => script.load(redis, Math.max(timeoutMs, beatTimeoutMs))))
      isLoaded = true
      const keys = [instancesKey, ...[...held.keys()].map(slotKey)]
      return Number(
        await beat.run(redis, keys, [me, ...held.values()], Math.max(timeoutMs, beatTimeoutMs)).catch(failed),
      )
    },
    async leave() {
      await redis.text.zRem(instancesKey, me)
    },
  }
}
