/** Builds the way to sign in at the OpenID provider of the configuration, over guarded connections. */

import type { CustomFetch } from 'openid-client'
import type { Accounts } from '../access/accounts.ts'
import { OidcProvider } from '../access/oidc.ts'
import type { LockOut } from '../access/lock-out.ts'
import type { StoredUser } from '../access/port.ts'
import type { Cookies, Sessions } from '../access/sessions.ts'
import type { AuditLog } from '../audit/log.ts'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { OidcSignIn, SignedIn } from '../http/sign-in.ts'
import { policyFor } from '../upstream/egress.ts'
import { createExchanger, type Exchanger } from '../upstream/exchange.ts'

type Settings = NonNullable<Config['admin']['oidc']>

export interface OidcWayParts {
  readonly settings: () => Settings | undefined
  readonly dashboardUrl: () => string
  readonly accounts: Accounts
  readonly sessions: Sessions
  readonly cookies: Cookies
  readonly lockOut: Pick<LockOut, 'begin'>
  readonly audit: AuditLog
  readonly clock: Clock
  openFor(user: StoredUser): Promise<SignedIn>
}

export interface OidcWay {
  /** By the settings in force; undefined where there are none. */
  current(): OidcSignIn | undefined
  close(): Promise<void>
}

export function createOidcWay(parts: OidcWayParts): OidcWay {
  let made: { readonly settings: Settings; readonly way: OidcSignIn; close(): Promise<void> } | undefined
  return {
    current() {
      const settings = parts.settings()
      if (made?.settings !== settings) {
        void made?.close()
        made = settings && { settings, ...createWay(settings, parts) }
      }
      return made?.way
    },
    close: async () => made?.close(),
  }
}

function createWay(settings: Settings, parts: OidcWayParts): { way: OidcSignIn; close(): Promise<void> } {
  const { accounts, sessions, cookies, lockOut, audit, clock, dashboardUrl, openFor } = parts
  const { issuer, allowPrivateNetwork, name: _, ...rest } = settings
  const exchanger = createExchanger(policyFor(issuer, allowPrivateNetwork))
  const provider = new OidcProvider({
    settings: { ...rest, issuer, allowHttp: allowPrivateNetwork && issuer.startsWith('http:') },
    redirectUri: () => `${dashboardUrl()}/admin/v1/session/oidc/callback`,
    fetch: createGuardedFetch(exchanger),
    sessions,
    clock,
  })
  const way: OidcSignIn = {
    async start(address) {
      lockOut.begin(address)
      const { location, token } = await provider.start()
      return { location, cookie: cookies.signIn(token) }
    },
    async finish(query, cookie) {
      const identity = await provider.finish(query, cookies.readSignIn(cookie))
      const known = accounts.bySubject(identity)
      // Whoever has left all groups loses the roles that they had, and is not let in.
      if (known || identity.grants.length > 0) {
        const object = `user:${known?.id ?? identity.name}`
        const after = { ...identity, grants: identity.grants.map((grant) => ({ ...grant })) }
        await audit.record({ org: 'default', actor: 'oidc', action: 'account.take-up', object, after })
        const user = await accounts.takeUp('default', identity)
        if (identity.grants.length > 0) return openFor(user)
      }
      throw new GatewayError('permission_denied', 'None of your groups has a role here.')
    },
  }
  return { way, close: () => exchanger.close() }
}

/** As `fetch`, for small answers, through the egress guard. */
export function createGuardedFetch(exchanger: Pick<Exchanger, 'exchange'>): CustomFetch {
  return async (url, { method, headers, body }) => {
    const text = body === undefined || body === null ? undefined : String(body as URLSearchParams | string)
    const answer = await exchanger.exchange({
      method: method === 'POST' ? 'POST' : 'GET',
      url,
      headers,
      ...(text !== undefined && { body: text }),
    })
    const contentType = answer.contentType ?? ''
    return new Response([204, 304].includes(answer.status) ? null : answer.body, {
      status: answer.status,
      headers: { 'content-type': contentType },
    })
  }
}
