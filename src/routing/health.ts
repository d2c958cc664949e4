/** What is known of the targets' health: breakers, cool-downs and parked credentials. A hint, never the truth. */

import type { Clock } from '../core/clock.ts'
import type { GatewayError } from '../core/error.ts'
import type { AttemptResult } from '../upstream/operation.ts'
import { Breaker, type BreakerSettings, type BreakerState, type Outcome } from './breaker.ts'
import type { Leg } from './route.ts'

/** Why no request should go to a leg now, and until when (monotonic). */
export interface Withheld {
  readonly kind: 'open' | 'cooling' | 'parked'
  readonly untilMs: number
}

/** The health of one leg as metrics and the admin API show it. */
export interface LegState {
  readonly provider: string
  readonly model: string
  readonly credential: string
  readonly breaker: BreakerState
  /** How often it said that a limit was reached, since the start. */
  readonly rateLimits: number
  /** When its breaker opened and closed, the first first; the last ones. */
  readonly changes: readonly BreakerChange[]
  readonly withheld?: Withheld['kind']
  readonly withheldForMs?: number
}

export interface BreakerChange {
  /** Unix milliseconds. */
  readonly atMs: number
  readonly to: 'open' | 'closed'
}

/** Something that an operator wants to know of. */
export interface HealthChange {
  readonly kind: 'breaker-opened' | 'breaker-closed' | 'credential-parked' | 'cooling'
  readonly provider: string
  readonly model: string
  readonly credential: string
  /** The failure's; absent where a breaker closed. */
  readonly code?: string
  readonly forMs?: number
}

export interface HealthParts {
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  onChange(change: HealthChange): void
}

export interface Health {
  /** Undefined: a request may go. */
  withheld(leg: Leg, nowMs: number): Withheld | undefined
  /** A request goes out; one `record` or `abandon` must follow. */
  begin(leg: Leg): void
  /** It was answered without the target: nothing was learnt of it. */
  abandon(leg: Leg): void
  /** What became of it. `settings` are those of the route on which it was made. */
  record(
    leg: Leg,
    error: GatewayError | undefined,
    settings: BreakerSettings,
    result?: Pick<AttemptResult, 'headers' | 'usage'>,
  ): void
  /** One more call would be one too many, and should go elsewhere if it can. Absent: never. */
  isFull?(leg: Leg): boolean
  /** Credentials may have been renewed: none stays parked or cooling. */
  pardon(): void
  list(): readonly LegState[]
}

const rateLimitMs = 10_000
const parkMs = 300_000
const maxLegs = 10_000
const maxChanges = 40

interface Entry {
  readonly leg: Leg
  readonly breaker: Breaker
  coolUntilMs: number
  rateLimits: number
  readonly changes: BreakerChange[]
}

