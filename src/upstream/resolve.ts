/** Resolves the names of outbound connections: c-ares in front, the system's resolver for the rest, a bounded cache. */

import { lookup, Resolver as CaresResolver } from 'node:dns/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../core/clock.ts'

export interface ResolvedAddress {
  readonly address: string
  readonly family: 4 | 6
  readonly ttlSeconds?: number
}

/** All addresses of a name, at least one, IPv4 first; rejects with the resolver's error. */
export type Resolver = (hostname: string) => Promise<readonly ResolvedAddress[]>

export interface ResolverOptions {
  /** `address:port` of the name servers; those of the system by default. */
  readonly servers?: readonly string[]
  /** Asks the system (hosts file, search domains, mDNS). */
  readonly lookupSystem?: Resolver
}

const queryTimeoutMs = 2000
const queryTries = 2
/** A name server that drops AAAA queries would else delay every connection by all its tries. */
const secondFamilyGraceMs = 250
const maxTtlSeconds = 60
/** The system's resolver tells no TTL. */
const systemTtlSeconds = 10
const staleMs = 600_000
/** Servers that are silent fail only after all tries, later than most connections may take. */
const staleAfterMs = 1_000
/** For so long after they failed, nobody waits for them again. */
const recheckMs = 5_000
const maxNames = 1000

interface Entry {
  readonly addresses: readonly ResolvedAddress[]
  /** Until then nothing is asked. */
  readonly freshUntilMs: number
  /** Until then it serves where the name servers fail. */
  readonly staleUntilMs: number
}

/**
 * A caching resolver. `getaddrinfo` takes one of libuv's few threads for as long as a name server is silent, so
 * c-ares asks first; it knows neither the hosts file nor search domains, so a name without a dot, and one that
 * c-ares does not find (containers, clusters), goes to the system. A hosts file therefore adds names but does not
 * override those that DNS has. An answer is kept for its TTL, at most 60 s, and for 10 minutes more in case that
 * the name servers fail or are silent for a second. Concurrent questions for one name are one question.
 */
export function createResolver(clock: Clock, options: ResolverOptions = {}): Resolver {
  const cares = new CaresResolver({ timeout: queryTimeoutMs, tries: queryTries })
  if (options.servers) cares.setServers(options.servers)
  const lookupSystem = options.lookupSystem ?? askSystem
  const cache = new Map<string, Entry>()
  const asking = new Map<string, Promise<readonly ResolvedAddress[]>>()

  const ask = async (hostname: string): Promise<readonly ResolvedAddress[]> => {
    try {
      const addresses = await resolve(cares, lookupSystem, hostname)
      const ttlSeconds = Math.min(
        maxTtlSeconds,
        ...addresses.map((one) => one.ttlSeconds ?? systemTtlSeconds),
      )
      cache.delete(hostname) // to the end of the insertion order: the first is the one to evict
      const freshUntilMs = clock.monotonicMs() + ttlSeconds * 1000
      cache.set(hostname, { addresses, freshUntilMs, staleUntilMs: freshUntilMs + staleMs })
      if (cache.size > maxNames) cache.delete(cache.keys().next().value!)
      return addresses
    } catch (cause) {
      const nowMs = clock.monotonicMs()
      const known = cache.get(hostname)
      if (!known || nowMs >= known.staleUntilMs) throw cause
      cache.set(hostname, { ...known, freshUntilMs: Math.min(nowMs + recheckMs, known.staleUntilMs) })
      return known.addresses
    } finally {
      asking.delete(hostname)
    }
  }

  return async (hostname) => {
    const nowMs = clock.monotonicMs()
    const known = cache.get(hostname)
    if (known && nowMs < known.freshUntilMs) return known.addresses
    let question = asking.get(hostname)
    if (question === undefined) {
      question = ask(hostname)
      asking.set(hostname, question)
    }
    if (!known || nowMs >= known.staleUntilMs) return question
    return Promise.race([question, delay(staleAfterMs, known.addresses, { ref: false })])
  }
}

async function resolve(
  cares: CaresResolver,
  lookupSystem: Resolver,
  hostname: string,
): Promise<readonly ResolvedAddress[]> {
  if (!hostname.replace(/\.$/, '').includes('.')) return lookupSystem(hostname)
  try {
    return await askCares(cares, hostname)
  } catch (cause) {
    // Refused: no name server runs where c-ares looks, as in a container without a resolv.conf.
    const { code } = cause as NodeJS.ErrnoException
    if (code !== 'ENOTFOUND' && code !== 'ENODATA' && code !== 'ECONNREFUSED') throw cause
    return lookupSystem(hostname)
  }
}

async function askCares(cares: CaresResolver, hostname: string): Promise<readonly ResolvedAddress[]> {
  const none = (cause: unknown): { cause: unknown } => ({ cause })
  const asking6 = cares.resolve6(hostname, { ttl: true }).catch(none)
  const answer4 = await cares.resolve4(hostname, { ttl: true }).catch(none)
  const answer6 = Array.isArray(answer4)
    ? await Promise.race([asking6, delay(secondFamilyGraceMs, [], { ref: false })])
    : await asking6
  const addresses = [
    ...(Array.isArray(answer4) ? answer4 : []).map((one) => toResolved(one, 4)),
    ...(Array.isArray(answer6) ? answer6 : []).map((one) => toResolved(one, 6)),
  ]
  if (addresses.length === 0 && !Array.isArray(answer4)) throw answer4.cause
  return addresses
}

function toResolved(record: { address: string; ttl: number }, family: 4 | 6): ResolvedAddress {
  return { address: record.address, family, ttlSeconds: record.ttl }
}

async function askSystem(hostname: string): Promise<readonly ResolvedAddress[]> {
  const found = await lookup(hostname, { all: true, order: 'ipv4first' })
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))
}
