/** Reads secrets of HashiCorp Vault and OpenBao: signs in, keeps its token alive, renews leases. https://developer.hashicorp.com/vault/api-docs */

import type { Clock } from '../core/clock.ts'
import { asNumber, asObject, asString, type JsonObject, parseJson } from '../core/json.ts'
import { Secret } from '../core/secret.ts'
import { malformed, SecretFailure, toFailure } from './failure.ts'
import type { Lease, Material, SecretSource, SendRequest } from './port.ts'

export interface VaultSettings {
  readonly address: string
  readonly namespace?: string
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

interface VaultParts {
  readonly send: SendRequest
  readonly clock: Clock
  close(): Promise<void>
}

interface Session {
  readonly token: Secret
  /** Monotonic; absent: it does not end, or its end is not known. */
  readonly renewAtMs?: number
  readonly endsAtMs?: number
  /** How long it was to last when it was signed in. */
  readonly fullMs: number
  readonly isRenewable: boolean
}

/** What a lease is bound to. */
interface Bond {
  /** A lease ends with the token that it was made by, whoever renews it. */
  readonly token: Secret
  readonly fullMs: number
}

/** A token is renewed when this share of its life is over: the rest is for trying again. */
const renewShare = 2 / 3
/** What a renewal gives at least of a token's whole life, or the token is replaced. */
const enoughShare = 0.9
/** How soon a renewal that failed is tried again. */
const retryMs = 10_000

export interface VaultSource extends SecretSource {
  /** One call with its token; what it answers. Throws SecretFailure where it refuses. */
  post(path: string, body: JsonObject): Promise<JsonObject>
}

export function createVaultSource(settings: VaultSettings, { send, clock, close }: VaultParts): VaultSource {
  const login = loginOf(settings)
  let session: Session | undefined
  let pending: Promise<Session> | undefined
  const bonds = new WeakMap<Lease, Bond>()

  const call = async (method: 'GET' | 'POST', path: string, token?: Secret, body?: JsonObject) => {
    try {
      const { status, body: text } = await send({
        method,
        url: `${settings.address.replace(/\/$/, '')}/v1/${path}`,
        headers: {
          'x-vault-request': 'true',
          ...(token && { 'x-vault-token': token.reveal() }),
          ...(settings.namespace !== undefined && { 'x-vault-namespace': settings.namespace }),
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      })
      return { status, answer: asObject(parseJson(text)) }
    } catch (cause) {
      throw toFailure(cause, 'Vault')
    }
  }

  const toSession = (token: Secret, seconds: number, isRenewable: boolean, fullMs?: number): Session => {
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

  const signIn = async (): Promise<Session> => {
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

  const currentSession = (): Promise<Session> | Session => {
    const isOver = session?.endsAtMs !== undefined && session.endsAtMs <= clock.monotonicMs()
    if (session && !isOver) return session
    pending ??= signIn()
      .then((made) => (session = made))
      .finally(() => (pending = undefined))
    return pending
  }

  /** A new sign-in; where there can be none now, the old one goes on for as long as it holds. */
  const signInAgain = async (old: Session): Promise<Session> => {
    if (session === old) session = undefined
    try {
      return await currentSession()
    } catch (cause) {
      session ??= old
      throw cause
    }
  }

  /** One call with a token; a token that was taken back is replaced once. */
  const callSigned = async (method: 'GET' | 'POST', path: string, body?: JsonObject) => {
    const used = await currentSession()
    const first = { ...(await call(method, path, used.token, body)), used }
    if (first.status !== 403 || settings.token) return first
    // What its policies forbid to a good token they forbid to the next: each sign-in would leave one behind.
    const { status } = await call('GET', 'auth/token/lookup-self', used.token)
    if (status === 200) return first
    const other = await signInAgain(used)
    return { ...(await call(method, path, other.token, body)), used: other }
  }

  /** It is used for no longer than its token holds. */
  const bind = (lease: Lease, bond: Bond, { endsAtMs }: Session): Lease => {
    const leftMs = endsAtMs === undefined ? Infinity : endsAtMs - clock.monotonicMs()
    const bound = { ...lease, durationMs: Math.min(lease.durationMs, leftMs) }
    bonds.set(bound, bond)
    return bound
  }

  /** A session with more time, where there is any. */
  const renewed = async (old: Session): Promise<Session | 'later'> => {
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
    close,
    async read(name) {
      const { status, answer, used } = await callSigned('GET', name)
      if (status !== 200) throw failureOf(status, `reading ${name}`)
      if (!answer) throw malformed('Vault', `reading ${name}`)
      const { lease, ...material } = toMaterial(answer, name)
      if (!lease) return material
      return { ...material, lease: bind(lease, { token: used.token, fullMs: lease.durationMs }, used) }
    },
    async post(path, body) {
      const { status, answer } = await callSigned('POST', path, body)
      if (status !== 200) throw failureOf(status, `calling ${path}`)
      if (!answer) throw malformed('Vault', `calling ${path}`)
      return answer
    },
    async renew(lease) {
      const bond = bonds.get(lease)
      const { token } = await currentSession()
      if (bond?.token !== token) throw failureOf(404, 'renewing a lease of another token')
      const wish = { lease_id: lease.id, increment: Math.round(bond.fullMs / 1000) }
      const { status, answer, used } = await callSigned('POST', 'sys/leases/renew', wish)
      const more = status === 200 ? leaseOf(answer ?? {}) : undefined
      if (!more) throw failureOf(status, 'renewing a lease')
      return bind(more, bond, used)
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

function loginOf({ approle, kubernetes, jwt }: VaultSettings): { path: string; body: () => JsonObject } {
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

/** KV v2 wraps a secret into `data` beside `metadata`; everything else is the record itself. */
function toMaterial(answer: JsonObject, name: string): Material {
  const data = asObject(answer['data'])
  const isVersioned = asNumber(asObject(data?.['metadata'])?.['version']) !== undefined
  const record = isVersioned ? asObject(data?.['data']) : data
  if (!record) throw failureOf(404, `reading ${name}`)
  const lease = leaseOf(answer)
  const seconds = asNumber(answer['lease_duration']) ?? 0
  return {
    content: new Secret(JSON.stringify(record)),
    // Without a lease the duration is KV v1's advice on when to look again.
    ...(lease ? { lease } : seconds > 0 && { holdsMs: seconds * 1000 }),
  }
}

function leaseOf(answer: JsonObject): Lease | undefined {
  const id = asString(answer['lease_id'])
  const seconds = asNumber(answer['lease_duration'])
  if (!id || seconds === undefined || seconds <= 0) return undefined
  return { id, durationMs: seconds * 1000, isRenewable: answer['renewable'] === true }
}

function failureOf(status: number, act: string): SecretFailure {
  const said = `Vault answered ${status} when ${act}`
  if (status === 404)
    return new SecretFailure('absent', said, 'Check the path; of KV v2 it has `data/` in it.')
  if (status === 400 || status === 401 || status === 403) {
    return new SecretFailure('denied', said, 'Check the sign-in under `secrets.vault`, and its policies.')
  }
  const mend =
    status >= 300 && status < 400
      ? 'Name the active node or a load balancer: redirects are not followed.'
      : 'Look whether it is sealed or overloaded.'
  return new SecretFailure('unavailable', said, mend)
}
