/** Puts a provider's credential, or a proof of it, on a request. */

import type { Secret } from '../core/secret.ts'
import { googleGrant, isAccount, type TokenGrant } from './google.ts'
import { type AwsCredentials, signRequest } from './sigv4.ts'
import type { AuthScheme } from './spec.ts'

/** The header that carries the credential, as name and value. No credential (a local server): no header. */
export function authHeaders(scheme: AuthScheme, credential: Secret | undefined): Record<string, string> {
  if (credential === undefined) return {}
  switch (scheme.kind) {
    case 'bearer':
    case 'sigv4':
      return { authorization: `Bearer ${credential.reveal()}` }
    case 'header':
      return { [scheme.name]: credential.reveal() }
    case 'google':
      return isAccount(credential) ? {} : { authorization: `Bearer ${credential.reveal()}` }
  }
}

/** How this credential is exchanged for a token that is sent; undefined where it is sent itself. */
export function createGrant(scheme: AuthScheme, credential: Secret | undefined): TokenGrant | undefined {
  return scheme.kind === 'google' && credential !== undefined ? googleGrant(credential) : undefined
}

/** What is signed of a request; the path is as it is sent, with the query. */
export interface Signable {
  readonly method: string
  readonly path: string
  readonly body: string | Buffer
  readonly nowMs: number
}

/** The headers that prove a request; they hold for this request alone, and for minutes. */
export type Sign = (request: Signable) => Readonly<Record<string, string>>

/** The settings by which requests are signed. */
export interface Signing {
  readonly region: string
  readonly credentials: AwsCredentials
}

/** Signs requests to the host of `baseUrl`; undefined for a scheme that signs none. */
export function createSign(scheme: AuthScheme, baseUrl: URL, signing: Signing | undefined): Sign | undefined {
  if (scheme.kind !== 'sigv4' || signing === undefined) return undefined
  const { service } = scheme
  return ({ path, ...request }) =>
    signRequest({ ...request, ...signing, service, url: new URL(path, baseUrl), headers: {} })
}
