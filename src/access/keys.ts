/** Knows who calls: API keys from the configuration and from the store. */

import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { Secret } from '../core/secret.ts'
import type { Directory } from './directory.ts'
import type { GuessLimiter } from './guesses.ts'
import { parseKey } from './key-format.ts'
import type { KeyRules, StoredKey, StoredTeam } from './port.ts'
import { authoriseAddress, type Principal, type TeamTerms, toPrincipal } from './principal.ts'

/** A key of the configuration. `user` is a name: declared keys have no users of the store. */
export interface DeclaredKey extends KeyRules {
  readonly name: string
  readonly secret: Secret
  /** The id or name of a team of the store. */
  readonly team?: string
  readonly expiresAtMs?: number
}

export interface KeyringOptions {
  readonly declared: readonly DeclaredKey[]
  readonly directory: Directory
  /** Keeps stolen hashes useless without the host: 32 random bytes outside of the database. */
  readonly pepper: Buffer
  readonly clock: Clock
  readonly guesses: GuessLimiter
}

const maxKeyLength = 512
/** Verified keys are remembered by digest, so that the pepper's HMAC is computed once per key. */
const maxRemembered = 10_000

/** How a request presents itself. */
export interface Caller {
  readonly credential: string | undefined
  /** Where it comes from, as far as it can be believed. */
  readonly clientAddress: string | undefined
}

export interface Keyring {
  /**
   * Throws `authentication_failed`, with one message for every reason; `address_not_allowed` for a key that is bound
   * to other addresses; `rate_limited` for an address that has sent too many wrong keys; `store_unavailable` where the
   * store has been out of reach for too long to know.
   */
  identify(caller: Caller): Principal
  /** Whoever the key with this id is for; undefined where it is not valid any more. For work that a caller left behind. */
  principalOf(keyId: string): Principal | undefined
  readonly declared: readonly DeclaredKey[]
  /** A keyring over the same directory with other declared keys (after a reload). */
  withDeclared(declared: readonly DeclaredKey[]): Keyring
}

/** What was found out of one credential. */
interface Known {
  readonly principal: Principal
  /** In Unix milliseconds. */
  readonly untilMs: number
  readonly isDeclared: boolean
}

export function createKeyring(options: KeyringOptions): Keyring {
  const { declared, directory, pepper, clock, guesses } = options
  const declaredByDigest = new Map(declared.map((key) => [digest(key.secret.reveal()), key]))
  const remembered = new Map<string, Known>()
  let version = -1

  const recall = (id: string): Known | undefined => {
    if (version !== directory.version) {
      remembered.clear()
      version = directory.version
    }
    return remembered.get(id)
  }

  const remember = (id: string, known: Known): void => {
    if (remembered.size >= maxRemembered && !remembered.has(id)) remembered.clear()
    remembered.set(id, known)
  }

  const find = (credential: string, id: string): Known | undefined => {
    const key = declaredByDigest.get(id)
    if (key) return knownDeclared(key, directory)
    return verify(credential, directory, pepper, clock.nowMs())
  }

  return {
    declared,
    identify({ credential, clientAddress: address }) {
      if (credential === undefined || credential.length > maxKeyLength) throw unauthenticated()
      const id = digest(credential)
      let known = recall(id)
      if (known === undefined) {
        known = find(credential, id)
        if (known === undefined) throw refusal(credential, address, directory, guesses)
        remember(id, known)
      }
      if (known.untilMs <= clock.nowMs()) throw refusal(credential, address, directory, guesses)
      if (!known.isDeclared && directory.freshness === 'lost') throw unavailable()
      authoriseAddress(known.principal, address)
      return known.principal
    },
    principalOf(keyId) {
      const id = `key ${keyId}`
      const known = recall(id) ?? knownById(keyId, declared, directory)
      if (known === undefined || known.untilMs <= clock.nowMs()) return undefined
      remember(id, known)
      return known.principal
    },
    withDeclared: (replaced) => createKeyring({ ...options, declared: replaced }),
  }
}

