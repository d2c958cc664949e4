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
