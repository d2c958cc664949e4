/** Reads secrets of HashiCorp Vault and OpenBao, and renews their leases. */

import type { Clock } from '../core/clock.ts'
import { asNumber, asObject, asString, type JsonObject } from '../core/json.ts'
import { Secret } from '../core/secret.ts'
import { malformed } from './failure.ts'
import type { Lease, Material, SecretSource, SendRequest } from './port.ts'
import { createVaultCall, failureOf, type VaultPlace } from './vault-call.ts'
import { createVaultSessions, type VaultSession, type VaultSignIn } from './vault-session.ts'

export type VaultSettings = VaultPlace & VaultSignIn

interface VaultParts {
  readonly send: SendRequest
  readonly clock: Clock
  close(): Promise<void>
}

/** What a lease is bound to. */
interface Bond {
  /** A lease ends with the token that it was made by, whoever renews it. */
  readonly token: Secret
  readonly fullMs: number
}

export interface VaultSource extends SecretSource {
  /** One call with its token; what it answers. Throws SecretFailure where it refuses. */
  post(path: string, body: JsonObject): Promise<JsonObject>
}

export function createVaultSource(settings: VaultSettings, { send, clock, close }: VaultParts): VaultSource {
  const sessions = createVaultSessions(settings, createVaultCall(settings, send), clock)
  const bonds = new WeakMap<Lease, Bond>()

  /** It is used for no longer than its token holds. */
  const bind = (lease: Lease, bond: Bond, { endsAtMs }: VaultSession): Lease => {
    const leftMs = endsAtMs === undefined ? Infinity : endsAtMs - clock.monotonicMs()
    const bound = { ...lease, durationMs: Math.min(lease.durationMs, leftMs) }
    bonds.set(bound, bond)
    return bound
  }

  return {
    close,
    async read(name) {
      const { status, answer, used } = await sessions.call('GET', name)
      if (status !== 200) throw failureOf(status, `reading ${name}`)
      if (!answer) throw malformed('Vault', `reading ${name}`)
      const { lease, ...material } = toMaterial(answer, name)
      if (!lease) return material
      return { ...material, lease: bind(lease, { token: used.token, fullMs: lease.durationMs }, used) }
    },
    async post(path, body) {
      const { status, answer } = await sessions.call('POST', path, body)
      if (status !== 200) throw failureOf(status, `calling ${path}`)
      if (!answer) throw malformed('Vault', `calling ${path}`)
      return answer
    },
    async renew(lease) {
      const bond = bonds.get(lease)
      const { token } = await sessions.current()
      if (bond?.token !== token) throw failureOf(404, 'renewing a lease of another token')
      const wish = { lease_id: lease.id, increment: Math.round(bond.fullMs / 1000) }
      const { status, answer, used } = await sessions.call('POST', 'sys/leases/renew', wish)
      const more = status === 200 ? leaseOf(answer ?? {}) : undefined
      if (!more) throw failureOf(status, 'renewing a lease')
      return bind(more, bond, used)
    },
    maintain: () => sessions.maintain(),
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
