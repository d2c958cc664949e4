/** Reads secrets of Azure Key Vault. https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret */

import type * as Peer from '@azure/identity'
import type { Clock } from '../core/clock.ts'
import { asNumber, asObject, asString, parseJson } from '../core/json.ts'
import { Secret } from '../core/secret.ts'
import { type BearerToken, createBearer } from './bearer.ts'
import { malformed, SecretFailure, toFailure } from './failure.ts'
import type { SecretSource, SendRequest } from './port.ts'

export interface AzureParts {
  /** In place of `https://{vault}.vault.azure.net`. */
  readonly endpoint?: string
  readonly send: SendRequest
  readonly fetchToken: () => Promise<BearerToken>
  readonly clock: Clock
  close(): Promise<void>
}

export const azureApiVersion = '7.4'
const service = 'Azure Key Vault'
export const azureScope = 'https://vault.azure.net/.default'

export function createAzureSource({ endpoint, send, fetchToken, clock, close }: AzureParts): SecretSource {
  const bearer = createBearer(fetchToken, clock)
  return {
    close,
    async read(reference) {
      const [vault, name, version] = reference.split('/')
      const address = (endpoint ?? `https://${vault}.vault.azure.net`).replace(/\/$/, '')
      const path = version === undefined ? `${name}` : `${name}/${version}`
      const url = `${address}/secrets/${path}?api-version=${azureApiVersion}`
      try {
        const answer = await bearer.call((token) =>
          send({ method: 'GET', url, headers: { authorization: `Bearer ${token.reveal()}` } }),
        )
        if (answer.status !== 200) throw failureOf(answer.status, reference)
        const said = asObject(parseJson(answer.body))
        if (!said) throw malformed(service, `asked for ${reference}`)
        const value = asString(said['value'])
        if (!value) throw failureOf(200, reference)
        return { content: new Secret(value) }
      } catch (cause) {
        throw toFailure(cause, service)
      }
    },
  }
}

function failureOf(status: number, reference: string): SecretFailure {
  const said = `${service} answered ${status} for ${reference}`
  if (status === 404 || status === 200) {
    return new SecretFailure('absent', said, 'Check the vault and the name of the secret.')
  }
  if (status >= 500 || status === 429) {
    return new SecretFailure('unavailable', said, 'Look at the health of the vault and its limits.')
  }
  const mend = 'Grant `Key Vault Secrets User`, and look whether the secret is disabled.'
  return new SecretFailure('denied', said, mend)
}

export interface AzureApplication {
  readonly tenantId: string
  readonly clientId: string
  readonly clientSecret: Secret
  /** `https://login.microsoftonline.com`, or that of another cloud. */
  readonly authority: string
}

/** A token for an application. https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
export function createAzureGrant(
  application: AzureApplication,
  send: SendRequest,
  clock: Clock,
): () => Promise<BearerToken> {
  const { tenantId, clientId, clientSecret, authority } = application
  const url = `${authority.replace(/\/$/, '')}/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`
  return async () => {
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret.reveal(),
      scope: azureScope,
    })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const { status, body } = await send({ method: 'POST', url, headers, body: form.toString() })
    const answer = asObject(parseJson(body))
    const token = status === 200 ? asString(answer?.['access_token']) : undefined
    if (token === undefined) {
      const kind = status >= 500 || status === 429 ? 'unavailable' : 'denied'
      const mend = 'Check `tenantId`, `clientId` and `clientSecret` under `secrets.azure`.'
      throw new SecretFailure(kind, `Azure answered ${status} when signing in`, mend)
    }
    const expiresAtMs = clock.nowMs() + (asNumber(answer?.['expires_in']) ?? 0) * 1000
    return { token: new Secret(token), expiresAtMs }
  }
}

/** A token as Azure's own tools find it: environment, workload identity, managed identity, command line. */
export function createAzureChain(): () => Promise<BearerToken> {
  let credential:
    | { getToken(scope: string): Promise<{ token: string; expiresOnTimestamp: number }> }
    | undefined
  return async () => {
    credential ??= new (await importPeer()).DefaultAzureCredential()
    const { token, expiresOnTimestamp } = await credential.getToken(azureScope).catch((cause: unknown) => {
      const mend = 'Set `clientSecret` under `secrets.azure`, or give the machine an identity.'
      throw new SecretFailure('denied', 'no Azure credentials were found', mend, cause)
    })
    return { token: new Secret(token), expiresAtMs: expiresOnTimestamp }
  }
}

async function importPeer(): Promise<typeof Peer> {
  try {
    return await import('@azure/identity')
  } catch (cause) {
    const mend = 'Run `npm install @azure/identity`, or set `secrets.azure.clientSecret`.'
    throw new SecretFailure(
      'denied',
      'the package that finds Azure credentials is not installed',
      mend,
      cause,
    )
  }
}
