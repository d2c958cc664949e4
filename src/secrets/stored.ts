/** Secrets in the database: each sealed with a data key of its organisation, which is wrapped by a key from outside. */

import { randomBytes } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { Secret } from '../core/secret.ts'
import { SecretFailure } from './failure.ts'
import type { KeyWrap } from './key-wrap.ts'
import type { Sealing, SealedSecret, StoredSecretStore, WrappedKey } from './port.ts'

export interface StoredParts {
  readonly store: StoredSecretStore
  readonly sealing: Sealing
  /** The first wraps; the others only unwrap what they wrapped before. */
  readonly wraps: readonly [KeyWrap, ...KeyWrap[]]
  readonly clock: Clock
}

/** What is shown of a secret. */
export interface StoredState {
  readonly name: string
  readonly version: number
  readonly keyVersion: number
  readonly updatedAtMs: number
}

export interface Rotation {
  readonly keyVersion: number
  readonly secrets: number
  /** Older data keys that are wrapped by the key in force from now on. */
  readonly rewrapped: number
}

export interface StoredSecrets {
  list(org: string): Promise<readonly StoredState[]>
  /** A new value; GatewayError `conflict` where others write the same name all the time. */
  set(org: string, name: string, value: Secret): Promise<StoredState>
  /** Throws SecretFailure. */
  read(org: string, name: string): Promise<Secret>
  remove(org: string, name: string): Promise<boolean>
  /** Makes a new data key, seals all secrets with it, and wraps the older ones anew. Reads go on meanwhile. */
  rotate(org: string): Promise<Rotation>
}

const maxTries = 5

export function createStoredSecrets({ store, sealing, wraps, clock }: StoredParts): StoredSecrets {
  /** Unwrapped, so that a vault is asked once for each. By organisation, version and what it is wrapped in. */
  const open = new Map<string, Uint8Array>()

  const unwrap = async (key: WrappedKey): Promise<Uint8Array> => {
    const id = JSON.stringify([key.org, key.version, key.wrapped])
    const known = open.get(id)
    if (known) return known
    const wrap = wraps.find((candidate) => candidate.id === key.wrapId)
    if (!wrap) {
      const mend = 'Put the key that was in force before under `secrets.stored.previousKeys`.'
      throw new SecretFailure('denied', 'a data key is wrapped by a key that is not configured', mend)
    }
    const plain = await wrap.unwrap(keyPlace(key), key.wrapped)
    open.set(id, plain)
    return plain
  }

  const addKey = async (org: string, version: number): Promise<WrappedKey | undefined> => {
    const [wrap] = wraps
    const place = keyPlace({ org, version })
    const wrapped = await wrap.wrap(place, randomBytes(32))
    const key = { org, version, wrapId: wrap.id, wrapped, createdAtMs: clock.nowMs() }
    return (await store.addKey(key)) ? key : undefined
  }

  const newestKey = async (org: string): Promise<WrappedKey> => {
    const newest = (await store.keys(org)).at(-1) ?? (await addKey(org, 1)) ?? (await store.keys(org)).at(-1)
    return newest!
  }

  const unseal = async (secret: SealedSecret): Promise<string> => {
    const key = (await store.keys(secret.org)).find(({ version }) => version === secret.keyVersion)
    const plain = key && sealing.unseal(await unwrap(key), secretPlace(secret), secret.sealed)
    if (plain !== undefined) return plain
    const mend = 'Look whether rows of the database were moved or changed; set the secret again.'
    throw new SecretFailure('denied', `the stored secret ${secret.name} cannot be decrypted`, mend)
  }

  const seal = async (
    secret: Omit<SealedSecret, 'sealed' | 'keyVersion'>,
    key: WrappedKey,
    value: string,
  ): Promise<SealedSecret> => {
    const named = { ...secret, keyVersion: key.version }
    return { ...named, sealed: sealing.seal(await unwrap(key), secretPlace(named), value) }
  }

  /** Seals one secret with the key, whatever others do to it meanwhile; false where it is gone. */
  const reseal = async (org: string, name: string, key: WrappedKey): Promise<boolean> => {
    for (let attempt = 0; attempt < maxTries; attempt++) {
      const found = await store.find(org, name)
      if (!found) return false
      if (found.keyVersion >= key.version) return true
      if (await store.put(await seal(found, key, await unseal(found)), found)) return true
    }
    throw busy(name)
  }

  return {
    list: async (org) => (await store.list(org)).map(toState),
    async set(org, name, value) {
      for (let attempt = 0; attempt < maxTries; attempt++) {
        const found = await store.find(org, name)
        const next = { org, name, version: (found?.version ?? 0) + 1, updatedAtMs: clock.nowMs() }
        const sealed = await seal(next, await newestKey(org), value.reveal())
        if (await store.put(sealed, found)) return toState(sealed)
      }
      throw busy(name)
    },
    async read(org, name) {
      const found = await store.find(org, name)
      if (found) return new Secret(await unseal(found))
      const mend = `Store it with \`weir secrets set ${name}\`.`
      throw new SecretFailure('absent', `no secret ${name} is stored`, mend)
    },
    remove: (org, name) => store.remove(org, name),
    async rotate(org) {
      const older = await store.keys(org)
      const key = (await addKey(org, (older.at(-1)?.version ?? 0) + 1)) ?? (await newestKey(org))
      const secrets = await store.list(org)
      let resealed = 0
      for (const { name } of secrets) if (await reseal(org, name, key)) resealed++
      const [wrap] = wraps
      const foreign = older.filter(({ wrapId }) => wrapId !== wrap.id)
      for (const each of foreign) {
        const wrapped = await wrap.wrap(keyPlace(each), await unwrap(each))
        await store.rewrapKey({ ...each, wrapId: wrap.id, wrapped })
      }
      return { keyVersion: key.version, secrets: resealed, rewrapped: foreign.length }
    },
  }
}

function toState({ name, version, keyVersion, updatedAtMs }: SealedSecret): StoredState {
  return { name, version, keyVersion, updatedAtMs }
}

function secretPlace({ org, name, version, keyVersion }: Omit<SealedSecret, 'sealed' | 'updatedAtMs'>) {
  return [org, 'stored_secrets', 'sealed', name, version, keyVersion]
}

function keyPlace({ org, version }: Pick<WrappedKey, 'org' | 'version'>) {
  return [org, 'secret_data_keys', 'wrapped', version]
}

function busy(name: string): GatewayError {
  return new GatewayError('conflict', `The secret ${name} is being written by others.`)
}
