/** Knows who calls: API keys from the configuration and from the store. */

import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { GatewayError } from '../core/error.ts'
import { globPattern } from '../core/glob.ts'
import type { Secret } from '../core/secret.ts'
import { generateKey, parseKey } from './key-format.ts'
import type { KeyStore, StoredKey } from './port.ts'

/** Who calls, and what it may use. */
export interface Principal {
  readonly org: string
  readonly keyId: string
  readonly keyName: string
  /** Allowed routes and models; `*` stands for any text. Absent: everything. */
  readonly models?: readonly RegExp[]
  /** Where its data must stay. */
  readonly dataRegion?: string
}

export interface DeclaredKey {
  readonly name: string
  readonly secret: Secret
  readonly models?: readonly string[]
  readonly dataRegion?: string
}

interface KeyringOptions {
  readonly declared: readonly DeclaredKey[]
  readonly store: KeyStore
  /** Every key of the store, by id. Keys that are created join it. */
  readonly stored: Map<string, StoredKey>
  /** Keeps stolen hashes useless without the host: 32 random bytes outside of the database. */
  readonly pepper: Buffer
}

const maxKeyLength = 512
/** Verified keys are remembered by digest, so that the pepper's HMAC is computed once per key. */
const maxRemembered = 10_000

export interface Keyring {
  /** Throws `authentication_failed`, with one message for every reason. */
  identify(credential: string | undefined): Principal
  /** Creates and stores a key. The text is not kept anywhere. */
  create(name: string, nowMs: number): Promise<{ readonly id: string; readonly text: string }>
  readonly isEmpty: boolean
  /** A keyring over the same store with other declared keys (after a reload). */
  withDeclared(declared: readonly DeclaredKey[]): Keyring
}

/** Reads the store's keys. They are held here: who calls is known without asking the store. */
export async function loadKeyring(options: Omit<KeyringOptions, 'stored'>): Promise<Keyring> {
  const keys = await options.store.all()
  return createKeyring({ ...options, stored: new Map(keys.map((key) => [key.id, key])) })
}

function createKeyring(options: KeyringOptions): Keyring {
  const { declared, store, stored, pepper } = options
  const declaredByDigest = new Map(
    declared.map((key) => [digest(key.secret.reveal()), declaredPrincipal(key)]),
  )
  const remembered = new Map<string, Principal>()

  const verify = (credential: string): Principal | undefined => {
    const parsed = parseKey(credential)
    const key = parsed && stored.get(parsed.id)
    // An unknown id costs the same comparison as a wrong secret.
    const expected = Buffer.from(key?.secretHash ?? '0'.repeat(64), 'hex')
    const matches = timingSafeEqual(hmac(pepper, parsed?.secret ?? ''), expected)
    return key && matches ? { org: key.org, keyId: key.id, keyName: key.name } : undefined
  }

  return {
    identify(credential) {
      if (credential === undefined || credential.length > maxKeyLength) throw unauthenticated()
      const id = digest(credential)
      const known = declaredByDigest.get(id) ?? remembered.get(id)
      if (known) return known
      const principal = verify(credential)
      if (!principal) throw unauthenticated()
      if (remembered.size >= maxRemembered) remembered.clear()
      remembered.set(id, principal)
      return principal
    },
    async create(name, nowMs) {
      const { id, secret, text } = generateKey(randomBytes)
      const key: StoredKey = {
        org: 'default',
        id,
        name,
        secretHash: hmac(pepper, secret).toString('hex'),
        createdAtMs: nowMs,
      }
      await store.insert(key)
      stored.set(id, key)
      return { id, text }
    },
    get isEmpty() {
      return stored.size === 0 && declared.length === 0
    },
    withDeclared: (replaced) => createKeyring({ ...options, declared: replaced }),
  }
}

/** Throws `model_not_allowed` unless the key may use one of the names: the requested one, or the target's. */
export function authoriseModel(principal: Principal, names: readonly string[]): void {
  if (!principal.models) return
  if (principal.models.some((allowed) => names.some((name) => allowed.test(name)))) return
  throw new GatewayError('model_not_allowed', `This key may not use the model \`${names[0]}\`.`, {
    param: 'model',
  })
}

function declaredPrincipal({ name, models, dataRegion }: DeclaredKey): Principal {
  return {
    org: 'default',
    keyId: `declared:${name}`,
    keyName: name,
    ...(models && { models: models.map(globPattern) }),
    ...(dataRegion !== undefined && { dataRegion }),
  }
}

function digest(text: string): string {
  return hash('sha256', text)
}

function hmac(pepper: Buffer, secret: string): Buffer {
  return createHmac('sha256', pepper).update(secret).digest()
}

function unauthenticated(): GatewayError {
  return new GatewayError('authentication_failed', 'The API key is missing or not valid.')
}
