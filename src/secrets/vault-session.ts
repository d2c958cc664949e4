/** The gateway's own sign-in to a vault: made when it is needed, renewed while it can be, and then replaced. */

import type { Clock } from '../core/clock.ts'
import { asNumber, asObject, asString, type JsonObject } from '../core/json.ts'
import { Secret } from '../core/secret.ts'
import { failureOf, type VaultCall, type VaultReply } from './vault-call.ts'

/** One of them. */
export interface VaultSignIn {
  readonly token?: Secret
  readonly approle?: { readonly roleId: Secret; readonly secretId?: Secret; readonly mount: string }
  readonly kubernetes?: JwtLogin
  readonly jwt?: JwtLogin
}

interface JwtLogin {
  readonly role: string
  readonly jwt: Secret
  readonly mount: string
}

export interface VaultSession {
  readonly token: Secret
  /** Monotonic; absent: it does not end, or its end is not known. */
  readonly renewAtMs?: number
  readonly endsAtMs?: number
  /** How long it was to last when it was signed in. */
  readonly fullMs: number
  readonly isRenewable: boolean
}

/** A token is renewed when this share of its life is over: the rest is for trying again. */
const renewShare = 2 / 3
/** What a renewal gives at least of a token's whole life, or the token is replaced. */
const enoughShare = 0.9
/** How soon a renewal that failed is tried again. */
const retryMs = 10_000

export interface VaultSessions {
  current(): Promise<VaultSession> | VaultSession
  /** One call with its token; a token that was taken back is replaced once. */
  call(
    method: 'GET' | 'POST',
    path: string,
    body?: JsonObject,
  ): Promise<VaultReply & { readonly used: VaultSession }>
  /** Renews what is due; gives the time until it wants to be asked again, if ever. */
  maintain(): Promise<number | undefined>
}

export function createVaultSessions(settings: VaultSignIn, call: VaultCall, clock: Clock): VaultSessions {
  const login = loginOf(settings)
  let session: VaultSession | undefined
  let pending: Promise<VaultSession> | undefined

  const toSession = (token: Secret, seconds: number, isRenewable: boolean, fullMs?: number): VaultSession => {
    const lastsMs = seconds * 1000
    if (lastsMs <= 0) return { token, fullMs: 0, isRenewable: false }
    const nowMs = clock.monotonicMs()
    return {
      token,
      isRenewable,
      fullMs: fullMs ?? lastsMs,
      renewAtMs: nowMs + lastsMs * renewShare,
      endsAtMs: nowMs + lastsMs,
    }
  }

  const signIn = async (): Promise<VaultSession> => {
    if (settings.token) {
      const { status, answer } = await call('GET', 'auth/token/lookup-self', settings.token)
      if (status >= 500 || status === 429) throw failureOf(status, 'signing in')
      // A token may lack the right to look at itself, and be good for its secrets nevertheless.
      const data = asObject(answer?.['data'])
      return toSession(settings.token, asNumber(data?.['ttl']) ?? 0, data?.['renewable'] === true)
    }
    const { status, answer } = await call('POST', login.path, undefined, login.body())
    const auth = asObject(answer?.['auth'])
    const token = asString(auth?.['client_token'])
    if (status !== 200 || token === undefined) throw failureOf(status, 'signing in')
    return toSession(new Secret(token), asNumber(auth?.['lease_duration']) ?? 0, auth?.['renewable'] === true)
  }

  const currentSession = (): Promise<VaultSession> | VaultSession => {
    const isOver = session?.endsAtMs !== undefined && session.endsAtMs <= clock.monotonicMs()
    if (session && !isOver) return session
    pending ??= signIn()
      .then((made) => (session = made))
      .finally(() => (pending = undefined))
    return pending
  }

  /** A new sign-in; where there can be none now, the old one goes on for as long as it holds. */
  const signInAgain = async (old: VaultSession): Promise<VaultSession> => {
    if (session === old) session = undefined
    try {
      return await currentSession()
    } catch (cause) {
      session ??= old
      throw cause
    }
  }

  /** A session with more time, where there is any. */
  const renewed = async (old: VaultSession): Promise<VaultSession | 'later'> => {
    const { status, answer } = await call('POST', 'auth/token/renew-self', old.token, {})
    if (status >= 500 || status === 429) return 'later'
    const auth = asObject(answer?.['auth'])
    const seconds = asNumber(auth?.['lease_duration']) ?? 0
    // Near its longest life a token is renewed for less and less: then a new one is due, while this one holds.
    const isEnough =
      status === 200 && (settings.token !== undefined || seconds * 1000 >= old.fullMs * enoughShare)
    if (isEnough) return toSession(old.token, seconds, auth?.['renewable'] === true, old.fullMs)
    return settings.token ? 'later' : signInAgain(old)
  }

  return {
    current: currentSession,
    async call(method, path, body) {
      const used = await currentSession()
      const first = { ...(await call(method, path, used.token, body)), used }
      if (first.status !== 403 || settings.token) return first
      // What its policies forbid to a good token they forbid to the next: each sign-in would leave one behind.
      const { status } = await call('GET', 'auth/token/lookup-self', used.token)
      if (status === 200) return first
      const other = await signInAgain(used)
      return { ...(await call(method, path, other.token, body)), used: other }
    },
    async maintain() {
      const current = await currentSession()
      if (current.renewAtMs === undefined) return undefined
      const leftMs = current.renewAtMs - clock.monotonicMs()
      if (leftMs > 0) return leftMs
      // Nothing can be done for a token that was written down: its end will be told by the reads.
      if (!current.isRenewable && settings.token) return undefined
      const next = await (current.isRenewable ? renewed(current) : signInAgain(current))
      if (next === 'later') return retryMs
      if (session === current) session = next
      return next.renewAtMs === undefined ? undefined : Math.max(0, next.renewAtMs - clock.monotonicMs())
    },
  }
}

function loginOf({ approle, kubernetes, jwt }: VaultSignIn): { path: string; body: () => JsonObject } {
  if (approle) {
    return {
      path: `auth/${approle.mount}/login`,
      body: () => ({
        role_id: approle.roleId.reveal(),
        ...(approle.secretId && { secret_id: approle.secretId.reveal() }),
      }),
    }
  }
  const way = kubernetes ?? jwt
  return {
    path: `auth/${way?.mount}/login`,
    body: () => ({ role: way?.role, jwt: way?.jwt.reveal() }),
  }
}
