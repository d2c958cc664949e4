/** What Redis runs for the counters of budgets: each script is one step, whatever else is asked at the same time. */

import { answerTimeoutMs } from './in-time.ts'
import { Script } from './script.ts'

/** One hash slot for all of them. The number changes with what the keys hold. */
export const prefix = '{weir}:budgets:1:'
export const epochKey = `${prefix}epoch`
export const instancesKey = `${prefix}instances`
export const holdsKey = (instance: string): string => `${prefix}holds:${instance}`
/** The counters of a budget, with the ends of their periods. */
export const namesKey = (budget: string): string => `${prefix}names:${budget}`
export const counterKey = (counter: string): string => `${prefix}of:${counter}`

/** So long after a Redis has begun to count, whoever lives has told it what it holds. */
const gatherMs = 3_000
/** Whoever has been heard of so shortly before is waited for, but no longer than `waitMs`. */
const aliveMs = 60_000
const waitMs = 30_000
/** So long after an instance was heard of last, somebody may say that it will not come back. */
const deadMs = 15_000
/** Those that have left or died are forgotten; what they have spent is not. */
const forgetMs = 86_400_000
/** A counter outlives its period by this. */
const lingerMs = 86_400_000
/** An instance keeps so much of what is left for the time that Redis is away: the lesser of the two. */
const spareShare = 100
const maxSpareNanoUsd = 1_000_000_000
/** The largest whole number that Lua is exact with; as the end of a period, it has none. */
const maxExact = Number.MAX_SAFE_INTEGER

/**
 * KEYS begin with the epoch, the instances and the holds of the instance; counters follow. ARGV begins with the instance
 * and its token.
 *
 * `epoch`: which server counts (`server`), since when (`at`), whether it has been told all (`trusted`), and the budgets
 * that were counted from the shared ledger (`b:<id>`). `instances`: of each, its token, its state (`w` awaited, `p` tells
 * what it has, `c` has told it, `l` has left), when it was heard of, and the epoch that it has told. `holds`: the ids
 * of its reservations. A counter has two kinds of fields: `<instance> <part of time>` with the token it was told under,
 * what is spent and what is reserved, and `<instance> s` with the token and what the instance keeps.
 *
 * A field that was told under an older token of its instance is void as soon as the newer one has told all; one with the
 * token `=` comes from the shared ledger, and holds until its instance tells it.
 */
const common = `
local epoch, instances, holds = KEYS[1], KEYS[2], KEYS[3]
local me, token = ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function whole(number) return string.format('%.0f', number) end
local known = {}
local function entryOf(name)
  if known[name] == nil then
    local held, state, heard, at = (redis.call('HGET', instances, name) or ''):match('^(%S+) (%a) (%d+) (%d+)$')
    known[name] = { token = held, state = state, heard = tonumber(heard), at = at }
  end
  return known[name]
end
local function enter(name, held, state, at)
  redis.call('HSET', instances, name, held .. ' ' .. state .. ' ' .. whole(now) .. ' ' .. at)
  known[name] = nil
end
local function isStale() return entryOf(me).token ~= token end
local function isVoid(name, held)
  local entry = entryOf(name)
  return held ~= '=' and (entry.state == 'c' or entry.state == 'l') and entry.token ~= held
end
local function budgetOf(key) return key:sub(#'${prefix}of:' + 1):match('^[^|]*') end
local function keep(key, untilMs)
  if redis.call('HLEN', key) == 1 or redis.call('PEXPIRETIME', key) < untilMs + ${lingerMs} then
    if untilMs < ${maxExact} then redis.call('PEXPIREAT', key, whole(untilMs + ${lingerMs})) end
    redis.call('ZADD', '${prefix}names:' .. budgetOf(key), whole(untilMs), key)
  end
end
local function read(key, from, dropBefore)
  local sums = { spent = 0, reserved = 0, spare = 0, ownSpent = 0, ownReserved = 0, ownSpare = 0 }
  local fields = redis.call('HGETALL', key)
  for at = 1, #fields, 2 do
    local name, part = fields[at]:match('^(%S+) (%S+)$')
    local held, a, b = fields[at + 1]:match('^(%S+) (%S+) ?(%S*)$')
    if isVoid(name, held) then redis.call('HDEL', key, fields[at])
    elseif part == 's' then
      sums.spare = sums.spare + tonumber(a)
      if name == me then sums.ownSpare = tonumber(a) end
    elseif tonumber(part) < dropBefore then redis.call('HDEL', key, fields[at])
    elseif tonumber(part) >= from then
      sums.spent = sums.spent + tonumber(a)
      sums.reserved = sums.reserved + tonumber(b)
      if name == me then
        sums.ownSpent = sums.ownSpent + tonumber(a)
        sums.ownReserved = sums.ownReserved + tonumber(b)
      end
    end
  end
  return sums
end`