function knownById(keyId: string, declared: readonly DeclaredKey[], directory: Directory): Known | undefined {
  const named = declared.find(({ name }) => declaredKeyId(name) === keyId)
  if (named) return knownDeclared(named, directory)
  const key = directory.keys.get(keyId)
  if (key === undefined || key.revokedAtMs !== undefined) return undefined
  return {
    principal: storedPrincipal(key, directory),
    untilMs: key.expiresAtMs ?? Infinity,
    isDeclared: false,
  }
}

/** The hash that is stored in place of a secret. */
export function hashSecret(pepper: Buffer, secret: string): string {
  return createHmac('sha256', pepper).update(secret).digest('hex')
}

/** The id under which a declared key's requests are kept. */
export function declaredKeyId(name: string): string {
  return `declared:${name}`
}

const nobody = '0'.repeat(64)

/** An unknown id, a revoked key and a wrong secret all cost the same two comparisons. */
function verify(credential: string, directory: Directory, pepper: Buffer, nowMs: number): Known | undefined {
  const parsed = parseKey(credential)
  if (parsed === undefined) return undefined
  const key = directory.keys.get(parsed.id)
  const presented = hashSecret(pepper, parsed.secret)
  const isCurrent = sameHash(presented, key?.secretHash ?? nobody)
  const isPrevious = sameHash(presented, key?.previous?.secretHash ?? nobody)
  if (key === undefined || key.revokedAtMs !== undefined || !(isCurrent || isPrevious)) return undefined
  const expiresMs = key.expiresAtMs ?? Infinity
  const untilMs = isCurrent ? expiresMs : Math.min(expiresMs, key.previous!.untilMs)
  return untilMs <= nowMs
    ? undefined
    : { principal: storedPrincipal(key, directory), untilMs, isDeclared: false }
}

function sameHash(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(a, 'hex'), Buffer.from(b, 'hex'))
}

function storedPrincipal(key: StoredKey, { teams, users }: Directory): Principal {
  const user = key.user === undefined ? undefined : users.get(key.user)
  const team = teams.get(key.team ?? user?.team ?? '')
  const identity = {
    org: key.org,
    keyId: key.id,
    keyName: key.name,
    ...(user && { user: { id: user.id, name: user.name } }),
    ...(team && { team: termsOf(team) }),
  }
  return toPrincipal(identity, key.rules)
}

function knownDeclared(key: DeclaredKey, { teams }: Directory): Known {
  const named = key.team
  const team =
    named === undefined
      ? undefined
      : (teams.get(named) ??
        [...teams.values()].find(({ name, removedAtMs }) => name === named && !removedAtMs))
  const identity = {
    org: 'default',
    keyId: declaredKeyId(key.name),
    keyName: key.name,
    ...(team && { team: termsOf(team) }),
  }
  return { principal: toPrincipal(identity, key), untilMs: key.expiresAtMs ?? Infinity, isDeclared: true }
}

function termsOf({ id, name, markupBasisPoints, creditNanoUsd }: StoredTeam): TeamTerms {
  return { id, name, markupBasisPoints, ...(creditNanoUsd !== undefined && { creditNanoUsd }) }
}

function digest(text: string): string {
  return hash('sha256', text)
}

/** A well-formed key that is not known here may have been made elsewhere while the store was out of reach. */
function refusal(
  credential: string,
  address: string | undefined,
  directory: Directory,
  guesses: GuessLimiter,
): GatewayError {
  if (directory.freshness !== 'current' && parseKey(credential)) return unavailable()
  return guesses.note(address) ?? unauthenticated()
}

function unauthenticated(): GatewayError {
  return new GatewayError('authentication_failed', 'The API key is missing or not valid.')
}

function unavailable(): GatewayError {
  return new GatewayError('store_unavailable', 'The store of API keys is out of reach.', {
    retryAfterMs: 5_000,
  })
}
