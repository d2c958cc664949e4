/** Callers who come with a JWT of an issuer of the configuration: its keys, what it must say, and who that makes them. */

import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  errors,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyGetKey,
} from 'jose'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { asArray, asObject, asString, isObject, type Json, parseJson } from '../core/json.ts'
import { parseUsd } from '../core/money.ts'
import { withinCeiling } from './ceiling.ts'
import type { Directory } from './directory.ts'
import type { KeyRules } from './port.ts'
import { type Owner, type Principal, termsOf, toPrincipal } from './principal.ts'
import { tokenKeyId } from './token-keys.ts'

/** Asymmetric ones only: with them, the public key of an issuer can make no token (the alg confusion of CVE-2026-22817). */
export interface JwtIssuer {
  /** As the configuration names it. */
  readonly name: string
  readonly issuer: string
  readonly audience: readonly string[]
  readonly algorithms: readonly string[]
  readonly jwksUrl: string
  /** Tokens that were issued longer ago are refused. */
  readonly maxAgeSeconds?: number
  readonly claims: JwtClaims
  /** What its callers may do at most: claims can only take from it. */
  readonly rules: KeyRules
  /** The id or name of the team of callers whose token names none. */
  readonly team?: string
}

/** Which claim says what; a name with dots leads into members. */
export interface JwtClaims {
  readonly user: string
  readonly team?: string
  readonly models?: string
  readonly tags?: string
  readonly rpm?: string
  readonly tpm?: string
  readonly concurrency?: string
  readonly maxUsdPerRequest?: string
}

/** Gets the text of an issuer's key set. Rejects where it cannot be had. */
export type FetchKeys = (url: string) => Promise<string>

export interface JwtParts {
  readonly issuers: readonly JwtIssuer[]
  readonly fetchKeys: FetchKeys
  readonly directory: Directory
  readonly clock: Clock
}

export interface JwtCaller {
  readonly principal: Principal
  /** In Unix milliseconds: then it has to be judged again. */
  readonly untilMs: number
}

/**
 * Judges a token. Rejects with `authentication_failed`; with `permission_denied` for a caller of a team that is not
 * known here; with `store_unavailable` where the issuer's keys cannot be had.
 */
export type JudgeJwt = (token: string) => Promise<JwtCaller>

/** A judgement holds no longer, so that a key which the issuer withdraws ends with it. */
const maxJudgementMs = 60_000
const clockToleranceSeconds = 30

export function createJwtJudge({ issuers, fetchKeys, directory, clock }: JwtParts): JudgeJwt {
  const known = new Map(
    issuers.map((issuer) => [issuer.issuer, { issuer, keys: createKeys(issuer.jwksUrl, fetchKeys, clock) }]),
  )
  return async (token) => {
    const named = known.get(issuerOf(token) ?? '')
    if (!named) throw refused()
    const { issuer, keys } = named
    const nowMs = clock.nowMs()
    const claims = await verify(token, issuer, keys, nowMs)
    const principal = toCaller(claims, issuer, directory)
    return { principal, untilMs: Math.min(claims.exp! * 1000, nowMs + maxJudgementMs) }
  }
}

/** What the token says of itself, before anything is proven: only to find whose keys to prove it by. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss
  } catch {
    return undefined
  }
}

async function verify(
  token: string,
  { issuer, audience, algorithms, maxAgeSeconds }: JwtIssuer,
  keys: JWTVerifyGetKey,
  nowMs: number,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience: [...audience],
      algorithms: [...algorithms],
      requiredClaims: ['exp'],
      clockTolerance: clockToleranceSeconds,
      currentDate: new Date(nowMs),
      ...(maxAgeSeconds !== undefined && { maxTokenAge: maxAgeSeconds }),
    })
    return payload
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause
    if (cause instanceof errors.JWKSTimeout || cause instanceof errors.JWKSInvalid) throw unavailable(cause)
    if (cause instanceof errors.JOSEError) throw refused(cause)
    throw cause
  }
}

const maxKeysAgeMs = 10 * 60_000
/** With the issuer out of reach, the last keys hold for so long. */
const lastKnownGoodMs = 15 * 60_000
/** A key id that is not known asks the issuer at once, and then not again for so long. */
const cooldownMs = 10_000

function createKeys(url: string, fetchKeys: FetchKeys, clock: Clock): JWTVerifyGetKey {
  let goodAtMs = -Infinity
  let failure: { readonly error: GatewayError; readonly atMs: number } | undefined
  const remote = createRemoteJWKSet(new URL(url), {
    cacheMaxAge: maxKeysAgeMs,
    cooldownDuration: cooldownMs,
    [customFetch]: async () => {
      const nowMs = clock.monotonicMs()
      // An issuer that is slow to fail would else hold up the tokens of known keys too.
      if (failure && nowMs - failure.atMs < cooldownMs && nowMs - goodAtMs <= lastKnownGoodMs)
        throw failure.error
      try {
        const text = await fetchKeys(url)
        checkKeySet(text)
        goodAtMs = clock.monotonicMs()
        failure = undefined
        return new Response(text)
      } catch (cause) {
        failure = { error: unavailable(cause), atMs: clock.monotonicMs() }
        throw failure.error
      }
    },
  })
  return async (header, token) => {
    try {
      return await remote(header, token)
    } catch (error) {
      const isOut = error instanceof GatewayError || error instanceof errors.JWKSTimeout
      const kept = isOut && clock.monotonicMs() - goodAtMs <= lastKnownGoodMs ? remote.jwks() : undefined
      if (!kept) throw error
      try {
        return await createLocalJWKSet(kept)(header, token)
      } catch {
        throw error // not among the last: it may be a new one, and that is not the caller's fault
      }
    }
  }
}

