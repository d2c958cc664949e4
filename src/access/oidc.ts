/** Signing in at an OpenID provider: the authorization code flow with PKCE, state and nonce, and groups that become roles. */

import type { Configuration, CustomFetch } from 'openid-client'
import type { Grant, Role } from '../admin/policy.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { asArray, asObject, asString } from '../core/json.ts'
import type { Secret } from '../core/secret.ts'
import type { OutsideIdentity } from './accounts.ts'
import type { Sessions } from './sessions.ts'

export interface OidcSettings {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret?: Secret
  readonly scopes: readonly string[]
  readonly groupsClaim: string
  readonly roles: readonly { readonly group: string; readonly role: Role; readonly team?: string }[]
  /** Speak plain HTTP: for a provider on the own machine or network. */
  readonly allowHttp: boolean
}

export interface OidcParts {
  readonly settings: OidcSettings
  /** Where the provider sends the browser back to. */
  readonly redirectUri: () => string
  readonly fetch: CustomFetch
  readonly sessions: Sessions
  readonly clock: Clock
}

/** The provider's own configuration is read anew after this, so that its new endpoints and keys are taken up. */
const maxDiscoveryAgeMs = 60 * 60_000

export class OidcProvider {
  readonly #parts: OidcParts
  #found: { readonly atMs: number; readonly config: Promise<Configuration> } | undefined

  constructor(parts: OidcParts) {
    this.#parts = parts
  }

  /** Where the browser goes, and the token with which it has to come back. Rejects with `store_unavailable`. */
  async start(): Promise<{ readonly location: string; readonly token: string }> {
    const { settings, sessions, redirectUri } = this.#parts
    const [client, config] = await Promise.all([import('openid-client'), this.#configuration()])
    const verifier = client.randomPKCECodeVerifier()
    const [state, nonce] = [client.randomState(), client.randomNonce()]
    const token = await sessions.make('oidc', { org: 'default', detail: () => ({ verifier, state, nonce }) })
    const location = client.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri(),
      scope: settings.scopes.join(' '),
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    })
    return { location: location.href, token }
  }

  /**
   * Who has come back, by the query that their browser brings and the token that it kept. Rejects with
   * `authentication_failed` where anything does not fit, `store_unavailable` where the provider does not answer.
   */
  async finish(query: URLSearchParams, token: string | undefined): Promise<OutsideIdentity> {
    const { settings, sessions, redirectUri } = this.#parts
    const ticket = token === undefined ? undefined : await sessions.take('oidc', token)
    if (!ticket) throw refused()
    const { verifier, state, nonce } = ticket.detail
    const [client, config] = await Promise.all([import('openid-client'), this.#configuration()])
    // Of the address that we know, never of what the request says its host is.
    const url = new URL(redirectUri())
    url.search = query.toString()
    try {
      const tokens = await client.authorizationCodeGrant(config, url, {
        pkceCodeVerifier: verifier as string,
        expectedState: state as string,
        expectedNonce: nonce as string,
        idTokenExpected: true,
      })
      const told = tokens.claims()!
      const hasMore = config.serverMetadata().userinfo_endpoint !== undefined
      const more = hasMore ? await client.fetchUserInfo(config, tokens.access_token, told.sub) : {}
      return identityOf({ ...more, ...told }, settings)
    } catch (cause) {
      throw toGatewayError(cause)
    }
  }

  #configuration(): Promise<Configuration> {
    const nowMs = this.#parts.clock.monotonicMs()
    if (this.#found && nowMs - this.#found.atMs < maxDiscoveryAgeMs) return this.#found.config
    const config = this.#discover()
    const found = { atMs: nowMs, config }
    this.#found = found
    config.catch(() => {
      if (this.#found === found) this.#found = undefined
    })
    return config
  }

  async #discover(): Promise<Configuration> {
    const { settings, fetch } = this.#parts
    const client = await import('openid-client')
    const { issuer, clientId, clientSecret, allowHttp } = settings
    const auth = clientSecret ? client.ClientSecretPost(clientSecret.reveal()) : client.None()
    try {
      return await client.discovery(new URL(issuer), clientId, undefined, auth, {
        [client.customFetch]: fetch,
        timeout: 10,
        ...(allowHttp && { execute: [client.allowInsecureRequests] }),
      })
    } catch (cause) {
      throw unavailable(cause)
    }
  }
}

const maxTextLength = 200

function identityOf(claims: Readonly<Record<string, unknown>>, settings: OidcSettings): OutsideIdentity {
  const text = (name: string) => asString(claims[name])?.slice(0, maxTextLength)
  const email = claims['email_verified'] === false ? undefined : text('email')
  const id = asString(claims['sub']) ?? ''
  return {
    issuer: settings.issuer,
    id,
    name: text('name') ?? text('preferred_username') ?? email ?? id.slice(0, maxTextLength),
    ...(email !== undefined && { email }),
    grants: grantsOf(claims[settings.groupsClaim], settings),
  }
}

function grantsOf(claim: unknown, { roles }: OidcSettings): Grant[] {
  const groups = new Set(typeof claim === 'string' ? [claim] : asArray(claim).map(asString))
  return roles
    .filter(({ group }) => groups.has(group))
    .map(({ role, team }) => ({ role, ...(team !== undefined && { team }) }))
}

/** What the provider refuses is a sign-in that failed; what it cannot answer is an outage. */
function toGatewayError(cause: unknown): GatewayError {
  if (cause instanceof GatewayError) return cause
  const status = asObject(cause)?.['status']
  const isOutage = cause instanceof TypeError || (typeof status === 'number' && status >= 500)
  return isOutage && !isOfResponse(cause) ? unavailable(cause) : refused(cause)
}

/** The library's own faults of what was answered have a code that says so. */
function isOfResponse(cause: unknown): boolean {
  return asString((cause as { code?: unknown }).code)?.startsWith('OAUTH_') === true
}

function refused(cause?: unknown): GatewayError {
  return new GatewayError('authentication_failed', 'Signing in did not work. Try again.', { cause })
}

function unavailable(cause: unknown): GatewayError {
  return new GatewayError('store_unavailable', 'The OpenID provider is out of reach.', {
    retryAfterMs: 5_000,
    cause,
  })
}
