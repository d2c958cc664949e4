/** Reads secrets of HashiCorp Vault and OpenBao: signs in, keeps its token alive, renews leases. https://developer.hashicorp.com/vault/api-docs */

import type { Clock } from '../core/clock.ts'
import { asNumber, asObject, asString, type JsonObject, parseJson } from '../core/json.ts'
import { Secret } from '../core/secret.ts'
import { SecretFailure, toFailure } from './failure.ts'
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
  readonly isRenewable: boolean
}

/** A token is renewed when this share of its life is over: the rest is for trying again. */
const renewShare = 2 / 3
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

  const toSession = (token: Secret, seconds: number, isRenewable: boolean): Session => {
    if (seconds <= 0) return { token, isRenewable: false }
    const nowMs = clock.monotonicMs()
    return {
      token,
      isRenewable,
      renewAtMs: nowMs + seconds * 1000 * renewShare,
      endsAtMs: nowMs + seconds * 1000,
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

  /** One call with a token; a token that was taken back is replaced once. */
  const callSigned = async (method: 'GET' | 'POST', path: string, body?: JsonObject) => {
    const used = await currentSession()
    const first = await call(method, path, used.token, body)
    if (first.status !== 403 || settings.token) return first
    if (session === used) session = undefined
    const renewed = await currentSession()
    return call(method, path, renewed.token, body)
  }

  return {
    close,
    async read(name) {
      const { status, answer } = await callSigned('GET', name)
      if (status !== 200 || !answer) throw failureOf(status, `reading ${name}`)
      return toMaterial(answer, name)
    },
    async post(path, body) {
      const { status, answer } = await callSigned('POST', path, body)
      if (status !== 200 || !answer) throw failureOf(status, `calling ${path}`)
      return answer
    },
    async renew(lease) {
      const increment = Math.round(lease.durationMs / 1000)
      const { status, answer } = await callSigned('POST', 'sys/leases/renew', {
        lease_id: lease.id,
        increment,
      })
      if (status !== 200 || !answer) throw failureOf(status, 'renewing a lease')
      return leaseOf(answer) ?? lease
    },
    async maintain() {
      const { renewAtMs, isRenewable, token } = await currentSession()
      if (renewAtMs === undefined) return undefined
      const leftMs = renewAtMs - clock.monotonicMs()
      if (leftMs > 0) return leftMs
      if (!isRenewable) {
        if (settings.token) return undefined // nothing can be done: its end will be told by the reads
        session = undefined
      } else {
        const { status, answer } = await call('POST', 'auth/token/renew-self', token, {})
        const auth = asObject(answer?.['auth'])
        if (status >= 500) return retryMs
        if (status === 200)
          session = toSession(token, asNumber(auth?.['lease_duration']) ?? 0, auth?.['renewable'] === true)
        else if (settings.token) return retryMs
        else session = undefined
      }
      const next = await currentSession()
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
  if (!id || !seconds) return undefined
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