/** A slot is: its part of time, the first that counts, the end, the first that may not be dropped yet, its cap or nothing. */
const slots = `
local first = ...
local function slotOf(n)
  local at = first + (n - 1) * 5
  return {
    key = KEYS[3 + n], bucket = ARGV[at], from = tonumber(ARGV[at + 1]), untilMs = tonumber(ARGV[at + 2]),
    dropBefore = tonumber(ARGV[at + 3]), cap = tonumber(ARGV[at + 4]),
  }
end`

const counting = `
local function add(slot, spent, reserved)
  local field = me .. ' ' .. slot.bucket
  local held, a, b = (redis.call('HGET', slot.key, field) or ''):match('^(%S+) (%S+) (%S+)$')
  if held ~= token then a, b = 0, 0 end
  redis.call('HSET', slot.key, field, token .. ' ' .. whole(a + spent) .. ' ' .. whole(b + reserved))
  keep(slot.key, slot.untilMs)
end
local function setSpare(slot, sums, spare)
  sums.spare = sums.spare + spare - sums.ownSpare
  sums.ownSpare = spare
  redis.call('HSET', slot.key, me .. ' s', token .. ' ' .. whole(spare))
end
local function fill(slot, sums)
  if not slot.cap then return end
  local free = slot.cap - sums.spent - sums.reserved - sums.spare
  local share = math.min(math.floor((free + sums.ownSpare) / ${spareShare}), ${maxSpareNanoUsd})
  if share > sums.ownSpare then setSpare(slot, sums, share) end
end
local function answer(code, refused, all)
  local told = { code, whole(refused) }
  for _, sums in ipairs(all) do
    told[#told + 1] = whole(sums.spent - sums.ownSpent)
    told[#told + 1] = whole(sums.reserved - sums.ownReserved)
    told[#told + 1] = whole(sums.spare - sums.ownSpare)
    told[#told + 1] = whole(sums.ownSpent)
    told[#told + 1] = whole(sums.ownSpare)
  end
  return told
end`

const trust = `
local function isTrusted()
  local held = redis.call('HMGET', epoch, 'trusted', 'at')
  if held[1] == '1' then return true end
  if not held[2] then return false end
  local age = now - tonumber(held[2])
  if age < ${gatherMs} then return false end
  if age < ${waitMs} then
    for _, name in ipairs(redis.call('HKEYS', instances)) do
      local entry = entryOf(name)
      local isAwaited = entry.state ~= 'l' and entry.heard > tonumber(held[2]) - ${aliveMs}
      if isAwaited and (entry.at ~= held[2] or entry.state == 'p') then return false end
    end
  end
  redis.call('HSET', epoch, 'trusted', '1')
  return true
end
local function isCounted(key) return redis.call('HEXISTS', epoch, 'b:' .. budgetOf(key)) == 1 end`

const withSlots = (first: number): string => slots.replace('...', String(first)) + counting + trust

