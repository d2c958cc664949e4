/** Reads secrets of Google Secret Manager. https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/access */

import type * as Peer from 'google-auth-library'
import type { Clock } from '../core/clock.ts'
import { asObject, asString, parseJson } from '../core/json.ts'
import { Secret } from '../core/secret.ts'
import { type BearerToken, createBearer } from './bearer.ts'
import { malformed, SecretFailure, toFailure } from './failure.ts'
import type { SecretSource, SendRequest } from './port.ts'

export interface GoogleParts {
  /** In place of the service's usual address. */
  readonly endpoint?: string
  readonly send: SendRequest
  readonly fetchToken: () => Promise<BearerToken>
  readonly clock: Clock
  close(): Promise<void>
}

const usualAddress = 'https://secretmanager.googleapis.com'

export function createGoogleSource({ endpoint, send, fetchToken, clock, close }: GoogleParts): SecretSource {
  const bearer = createBearer(fetchToken, clock)
  return {
    close,
    async read(name) {
      const version = name.includes('/versions/') ? name : `${name}/versions/latest`
      const url = `${(endpoint ?? addressOf(name)).replace(/\/$/, '')}/v1/${version}:access`
      try {
        const answer = await bearer.call((token) =>
          send({ method: 'GET', url, headers: { authorization: `Bearer ${token.reveal()}` } }),
        )
        if (answer.status !== 200) throw failureOf(answer.status, name)
        const said = asObject(parseJson(answer.body))
        if (!said) throw malformed('Google Secret Manager', `asked for ${name}`)
        const payload = asObject(said['payload'])
        const data = asString(payload?.['data'])
        if (!data) throw failureOf(200, name)
        const bytes = Buffer.from(data, 'base64')
        const checksum = asString(payload?.['dataCrc32c'])
        if (checksum !== undefined && checksum !== String(crc32c(bytes))) {
          const said = `Google Secret Manager sent ${name} with a wrong checksum`
          throw new SecretFailure('unavailable', said, 'Look for what changes answers on the way.')
        }
        return { content: new Secret(bytes.toString('utf8')) }
      } catch (cause) {
        throw toFailure(cause, 'Google Secret Manager')
      }
    },
  }
}

/** A regional secret lives at an address of its own. */
function addressOf(name: string): string {
  const location = /\/locations\/([\w-]+)\//.exec(name)?.[1]
  return location === undefined ? usualAddress : `https://secretmanager.${location}.rep.googleapis.com`
}

function failureOf(status: number, name: string): SecretFailure {
  const said = `Google Secret Manager answered ${status} for ${name}`
  if (status === 404 || status === 200) {
    return new SecretFailure('absent', said, 'Check the project, the name and that a version exists.')
  }
  if (status >= 500 || status === 429) {
    return new SecretFailure('unavailable', said, 'Look at the health of the service and its quotas.')
  }
  const mend = 'Grant `roles/secretmanager.secretAccessor`, and look whether the version is disabled.'
  return new SecretFailure('denied', said, mend)
}

/** CRC-32C (Castagnoli), reflected: RFC 3720, appendix B.4. Secrets are small: bit by bit will do. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}

/** Google's tokens live for an hour; the package renews its own sooner. */
const tokenMs = 600_000

/** A token as Google's own tools find it: application default credentials, workload identity, metadata. */
export function createGoogleChain(clock: Clock): () => Promise<BearerToken> {
  let auth: { getAccessToken(): Promise<string | null | undefined> } | undefined
  return async () => {
    auth ??= new (await importPeer()).GoogleAuth({ scopes: 'https://www.googleapis.com/auth/cloud-platform' })
    const token = await auth.getAccessToken().catch((cause: unknown) => {
      const mend = 'Set `credentials` under `secrets.google`, or give the machine a service account.'
      throw new SecretFailure('denied', 'no Google credentials were found', mend, cause)
    })
    return { token: new Secret(token ?? ''), expiresAtMs: clock.nowMs() + tokenMs }
  }
}

async function importPeer(): Promise<typeof Peer> {
  try {
    return await import('google-auth-library')
  } catch (cause) {
    const mend = 'Run `npm install google-auth-library`, or set `secrets.google.credentials`.'
    throw new SecretFailure(
      'denied',
      'the package that finds Google credentials is not installed',
      mend,
      cause,
    )
  }
}