export function createHealth({ clock, random, onChange }: HealthParts): Health {
  const entries = new Map<string, Entry>()
  const parkedUntilMs = new Map<string, number>()
  /** Legs with an open breaker or a cool-down: while there are none, nothing needs to be looked up. */
  const troubled = new Set<string>()

  const entryOf = (leg: Leg): Entry => {
    const known = entries.get(leg.key)
    if (known) return known
    // Names of models come from callers: the oldest entry makes room.
    if (entries.size >= maxLegs) {
      const oldest = entries.keys().next().value!
      entries.delete(oldest)
      troubled.delete(oldest)
    }
    const entry = { leg, breaker: new Breaker(random), coolUntilMs: 0, rateLimits: 0, changes: [] }
    entries.set(leg.key, entry)
    return entry
  }

  const tell = ({ target }: Leg, kind: HealthChange['kind'], error?: GatewayError, forMs?: number) =>
    onChange({
      kind,
      ...namesOf(target),
      ...(error && { code: error.code }),
      ...(forMs !== undefined && { forMs: Math.round(forMs) }),
    })

  const cool = (entry: Entry, error: GatewayError, forMs: number) => {
    const nowMs = clock.monotonicMs()
    if (nowMs + forMs <= entry.coolUntilMs) return
    if (entry.coolUntilMs <= nowMs) tell(entry.leg, 'cooling', error, forMs)
    entry.coolUntilMs = nowMs + forMs
    troubled.add(entry.leg.key)
  }

  const park = (leg: Leg, error: GatewayError) => {
    const nowMs = clock.monotonicMs()
    const forMs = error.retryAfterMs ?? parkMs
    if ((parkedUntilMs.get(leg.credentialKey) ?? 0) <= nowMs) tell(leg, 'credential-parked', error, forMs)
    parkedUntilMs.set(leg.credentialKey, nowMs + forMs)
  }

  const count = (
    { breaker, leg, changes }: Entry,
    outcome: Outcome,
    error: GatewayError | undefined,
    settings: BreakerSettings,
  ) => {
    const nowMs = clock.monotonicMs()
    const before = breaker.state(nowMs)
    breaker.record(outcome, settings, nowMs)
    const after = breaker.state(nowMs)
    if (after === before) return
    if (changes.length >= maxChanges) changes.shift()
    changes.push({ atMs: clock.nowMs(), to: after === 'open' ? 'open' : 'closed' })
    if (after === 'open') {
      troubled.add(leg.key)
      tell(leg, 'breaker-opened', error, breaker.withheldUntilMs(nowMs) - nowMs)
    } else tell(leg, 'breaker-closed')
  }

  const withheld = (leg: Leg, nowMs: number): Withheld | undefined => {
    const parked = parkedUntilMs.size === 0 ? undefined : parkedUntilMs.get(leg.credentialKey)
    if (parked !== undefined && parked > nowMs) return { kind: 'parked', untilMs: parked }
    if (troubled.size === 0 || !troubled.has(leg.key)) return undefined
    const { breaker, coolUntilMs } = entries.get(leg.key)!
    const openUntilMs = breaker.withheldUntilMs(nowMs)
    if (coolUntilMs > Math.max(nowMs, openUntilMs)) return { kind: 'cooling', untilMs: coolUntilMs }
    if (openUntilMs > nowMs) return { kind: 'open', untilMs: openUntilMs }
    if (breaker.state(nowMs) === 'closed') troubled.delete(leg.key)
    return undefined
  }

  return {
    withheld,
    begin: (leg) => entryOf(leg).breaker.begin(clock.monotonicMs()),
    abandon: (leg) => entryOf(leg).breaker.abandon(),
    record(leg, error, settings) {
      const entry = entryOf(leg)
      const verdict = verdictOf(error)
      if (verdict === 'success' || verdict === 'local' || verdict === 'external') {
        count(entry, verdict, error, settings)
        if (error?.retryAfterMs) cool(entry, error, error.retryAfterMs)
        return
      }
      entry.breaker.abandon()
      if (error?.code === 'upstream_rate_limit') entry.rateLimits++
      if (verdict === 'cool') cool(entry, error!, error!.retryAfterMs ?? rateLimitMs)
      else if (verdict === 'forbidden') cool(entry, error!, parkMs)
      else if (verdict === 'park') park(leg, error!)
    },
    pardon() {
      parkedUntilMs.clear()
      for (const entry of entries.values()) entry.coolUntilMs = 0
    },
    list() {
      const nowMs = clock.monotonicMs()
      return [...entries.values()].map(({ leg, breaker, rateLimits, changes }) => {
        const why = withheld(leg, nowMs)
        return {
          ...namesOf(leg.target),
          breaker: breaker.state(nowMs),
          rateLimits,
          changes: [...changes],
          ...(why && { withheld: why.kind, withheldForMs: Math.round(why.untilMs - nowMs) }),
        }
      })
    },
  }
}

function namesOf({ provider, model, credential }: Leg['target']) {
  return { provider: provider.name, model, credential: credential.alias }
}

/**
 * What an attempt's end tells. `cool`: this credential has reached a limit with this model. `forbidden`: it may
 * not use this model. `park`: it is of no use at all. `nothing`: neither target nor credential is to blame.
 */
type Verdict = Outcome | 'cool' | 'forbidden' | 'park' | 'nothing'

function verdictOf(error: GatewayError | undefined): Verdict {
  if (error === undefined) return 'success'
  switch (error.code) {
    case 'upstream_rate_limit':
      return 'cool'
    case 'upstream_quota':
      return 'park'
    case 'upstream_auth':
      // 401 is of the key. 403 may be of a model that a caller named: the key's other models stay in use.
      return error.upstream?.status === 403 ? 'forbidden' : 'park'
    case 'upstream_unreachable':
    case 'upstream_dns':
      return 'local'
    case 'upstream_timeout':
    case 'upstream_truncated':
      return error.upstream ? 'external' : 'local'
    case 'upstream_error':
    case 'upstream_overloaded':
    case 'upstream_protocol':
      return 'external'
    default:
      // A provider that refuses a request for what is in it is well.
      return error.rule.blame === 'caller' && error.upstream ? 'success' : 'nothing'
  }
}