/** ARGV: id, amount, whether it was taken already (of what the instance keeps), then the slots. */
export const reserve = new Script(`${common}${withSlots(6)}
if isStale() then return { 'stale' } end
local id, amount, isTaken = ARGV[3], tonumber(ARGV[4]), ARGV[5] == '1'
local all, refused, isSure = {}, 0, true
for n = 1, #KEYS - 3 do
  local slot = slotOf(n)
  local sums = read(slot.key, slot.from, slot.dropBefore)
  all[n] = sums
  if slot.cap then
    isSure = isSure and isTrusted() and isCounted(slot.key)
    if refused == 0 and sums.spent + sums.reserved + sums.spare + amount > slot.cap then refused = n end
  end
end
if redis.call('HEXISTS', holds, id) == 1 then return answer('again', 0, all) end
if not isTaken and not isSure then return answer('untrusted', 0, all) end
if not isTaken and refused > 0 then return answer('refused', refused, all) end
redis.call('HSET', holds, id, '1')
for n = 1, #KEYS - 3 do
  local slot, sums = slotOf(n), all[n]
  add(slot, 0, amount)
  sums.ownReserved = sums.ownReserved + amount
  sums.reserved = sums.reserved + amount
  if isTaken then
    if slot.cap then setSpare(slot, sums, math.max(0, sums.ownSpare - amount)) end
  else fill(slot, sums) end
end
return answer('done', 0, all)`)

/** ARGV: id, amount, what it was charged, then the slots. */
export const settle = new Script(`${common}${withSlots(6)}
if isStale() then return { 'stale' } end
local id, amount, charged = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local isFirst = redis.call('HDEL', holds, id) == 1
local all = {}
for n = 1, #KEYS - 3 do
  local slot = slotOf(n)
  if isFirst then add(slot, charged, -amount) end
  all[n] = read(slot.key, slot.from, slot.dropBefore)
  if isFirst and isTrusted() and isCounted(slot.key) then fill(slot, all[n]) end
end
return answer(isFirst and 'done' or 'again', 0, all)`)

/**
 * ARGV: part (`first`, `next`, `last` or `leave`), the token before it, the number of holds, their ids, the number of other instances that it
 * knows, their names, then of each counter's part of time: its begin, what is spent, what is reserved, what the
 * instance keeps, the end.
 */
export const report = new Script(`${common}
local part = ARGV[3]
if part == 'first' then
  if (entryOf(me).token or '') ~= ARGV[4] then return 'stale' end
  local server = redis.call('INFO', 'server'):match('run_id:(%w+)')
  if redis.call('HGET', epoch, 'server') ~= server then
    redis.call('HSET', epoch, 'server', server, 'at', whole(now), 'trusted', '0')
  end
  enter(me, token, 'p', '0')
  redis.call('DEL', holds)
elseif isStale() then return 'stale' end
local at = 5
for n = 1, tonumber(ARGV[at]) do redis.call('HSET', holds, ARGV[at + n], '1') end
at = at + tonumber(ARGV[at]) + 1
for n = 1, tonumber(ARGV[at]) do
  if not entryOf(ARGV[at + n]).token then enter(ARGV[at + n], '-', 'w', '0') end
end
at = at + tonumber(ARGV[at]) + 1
for n = 4, #KEYS do
  redis.call('HSET', KEYS[n], me .. ' ' .. ARGV[at], token .. ' ' .. ARGV[at + 1] .. ' ' .. ARGV[at + 2])
  if ARGV[at + 3] ~= '' then redis.call('HSET', KEYS[n], me .. ' s', token .. ' ' .. ARGV[at + 3]) end
  keep(KEYS[n], tonumber(ARGV[at + 4]))
  at = at + 5
end
if part == 'last' then enter(me, token, 'c', redis.call('HGET', epoch, 'at')) end
if part == 'leave' then enter(me, token, 'l', redis.call('HGET', epoch, 'at')) end
return 'done'`)

/** Answers with the names of the others. */
export const beat = new Script(`${common}
if isStale() then return { 'stale' } end
enter(me, token, 'c', redis.call('HGET', epoch, 'at'))
redis.call('PEXPIRE', holds, ${forgetMs})
local told = { 'done' }
for _, name in ipairs(redis.call('HKEYS', instances)) do
  local entry = entryOf(name)
  if entry.heard < now - ${forgetMs} then redis.call('HDEL', instances, name)
  elseif name ~= me and entry.state ~= 'l' then told[#told + 1] = name end
end
return told`)

