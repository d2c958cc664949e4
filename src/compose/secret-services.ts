/** The ways to the services that keep secrets and keys: who signs in there, and through which guarded exchanger. */

import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import { asObject, asString, parseJson } from '../core/json.ts'
import { Secret } from '../core/secret.ts'
import { googleGrant } from '../providers/google.ts'
import { type AwsCredentials, signRequest } from '../providers/sigv4.ts'
import { type AwsIdentity, type AwsParts, createAwsChain } from '../secrets/aws.ts'
import { type AzureParts, createAzureChain, createAzureGrant } from '../secrets/azure.ts'
import { SecretFailure } from '../secrets/failure.ts'
import { createGoogleChain, type GoogleParts } from '../secrets/google.ts'
import { createVaultSource, type VaultSource } from '../secrets/vault.ts'
import { createExchanger, type Exchanger } from '../upstream/exchange.ts'

export type SecretSettings = Config['secrets']

type Section<Name extends keyof SecretSettings> = NonNullable<SecretSettings[Name]>

export function openVault({ vault }: SecretSettings, clock: Clock): VaultSource | undefined {
  if (!vault) return undefined
  const { exchange, close } = exchangerFor([vault.address], vault.allowPrivateNetwork, vault.ca)
  return createVaultSource(vault, { send: exchange, clock, close })
}

/** `endpoint`: of the service that is meant, in place of its usual address. So for the others. */
export function awsParts(aws: Section<'aws'>, clock: Clock, endpoint: string | undefined): AwsParts {
  const { region, allowPrivateNetwork, accessKeyId, secretAccessKey, sessionToken } = aws
  const { exchange, close } = exchangerFor([endpoint], allowPrivateNetwork)
  const chain = createAwsChain()
  const identity =
    accessKeyId && secretAccessKey
      ? { accessKeyId: accessKeyId.reveal(), secretAccessKey, ...(sessionToken && { sessionToken }) }
      : undefined
  return {
    region,
    send: exchange,
    close,
    async sign(request) {
      const credentials = identity ?? toAwsCredentials(await chain())
      return signRequest({ ...request, method: 'POST', credentials, nowMs: clock.nowMs() })
    },
    ...(endpoint !== undefined && { endpoint }),
  }
}

function toAwsCredentials({ accessKeyId, secretAccessKey, sessionToken }: AwsIdentity): AwsCredentials {
  return {
    accessKeyId,
    secretAccessKey: new Secret(secretAccessKey),
    ...(sessionToken !== undefined && { sessionToken: new Secret(sessionToken) }),
  }
}

export function googleParts(
  { credentials, allowPrivateNetwork }: Section<'google'>,
  clock: Clock,
  endpoint: string | undefined,
): GoogleParts {
  const grant = credentials && googleGrant(credentials)
  const tokenUrl = grant && asString(asObject(parseJson(credentials.reveal()))?.['token_uri'])
  const { exchange, close } = exchangerFor([endpoint, tokenUrl], allowPrivateNetwork)
  const fetchToken =
    grant === undefined
      ? createGoogleChain(clock)
      : async () => {
          const { url, form } = grant.request(clock.nowMs())
          if (!allowPrivateNetwork && !url.startsWith('https:')) throw unencrypted()
          const headers = { 'content-type': 'application/x-www-form-urlencoded' }
          const answer = await exchange({ method: 'POST', url, headers, body: form })
          return grant.read(answer.status, answer.body, clock.nowMs())
        }
  return { send: exchange, fetchToken, clock, close, ...(endpoint !== undefined && { endpoint }) }
}

function unencrypted(): SecretFailure {
  const mend = 'Look at `token_uri` in the key of the service account.'
  return new SecretFailure('denied', 'the address that gives Google access tokens is not encrypted', mend)
}

export function azureParts(
  { tenantId, clientId, clientSecret, authority, allowPrivateNetwork }: Section<'azure'>,
  clock: Clock,
  endpoint: string | undefined,
): AzureParts {
  const { exchange, close } = exchangerFor([endpoint, authority], allowPrivateNetwork)
  const fetchToken =
    tenantId !== undefined && clientId !== undefined && clientSecret
      ? createAzureGrant({ tenantId, clientId, clientSecret, authority }, exchange, clock)
      : createAzureChain()
  return { send: exchange, fetchToken, clock, close, ...(endpoint !== undefined && { endpoint }) }
}

/** Beside the usual ports, those of the addresses that the operator wrote. */
function exchangerFor(
  addresses: readonly (string | undefined)[],
  allowPrivateNetwork: boolean,
  ca?: Secret,
): Exchanger {
  const allowedPorts = addresses.flatMap((address) => {
    const port = address === undefined ? '' : (URL.parse(address)?.port ?? '')
    return port === '' ? [] : [Number(port)]
  })
  return createExchanger({ allowPrivateNetwork, allowedPorts }, ca?.reveal())
}
