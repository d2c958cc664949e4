/** Secrets in the database: each sealed with a data key of its organisation, which is wrapped by a key from outside. */

import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { Secret } from '../core/secret.ts'
import { createDataKeys } from './data-keys.ts'
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
  const keys = createDataKeys({ store, table: 'secret_data_keys', wraps, clock })

  const unseal = async (secret: SealedSecret): Promise<string> => {
    const key = await keys.find(secret.org, secret.keyVersion)
    const plain = key && sealing.unseal(await keys.unwrap(key), secretPlace(secret), secret.sealed)
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
    return { ...named, sealed: sealing.seal(await keys.unwrap(key), secretPlace(named), value) }
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
        const sealed = await seal(next, await keys.newest(org), value.reveal())
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
      const last = (await store.keys(org)).at(-1)
      const key = (await keys.add(org, (last?.version ?? 0) + 1)) ?? (await keys.newest(org))
      const secrets = await store.list(org)
      let resealed = 0
      for (const { name } of secrets) if (await reseal(org, name, key)) resealed++
      // Last: an instance that has not got the new key yet may have added one by the old key meanwhile.
      return { keyVersion: key.version, secrets: resealed, rewrapped: await keys.rewrapAll(org) }
    },
  }
}

function toState({ name, version, keyVersion, updatedAtMs }: SealedSecret): StoredState {
  return { name, version, keyVersion, updatedAtMs }
}

function secretPlace({ org, name, version, keyVersion }: Omit<SealedSecret, 'sealed' | 'updatedAtMs'>) {
  return [org, 'stored_secrets', 'sealed', name, version, keyVersion]
}

function busy(name: string): GatewayError {
  return new GatewayError('conflict', `The secret ${name} is being written by others.`)
}