/** ARGV: ids of budgets. Answers with those that were not counted from the shared ledger yet. */
export const uncounted = new Script(`${common}
local told = {}
for n = 3, #ARGV do
  if redis.call('HEXISTS', epoch, 'b:' .. ARGV[n]) == 0 then told[#told + 1] = ARGV[n] end
end
return told`)

/** ARGV: the number of budgets that are counted now, their ids, then of each key: an instance, part of time, spent, end. */
export const count = new Script(`${common}
if isStale() then return 'stale' end
local at = 4 + tonumber(ARGV[3])
for n = 4, #KEYS do
  local name, bucket = ARGV[at], ARGV[at + 1]
  local field = name .. ' ' .. bucket
  local held = (redis.call('HGET', KEYS[n], field) or ''):match('^(%S+)')
  if held == nil or held == '=' or isVoid(name, held) then
    redis.call('HSET', KEYS[n], field, '= ' .. ARGV[at + 2] .. ' 0')
    keep(KEYS[n], tonumber(ARGV[at + 3]))
  end
  at = at + 4
end
for n = 4, 3 + tonumber(ARGV[3]) do redis.call('HSET', epoch, 'b:' .. ARGV[n], '1') end
return 'done'`)

/** ARGV: the budget, the first part of time that counts, how many. Answers with counters, what others have spent and hold. */
export const list = new Script(`${common}
local names = '${prefix}names:' .. ARGV[3]
redis.call('ZREMRANGEBYSCORE', names, '-inf', '(' .. whole(now))
local told = {}
for _, key in ipairs(redis.call('ZRANGE', names, 0, tonumber(ARGV[5]) - 1)) do
  local sums = read(key, tonumber(ARGV[4]), 0)
  told[#told + 1] = key:sub(#'${prefix}of:' + 1)
  told[#told + 1] = whole(sums.spent - sums.ownSpent)
  told[#told + 1] = whole(sums.reserved - sums.ownReserved)
end
return told`)

/** Answers with each instance that has not left, and how long ago it was heard of. */
export const roll = new Script(`${common}
local told = {}
for _, name in ipairs(redis.call('HKEYS', instances)) do
  local entry = entryOf(name)
  if entry.state == 'c' or entry.state == 'p' then
    told[#told + 1] = name
    told[#told + 1] = whole(now - entry.heard)
  end
end
return told`)

/**
 * ARGV: a dead instance, and whether this is the last step. Answers with what it held and kept in each counter. Whose
 * fields an unknown instance's are is not asked any more: they count, until it tells them anew.
 */
export const forget = new Script(`${common}
local name = ARGV[3]
local entry = entryOf(name)
local isKnown = entry.state == 'c' or entry.state == 'p'
if isKnown and entry.heard > now - ${deadMs} then return { 'alive' } end
local told = { 'done' }
for n = 4, #KEYS do
  local reserved, kept = 0, 0
  local fields = redis.call('HGETALL', KEYS[n])
  for at = 1, #fields, 2 do
    local whose, part = fields[at]:match('^(%S+) (%S+)$')
    if whose == name then
      local held, a, b = fields[at + 1]:match('^(%S+) (%S+) ?(%S*)$')
      if isVoid(name, held) then redis.call('HDEL', KEYS[n], fields[at])
      elseif part == 's' then
        kept = kept + tonumber(a)
        redis.call('HDEL', KEYS[n], fields[at])
      else
        reserved = reserved + tonumber(b)
        redis.call('HSET', KEYS[n], fields[at], held .. ' ' .. whole(a + b) .. ' 0')
      end
    end
  end
  told[#told + 1] = whole(reserved)
  told[#told + 1] = whole(kept)
end
if ARGV[4] == '1' then
  redis.call('HDEL', instances, name)
  redis.call('DEL', '${prefix}holds:' .. name)
end
return told`)

/** Nobody's call waits for it. */
export const patientMs = answerTimeoutMs * 40