/** A page of a proxy, answered as if all were well, says nothing of any token. */
function checkKeySet(text: string): void {
  const keys = asObject(parseJson(text))?.['keys']
  if (!Array.isArray(keys) || !keys.every(isObject)) throw new Error('the issuer answered with no key set')
}

const maxIdLength = 200

function toCaller(
  claims: JWTPayload,
  { name, issuer, claims: at, rules, team }: JwtIssuer,
  directory: Directory,
): Principal {
  const subject = textAt(claims, at.user)
  if (subject === undefined || subject === '' || subject.length > maxIdLength) throw refused()
  const identity = {
    org: 'default',
    keyId: tokenKeyId(name, subject),
    keyName: name,
    user: userOf(name, issuer, subject, directory),
  }
  const teamName = (at.team === undefined ? undefined : textAt(claims, at.team)) ?? team
  const terms = teamName === undefined ? undefined : directory.teamOf(identity.org, teamName)
  if (teamName !== undefined && !terms) {
    throw new GatewayError('permission_denied', 'The team that the token names is not known here.')
  }
  const narrowed = withinCeiling(claimedRules(claims, at, rules), rules)
  const clearances = rules.clearances && { clearances: rules.clearances }
  const named = { ...identity, ...(terms && { team: termsOf(terms) }) }
  return { ...toPrincipal(named, { ...narrowed, ...clearances }), isFleeting: true }
}

/** Somebody who signs in here too is one user, wherever they come from. */
function userOf(name: string, issuer: string, id: string, { users }: Directory): Owner {
  for (const user of users.values()) {
    const { subject } = user.account ?? {}
    if (subject?.issuer === issuer && subject.id === id && user.removedAtMs === undefined) {
      return { id: user.id, name: user.name }
    }
  }
  return { id: `${name}:${id}`, name: id }
}

/** A claim that is there and cannot be read refuses the token: what was to bound it must not be passed over. */
function claimedRules(claims: JWTPayload, at: JwtClaims, { tags: ownTags = [] }: KeyRules): KeyRules {
  const models = at.models === undefined ? undefined : textsAt(claims, at.models)
  const tags = at.tags === undefined ? undefined : textsAt(claims, at.tags)
  const usd = at.maxUsdPerRequest === undefined ? undefined : claimAt(claims, at.maxUsdPerRequest)
  const nanoUsd = typeof usd === 'number' || typeof usd === 'string' ? parseUsd(String(usd)) : undefined
  if (usd !== undefined && (nanoUsd === undefined || nanoUsd < 0)) throw refused()
  const limits = Object.fromEntries(
    (['rpm', 'tpm', 'concurrency'] as const).flatMap((name) => {
      const value = at[name] === undefined ? undefined : claimAt(claims, at[name])
      if (value === undefined) return []
      if (!Number.isSafeInteger(value) || (value as number) < 1) throw refused()
      return [[name, value as number]]
    }),
  )
  return {
    ...(models && { models }),
    ...(tags && { tags: [...new Set([...ownTags, ...tags])].slice(0, 20) }),
    ...(nanoUsd !== undefined && { maxNanoUsdPerRequest: nanoUsd }),
    ...(Object.keys(limits).length > 0 && { limits }),
  }
}

function claimAt(claims: JWTPayload, path: string): Json | undefined {
  // A claim's own name may hold dots, as `https://example.com/team` does.
  if (Object.hasOwn(claims, path)) return claims[path] as Json
  let value: unknown = claims
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value as Json | undefined
}

function textAt(claims: JWTPayload, path: string): string | undefined {
  const value = claimAt(claims, path)
  if (value === undefined || value === null) return undefined
  const text = asString(Array.isArray(value) ? value[0] : value)
  if (text === undefined) throw refused()
  return text
}

/** A list, or words in one text as in `scope`. */
function textsAt(claims: JWTPayload, path: string): string[] | undefined {
  const value = claimAt(claims, path)
  if (value === undefined) return undefined
  const texts = typeof value === 'string' ? value.split(' ').filter((word) => word !== '') : asArray(value)
  const isList = typeof value === 'string' || Array.isArray(value)
  if (!isList || texts.length > 1000 || !texts.every((text) => typeof text === 'string')) throw refused()
  return texts.map(String)
}

function refused(cause?: unknown): GatewayError {
  return new GatewayError('authentication_failed', 'The API key is missing or not valid.', { cause })
}

function unavailable(cause: unknown): GatewayError {
  return new GatewayError('store_unavailable', "The keys of the token's issuer are out of reach.", {
    retryAfterMs: 5_000,
    cause,
  })
}
