/** Google's access tokens: what a service account's key asks for, and what comes of the answer. */

import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { GatewayError } from '../core/error.ts'
import { asNumber, asObject, asString, parseJson } from '../core/json.ts'
import { Secret } from '../core/secret.ts'

/** How a credential that does not travel itself is exchanged for a token that does. */
export interface TokenGrant {
  /** A form to POST to this address; valid for this moment only. */
  request(nowMs: number): { readonly url: string; readonly form: string }
  /** The token of the answer; throws `upstream_auth` where there is none. */
  read(status: number, body: string, nowMs: number): AccessToken
}

export interface AccessToken {
  readonly token: Secret
  readonly expiresAtMs: number
}

const scope = 'https://www.googleapis.com/auth/cloud-platform'
const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const usualTokenUrl = 'https://oauth2.googleapis.com/token'
/** The longest that Google accepts. */
const assertionSeconds = 3600

/**
 * The grant of a service account's key, as Google's console writes it (JSON); undefined where the credential is
 * not JSON and therefore a token itself. A key that cannot sign is told by `request`, which throws `upstream_auth`.
 * https://developers.google.com/identity/protocols/oauth2/service-account#httprest
 */
export function googleGrant(credential: Secret): TokenGrant | undefined {
  if (!isAccount(credential)) return undefined
  let account: ServiceAccount | undefined
  return {
    request(nowMs) {
      account ??= readAccount(credential)
      const { email, key, keyId, url } = account
      const issuedAt = Math.floor(nowMs / 1000)
      const assertion = signedToken(
        { alg: 'RS256', typ: 'JWT', ...(keyId !== undefined && { kid: keyId }) },
        { iss: email, scope, aud: url, iat: issuedAt, exp: issuedAt + assertionSeconds },
        key,
      )
      return { url, form: new URLSearchParams({ grant_type: grantType, assertion }).toString() }
    },
    read: readToken,
  }
}

/** Is the credential a service account's key, which must not travel? */
export function isAccount(credential: Secret): boolean {
  return credential.reveal().trimStart().startsWith('{')
}

interface ServiceAccount {
  readonly email: string
  readonly key: KeyObject
  readonly keyId: string | undefined
  /** Where its tokens are given. */
  readonly url: string
}

function readAccount(credential: Secret): ServiceAccount {
  const account = asObject(parseJson(credential.reveal())) ?? {}
  const email = asString(account['client_email'])
  const pem = asString(account['private_key'])
  if (email === undefined || pem === undefined) throw notAnAccount()
  return {
    email,
    key: readKey(pem),
    keyId: asString(account['private_key_id']),
    url: asString(account['token_uri']) ?? usualTokenUrl,
  }
}

function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    // The cause may quote the key.
    throw notAnAccount()
  }
}

function notAnAccount(): GatewayError {
  return new GatewayError(
    'upstream_auth',
    "The provider's credential is JSON, but no key of a service account.",
  )
}

/** A JSON Web Token (RFC 7519) in its compact form. */
function signedToken(header: object, claims: object, key: KeyObject): string {
  const text = [header, claims].map((part) => base64url(JSON.stringify(part))).join('.')
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), key).toString('base64url')}`
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}

function readToken(status: number, body: string, nowMs: number): AccessToken {
  const answer = asObject(parseJson(body)) ?? {}
  const token = asString(answer['access_token'])
  const seconds = asNumber(answer['expires_in'])
  if (status === 200 && token !== undefined && seconds !== undefined && /^[\x21-\x7e]+$/.test(token)) {
    return { token: new Secret(token), expiresAtMs: nowMs + seconds * 1000 }
  }
  const message = asString(answer['error_description']) ?? asString(answer['error'])
  throw new GatewayError('upstream_auth', 'No access token was given for the service account.', {
    upstream: { status, ...(message !== undefined && { message: message.slice(0, 2048) }) },
  })
}
