/** A configured provider: its row, merged with what the configuration says. */

import type { DialectId } from '../core/event.ts'
import type { Secret } from '../core/secret.ts'
import type { Patch } from '../dialects/dialect.ts'
import { authHeaders, createGrant, createSign, type Sign, type Signing } from './auth.ts'
import type { TokenGrant } from './google.ts'
import { type Quirk, quirks } from './quirks.ts'
import type { ProviderSpec } from './spec.ts'

/** Limits on one attempt, in milliseconds. */
export interface Timeouts {
  /** TCP and TLS. */
  readonly connectMs: number
  /** From sending the request to the first content of a stream. */
  readonly firstTokenMs: number
  /** Without any byte on a stream that has begun. */
  readonly idleMs: number
  /** The whole attempt, not streamed. */
  readonly totalMs: number
  /** The whole attempt, streamed. */
  readonly streamTotalMs: number
}

export const defaultTimeouts: Timeouts = {
  connectMs: 3_000,
  firstTokenMs: 120_000,
  idleMs: 60_000,
  totalMs: 600_000,
  streamTotalMs: 1_800_000,
}

export interface Provider {
  /** Its name in the configuration: what stands before the slash in `provider/model`. */
  readonly name: string
  readonly spec: ProviderSpec
  readonly baseUrl: URL
  readonly allowPrivateNetwork: boolean
  readonly timeouts: Timeouts
  /** Everything that every request to it carries, credential included. */
  readonly headers: Readonly<Record<string, string>>
  /** Headers of a single request, where the provider wants each to be signed. */
  readonly sign?: Sign
  /** Brings the token that every request carries, where the credential itself must not travel. */
  readonly grant?: TokenGrant
  /** Bare model names that the configuration says it serves. */
  readonly models: readonly string[]
  readonly requestPatch: Patch | undefined
  readonly responsePatch: Patch | undefined
  readonly eventPatch: Patch | undefined
}

export interface ProviderSettings {
  readonly baseUrl?: string
  readonly credential?: Secret
  /** Fills the `{region}` of a row's address. */
  readonly region?: string
  /** What requests are signed with, where there is no credential to send. */
  readonly signing?: Signing
  readonly headers?: Readonly<Record<string, string>>
  readonly dialect?: DialectId
  readonly allowPrivateNetwork?: boolean
  readonly timeouts?: Partial<Timeouts>
  readonly models?: readonly string[]
}

/** Merges a row with its settings. The configuration has been checked: a base URL is there and parses. */
export function createProvider(name: string, row: ProviderSpec, settings: ProviderSettings): Provider {
  const spec: ProviderSpec = settings.dialect ? { ...row, dialects: [settings.dialect] } : row
  const baseUrl = new URL(settings.baseUrl ?? row.baseUrl?.replace('{region}', settings.region ?? '') ?? '')
  const sign = createSign(row.auth, baseUrl, settings.signing)
  const grant = createGrant(row.auth, settings.credential)
  const patches = (spec.quirks ?? []).map((quirk): Quirk => quirks[quirk])
  return {
    name,
    spec,
    baseUrl,
    allowPrivateNetwork: settings.allowPrivateNetwork ?? false,
    timeouts: { ...defaultTimeouts, ...settings.timeouts },
    headers: { ...row.headers, ...settings.headers, ...authHeaders(row.auth, settings.credential) },
    ...(sign && { sign }),
    ...(grant && { grant }),
    models: settings.models ?? [],
    requestPatch: chain(patches.map((quirk) => quirk.request)),
    responsePatch: chain(patches.map((quirk) => quirk.response)),
    eventPatch: chain(patches.map((quirk) => quirk.event)),
  }
}

function chain(patches: readonly (Patch | undefined)[]): Patch | undefined {
  const present = patches.filter((patch) => patch !== undefined)
  if (present.length <= 1) return present[0]
  return (value) => present.reduce((patched, patch) => patch(patched), value)
}

/** A model at a provider: where an attempt goes. */
export interface Target {
  readonly provider: Provider
  /** The provider's own name of the model. */
  readonly model: string
  readonly timeouts: Timeouts
}
