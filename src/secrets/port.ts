/** What secrets need of others: the ways out of the gateway, and what a service that keeps secrets must do. */

import type { Secret } from '../core/secret.ts'

/** One small request; it went through the egress guard. Rejects where there is no whole answer. */
export type SendRequest = (request: {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}) => Promise<{ readonly status: number; readonly body: string }>

/** A secret as its keeper gave it. */
export interface Material {
  /** The text; of a record, its JSON. */
  readonly content: Secret
  /** How long it holds, where its keeper said so. */
  readonly holdsMs?: number
  /** Of a secret that was made for us and ends with its lease. */
  readonly lease?: Lease
}

export interface Lease {
  readonly id: string
  readonly durationMs: number
  readonly isRenewable: boolean
}

/** A service that keeps secrets. Its failures are `SecretFailure`s. */
export interface SecretSource {
  read(name: string): Promise<Material>
  /** The lease with its new duration; absent where the service has no leases. */
  renew?(lease: Lease): Promise<Lease>
  /** Keeps its own sign-in alive; gives the time until it wants to be asked again, if ever. */
  maintain?(): Promise<number | undefined>
  close(): Promise<void>
}

/** Encrypts for one place of the database, so that what stands elsewhere cannot be read. */
export interface Sealing {
  seal(key: Uint8Array, place: readonly (string | number)[], plain: string): Uint8Array
  /** Undefined where it was sealed with another key or for another place, or was changed. */
  unseal(key: Uint8Array, place: readonly (string | number)[], sealed: Uint8Array): string | undefined
}

/** A secret as the database has it. */
export interface SealedSecret {
  readonly org: string
  readonly name: string
  /** One more with each value. */
  readonly version: number
  /** Of the data key that it is sealed with. */
  readonly keyVersion: number
  readonly sealed: Uint8Array
  readonly updatedAtMs: number
}

/** A data key of an organisation, encrypted by a key that the database does not have. */
export interface WrappedKey {
  readonly org: string
  readonly version: number
  /** Which key encrypts it. */
  readonly wrapId: string
  readonly wrapped: string
  readonly createdAtMs: number
}

export interface DataKeyStore {
  /** The oldest first. */
  keys(org: string): Promise<readonly WrappedKey[]>
  /** False where its version is taken. */
  addKey(key: WrappedKey): Promise<boolean>
  rewrapKey(key: WrappedKey): Promise<void>
}

export interface StoredSecretStore extends DataKeyStore {
  /** By name. */
  list(org: string): Promise<readonly SealedSecret[]>
  find(org: string, name: string): Promise<SealedSecret | undefined>
  /** In place of `replaces`, or new; false where somebody else was first. */
  put(secret: SealedSecret, replaces: SealedSecret | undefined): Promise<boolean>
  remove(org: string, name: string): Promise<boolean>
}
