/** A configured provider: its row, merged with what the configuration says. */

import type { DialectId } from '../core/event.ts'
import { globPattern } from '../core/glob.ts'
import type { Secret } from '../core/secret.ts'
import type { Patch } from '../dialects/dialect.ts'
import { authHeaders, createGrant, createSign, type Sign, type Signing } from './auth.ts'
import type { TokenGrant } from './google.ts'
import { type Quirk, quirks } from './quirks.ts'
import type { Capabilities } from '../models/model.ts'
import type { ProviderSpec } from './spec.ts'
import { offersByName } from './structured-offer.ts'

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

/** One of a provider's keys. Connections are shared by all of them. */
export interface Credential {
  /** What records, metrics and logs call it: never the key. */
  readonly alias: string
  /** Its share of the requests beside the provider's other keys. */
  readonly weight: number
  /** The models that it is for. Absent: all. */
  readonly models?: readonly RegExp[]
  /** What every request with it carries. */
  readonly headers: Readonly<Record<string, string>>
  /** Headers of a single request, where the provider wants each to be signed. */
  readonly sign?: Sign
  /** Brings the token that every request carries, where the key itself must not travel. */
  readonly grant?: TokenGrant
}

export interface Provider {
  /** Its name in the configuration: what stands before the slash in `provider/model`. */
  readonly name: string
  readonly spec: ProviderSpec
  readonly baseUrl: URL
  /** No request goes there: somebody has switched it off. */
  readonly isOff?: true
  readonly allowPrivateNetwork: boolean
  readonly timeouts: Timeouts
  /** What every request to it carries beside a credential's own. */
  readonly headers: Readonly<Record<string, string>>
  readonly credentials: readonly [Credential, ...Credential[]]
  /** Bare model names that the configuration says it serves. */
  readonly models: readonly string[]
  readonly requestPatch: Patch | undefined
  readonly responsePatch: Patch | undefined
  readonly eventPatch: Patch | undefined
}

export interface CredentialSettings {
  readonly alias?: string
  /** Absent both: requests carry none. */
  readonly key?: Secret
  /** What requests are signed with, where there is no key to send. */
  readonly signing?: Signing
  readonly weight?: number
  /** `*` stands for any text. */
  readonly models?: readonly string[]
}

export interface ProviderSettings {
  readonly baseUrl?: string
  /** Absent or empty: one that adds nothing. */
  readonly credentials?: readonly CredentialSettings[]
  /** Fills the `{region}` of a row's address. */
  readonly region?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly dialect?: DialectId
  readonly allowPrivateNetwork?: boolean
  readonly timeouts?: Partial<Timeouts>
  readonly models?: readonly string[]
  /** How it can be made to answer by a schema, in place of what its row says. */
  readonly structured?: keyof typeof offersByName
}

/** Merges a row with its settings. The configuration has been checked: a base URL is there and parses. */
export function createProvider(name: string, row: ProviderSpec, settings: ProviderSettings): Provider {
  const spec: ProviderSpec = {
    ...row,
    ...(settings.dialect && { dialects: [settings.dialect] }),
    ...(settings.structured && { structured: offersByName[settings.structured] }),
  }
  const baseUrl = new URL(settings.baseUrl ?? row.baseUrl?.replace('{region}', settings.region ?? '') ?? '')
  const [first = {}, ...others] = settings.credentials ?? []
  const toCredential = (each: CredentialSettings, index: number) =>
    createCredential(row, baseUrl, each, index)
  const patches = (spec.quirks ?? []).map((quirk): Quirk => quirks[quirk])
  return {
    name,
    spec,
    baseUrl,
    allowPrivateNetwork: settings.allowPrivateNetwork ?? false,
    timeouts: { ...defaultTimeouts, ...settings.timeouts },
    headers: { ...row.headers, ...settings.headers },
    credentials: [toCredential(first, 0), ...others.map((each, index) => toCredential(each, index + 1))],
    models: settings.models ?? [],
    requestPatch: chain(patches.map((quirk) => quirk.request)),
    responsePatch: chain(patches.map((quirk) => quirk.response)),
    eventPatch: chain(patches.map((quirk) => quirk.event)),
  }
}

function createCredential(
  { auth }: ProviderSpec,
  baseUrl: URL,
  { alias, key, signing, weight = 1, models }: CredentialSettings,
  index: number,
): Credential {
  const sign = createSign(auth, baseUrl, signing)
  const grant = createGrant(auth, key)
  return {
    alias: alias ?? `key-${index + 1}`,
    weight,
    headers: authHeaders(auth, key),
    ...(models && { models: models.map(globPattern) }),
    ...(sign && { sign }),
    ...(grant && { grant }),
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
  readonly credential: Credential
  readonly timeouts: Timeouts
  /** What the catalogue or the configuration says of the model. Absent: not known. */
  readonly capabilities?: Capabilities
  /** Long beginnings of prompts are marked for the provider's own cache. */
  readonly marksPrompts?: true
}
