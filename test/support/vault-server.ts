/** A server that speaks the HTTP API of Vault and OpenBao on loopback: sign-in, tokens that end, KV 1 and 2, leases, namespaces. */

import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  type KeyObject,
  randomBytes,
  randomUUID,
  verify,
} from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { asObject, asString, type JsonObject, parseJson } from '../../src/core/json.ts'
import type { Lifetime } from './stack.ts'

export interface VaultClock {
  nowMs: number
}

export interface VaultToken {
  endsAtMs: number
  /** No renewal goes beyond it. */
  readonly longestUntilMs?: number
  readonly ttlSeconds: number
  readonly isRenewable: boolean
}

export interface VaultLease {
  endsAtMs: number
  renewals: number
  /** It ends with the token that it was made by. */
  readonly token: string
}

export interface VaultServer {
  readonly url: string
  /** By the path of the API, `kv/...` (version 1) or `secret/data/...` (version 2). */
  readonly secrets: Map<string, JsonObject>
  readonly tokens: Map<string, VaultToken>
  /** Method and path of each request that was answered. */
  readonly calls: string[]
  /** In the order in which they were made. */
  readonly leases: Map<string, VaultLease>
  /** Paths that no policy allows. */
  readonly forbidden: Set<string>
  /** `sealed`: 503 to everything; `gone`: connections are cut; `page`: 200 with a page of somebody else. */
  state: 'open' | 'sealed' | 'gone' | 'page'
}

export interface VaultOptions {
  readonly clock: VaultClock
  readonly namespace?: string
  readonly approle?: { readonly roleId: string; readonly secretId: string }
  /** Of the issuer whose tokens `jwt` and `kubernetes` accept (RS256). */
  readonly jwtKey?: KeyObject
  readonly tokenTtlSeconds?: number
  /** The longest life of a token, however often it is renewed. */
  readonly tokenMaxSeconds?: number
}

type Reply = readonly [status: number, body: JsonObject]

const denied: Reply = [403, { errors: ['permission denied'] }]
const absent: Reply = [404, { errors: [] }]
const leaseSeconds = 60
/** Of `database/creds/long`. */
const longLeaseSeconds = 3600
/** A lease is renewed this often; then its longest life is reached. */
const maxRenewals = 2

