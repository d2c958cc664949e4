/** Knows who calls: API keys from the configuration and from the store. */

import { createHmac, hash } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { Secret } from '../core/secret.ts'
import { authoriseOrigin, type BrowserKeys, looksLikeBrowserKey, type ParentKey } from './browser-keys.ts'
import type { Directory } from './directory.ts'
import type { GuessLimiter } from './guesses.ts'
import { parseKey } from './key-format.ts'
import type { JudgeJwt } from './jwt.ts'
import { looksLikeJwt, maxJwtLength } from './jwt-form.ts'
import type { KeyRules, StoredKey } from './port.ts'
import { authoriseAddress, type Principal, termsOf, toPrincipal } from './principal.ts'
import { isSameSecret } from './same-secret.ts'

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
  /** Absent: no issuer of tokens is configured, and nothing looks for one. */
  readonly jwt?: JudgeJwt
  /** Absent: no page may call. */
  readonly browserKeys?: BrowserKeys
}

const maxKeyLength = 2048
/** Verified keys are remembered by digest, so that the pepper's HMAC is computed once per key. */
const maxRemembered = 10_000

/** How a request presents itself. */
export interface Caller {
  readonly credential: string | undefined
  /** Where it comes from, as far as it can be believed. */
  readonly clientAddress: string | undefined
  /** The value of a request header. Absent: no page of a browser asks. */
  header?(name: string): string | undefined
}

export interface Keyring {
  /**
   * Throws `authentication_failed`, with one message for every reason; `address_not_allowed` for a key that is bound
   * to other addresses; `rate_limited` for an address that has sent too many wrong keys; `store_unavailable` where the
   * store has been out of reach for too long to know. A promise only for a token that has to be judged first, and never
   * for what has the form of a key: keys cost no turn of the queue.
   */
  identify(caller: Caller): Principal | Promise<Principal>
  /** Whoever the key with this id is for; undefined where it is not valid any more. For work that a caller left behind. */
  principalOf(keyId: string): Principal | undefined
  /** The key with this id, for keys that are made of it; undefined where it is not valid any more. */
  parentOf(keyId: string): ParentKey | undefined
  readonly declared: readonly DeclaredKey[]
  /** A keyring over the same directory with other keys and issuers (after a reload). */
  renewed(renewal: Pick<KeyringOptions, 'declared' | 'jwt' | 'browserKeys'>): Keyring
}

/** What was found out of one credential. */
interface Known {
  readonly principal: Principal
  /** In Unix milliseconds. */
  readonly untilMs: number
  readonly isDeclared: boolean
  /** Where only pages of these may use it. */
  readonly origins?: readonly string[]
}

export function createKeyring(options: KeyringOptions): Keyring {
  const { declared, directory, pepper, clock, guesses, jwt, browserKeys } = options
  const declaredByDigest = new Map(declared.map((key) => [digest(key.secret.reveal()), key]))
  const remembered = new Map<string, Known>()
  const maxLength = jwt ? maxJwtLength : maxKeyLength
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

  const parentOf = (keyId: string): ParentKey | undefined =>
    parentById(keyId, declared, directory, clock.nowMs())

  const find = (credential: string, id: string): Known | undefined => {
    const key = declaredByDigest.get(id)
    if (key) return knownDeclared(key, directory)
    if (browserKeys && looksLikeBrowserKey(credential)) {
      const found = browserKeys.verify(credential, parentOf, clock.nowMs())
      return found && { ...found, isDeclared: false }
    }
    return verify(credential, directory, pepper, clock.nowMs())
  }

  const admit = ({ principal, isDeclared, origins }: Known, { clientAddress, header }: Caller): Principal => {
    if (!isDeclared && directory.freshness === 'lost') throw unavailable()
    authoriseAddress(principal, clientAddress)
    if (origins) authoriseOrigin(origins, header?.('origin'))
    return principal
  }

  const judge = async (id: string, token: string, caller: Caller): Promise<Principal> => {
    try {
      const known = { ...(await jwt!(token)), isDeclared: false }
      recall(id) // the directory may have changed meanwhile
      remember(id, known)
      return admit(known, caller)
    } catch (error) {
      const isWrong = error instanceof GatewayError && error.code === 'authentication_failed'
      throw isWrong ? (guesses.note(caller.clientAddress) ?? error) : error
    }
  }

  return {
    declared,
    identify(caller) {
      const { credential, clientAddress: address } = caller
      if (credential === undefined || credential.length > maxLength) throw unauthenticated()
      const id = digest(credential)
      let known = recall(id)
      if (known !== undefined && known.untilMs > clock.nowMs()) return admit(known, caller)
      if (jwt && looksLikeJwt(credential) && !declaredByDigest.has(id)) return judge(id, credential, caller)
      known = find(credential, id)
      if (known === undefined || known.untilMs <= clock.nowMs()) {
        throw refusal(credential, address, directory, guesses)
      }
      remember(id, known)
      return admit(known, caller)
    },
    parentOf,
    principalOf(keyId) {
      const id = `key ${keyId}`
      const known = recall(id) ?? knownById(keyId, declared, directory)
      if (known === undefined || known.untilMs <= clock.nowMs()) return undefined
      remember(id, known)
      return known.principal
    },
    renewed(renewal) {
      const { jwt: _jwt, browserKeys: _keys, ...kept } = options
      return createKeyring({ ...kept, ...renewal })
    },
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

function parentById(
  keyId: string,
  declared: readonly DeclaredKey[],
  directory: Directory,
  nowMs: number,
): ParentKey | undefined {
  const known = knownById(keyId, declared, directory)
  if (known === undefined || known.untilMs <= nowMs) return undefined
  const { principal, untilMs } = known
  const named = declared.find(({ name }) => declaredKeyId(name) === keyId)
  if (named) {
    const hash = digest(named.secret.reveal())
    return { principal, untilMs, rules: named, secrets: [{ hash, untilMs }] }
  }
  const { rules, secretHash, previous } = directory.keys.get(keyId)!
  const current = { hash: secretHash, untilMs }
  const before = previous && { hash: previous.secretHash, untilMs: previous.untilMs }
  const secrets = before && before.untilMs > nowMs ? [current, before] : [current]
  return { principal, untilMs, rules, secrets }
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
  return isSameSecret(Buffer.from(a, 'hex'), Buffer.from(b, 'hex'))
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

function knownDeclared(key: DeclaredKey, directory: Directory): Known {
  const org = 'default'
  const team = key.team === undefined ? undefined : directory.teamOf(org, key.team)
  const identity = {
    org,
    keyId: declaredKeyId(key.name),
    keyName: key.name,
    ...(team && { team: termsOf(team) }),
  }
  return { principal: toPrincipal(identity, key), untilMs: key.expiresAtMs ?? Infinity, isDeclared: true }
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