export async function startVaultServer(t: Lifetime, options: VaultOptions): Promise<VaultServer> {
  const { clock, tokenTtlSeconds = 120, tokenMaxSeconds = Infinity } = options
  const tokens = new Map<string, VaultToken>()
  const secrets = new Map<string, JsonObject>()
  const leases: VaultServer['leases'] = new Map()
  const calls: string[] = []
  const transitKey = randomBytes(32)
  const versions = new Map<string, { seen: JsonObject; version: number }>()

  function issueToken(): Reply {
    const token = `hvs.${randomUUID()}`
    tokens.set(token, {
      endsAtMs: clock.nowMs + tokenTtlSeconds * 1000,
      longestUntilMs: clock.nowMs + tokenMaxSeconds * 1000,
      ttlSeconds: tokenTtlSeconds,
      isRenewable: true,
    })
    return [200, { auth: { client_token: token, lease_duration: tokenTtlSeconds, renewable: true } }]
  }

  function login(path: string, body: JsonObject): Reply {
    if (path === 'auth/approle/login') {
      const { roleId, secretId } = options.approle ?? {}
      const isKnown = roleId !== undefined && body['role_id'] === roleId && body['secret_id'] === secretId
      return isKnown ? issueToken() : [400, { errors: ['invalid role or secret ID'] }]
    }
    const isSigned = options.jwtKey !== undefined && isValidJwt(asString(body['jwt']), options.jwtKey)
    return body['role'] === 'weir' && isSigned ? issueToken() : [400, { errors: ['error validating token'] }]
  }

  function readSecret(path: string, token: string): Reply {
    const record = secrets.get(path)
    if (path.startsWith('database/creds/')) {
      const id = `${path}/${randomUUID()}`
      const seconds = path.endsWith('/long') ? longLeaseSeconds : leaseSeconds
      leases.set(id, { endsAtMs: clock.nowMs + seconds * 1000, renewals: 0, token })
      const data = { username: `u-${leases.size}`, password: `p-${leases.size}` }
      return [200, { lease_id: id, lease_duration: seconds, renewable: true, data }]
    }
    if (!record) return absent
    if (!/^[\w-]+\/data\//.test(path)) {
      return [200, { lease_id: '', lease_duration: 2_764_800, renewable: false, data: record }]
    }
    const last = versions.get(path)
    const version = last?.seen === record ? last.version : (last?.version ?? 0) + 1
    versions.set(path, { seen: record, version })
    const metadata = { version, created_time: '2026-01-01T00:00:00Z', deletion_time: '', destroyed: false }
    return [200, { lease_id: '', lease_duration: 0, renewable: false, data: { data: record, metadata } }]
  }

  function renewLease(body: JsonObject): Reply {
    const id = asString(body['lease_id']) ?? ''
    const lease = leases.get(id)
    const holds =
      lease && lease.endsAtMs > clock.nowMs && (tokens.get(lease.token)?.endsAtMs ?? 0) > clock.nowMs
    if (!holds) return [400, { errors: ['lease not found'] }]
    const isLong = id.startsWith('database/creds/long/')
    const seconds = isLong ? longLeaseSeconds : lease.renewals < maxRenewals ? leaseSeconds : 5
    lease.renewals++
    lease.endsAtMs = clock.nowMs + seconds * 1000
    return [200, { lease_id: id, lease_duration: seconds, renewable: true }]
  }

  /** AES-GCM with the associated data that came along, as `aes256-gcm96` keys work. */
  function useTransit(path: string, body: JsonObject): Reply {
    const aad = Buffer.from(asString(body['associated_data']) ?? '', 'base64')
    if (path === 'transit/encrypt/weir') {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', transitKey, nonce).setAAD(aad)
      const sealed = [cipher.update(Buffer.from(asString(body['plaintext'])!, 'base64')), cipher.final()]
      const bytes = Buffer.concat([nonce, cipher.getAuthTag(), ...sealed])
      return [200, { data: { ciphertext: `vault:v1:${bytes.toString('base64')}`, key_version: 1 } }]
    }
    if (path !== 'transit/decrypt/weir') return [400, { errors: ['encryption key not found'] }]
    const bytes = Buffer.from(asString(body['ciphertext'])!.replace('vault:v1:', ''), 'base64')
    const decipher = createDecipheriv('aes-256-gcm', transitKey, bytes.subarray(0, 12)).setAAD(aad)
    decipher.setAuthTag(bytes.subarray(12, 28))
    try {
      const plain = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()])
      return [200, { data: { plaintext: plain.toString('base64') } }]
    } catch {
      return [400, { errors: ['cipher: message authentication failed'] }]
    }
  }

  async function answer(request: IncomingMessage): Promise<Reply> {
    const path = (request.url ?? '').replace(/^\/v1\//, '')
    const body = asObject(parseJson(await text(request))) ?? {}
    calls.push(`${request.method} ${path}`)
    if (request.headers['x-vault-request'] !== 'true') return [400, { errors: ['missing X-Vault-Request'] }]
    if (options.namespace !== undefined && request.headers['x-vault-namespace'] !== options.namespace) {
      return denied
    }
    if (/^auth\/[\w-]+\/login$/.test(path)) return login(path, body)
    const name = String(request.headers['x-vault-token'])
    const token = tokens.get(name)
    if (!token || token.endsAtMs <= clock.nowMs) return denied
    if (path === 'auth/token/lookup-self') {
      const ttl = token.endsAtMs === Infinity ? 0 : Math.round((token.endsAtMs - clock.nowMs) / 1000)
      return [200, { data: { ttl, renewable: token.isRenewable } }]
    }
    if (path === 'auth/token/renew-self') {
      if (!token.isRenewable) return [400, { errors: ['lease is not renewable'] }]
      token.endsAtMs = Math.min(clock.nowMs + token.ttlSeconds * 1000, token.longestUntilMs ?? Infinity)
      const seconds = Math.floor((token.endsAtMs - clock.nowMs) / 1000)
      return [200, { auth: { client_token: '', lease_duration: seconds, renewable: true } }]
    }
    if (vault.forbidden.has(path)) return denied
    if (path === 'sys/leases/renew') return renewLease(body)
    if (path.startsWith('transit/')) return useTransit(path, body)
    return request.method === 'GET' ? readSecret(path, name) : [405, { errors: ['unsupported operation'] }]
  }

  const server = createServer((request, response) => {
    if (vault.state === 'gone') return void request.socket.destroy()
    if (vault.state === 'page') return void response.end('<html>Sign in to the network</html>')
    const reply: Promise<Reply> =
      vault.state === 'sealed' ? Promise.resolve([503, { errors: ['Vault is sealed'] }]) : answer(request)
    void reply.then(([status, body]) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const vault: VaultServer = { url, secrets, tokens, calls, leases, forbidden: new Set(), state: 'open' }
  return vault
}

function isValidJwt(jwt: string | undefined, key: KeyObject): boolean {
  const [head, payload, signature] = jwt?.split('.') ?? []
  if (head === undefined || payload === undefined || signature === undefined) return false
  const isSigned = verify(
    'sha256',
    Buffer.from(`${head}.${payload}`),
    key.type === 'private' ? createPublicKey(key) : key,
    Buffer.from(signature, 'base64url'),
  )
  const claims = asObject(parseJson(Buffer.from(payload, 'base64url').toString()))
  return isSigned && Number(claims?.['exp']) * 1000 > Date.now()
}
