/** The services that keep secrets: opened as the configuration names them, read through the egress guard. */

import { createHash, randomBytes } from 'node:crypto'
import {
  type Config,
  type LoadOptions,
  loadConfig,
  type LoadResult,
  type StorePlace,
} from '../config/load.ts'
import type { ReadRemote, RemoteScheme } from '../config/secret-ref.ts'
import type { Clock } from '../core/clock.ts'
import { systemClock } from '../core/clock.ts'
import { asObject, asString, parseJson } from '../core/json.ts'
import { Secret } from '../core/secret.ts'
import { googleGrant } from '../providers/google.ts'
import { type AwsCredentials, signRequest } from '../providers/sigv4.ts'
import type { SecretSource } from '../secrets/port.ts'
import { References, type ReferenceState, type Services } from '../secrets/references.ts'
import {
  type AwsIdentity,
  type AwsParts,
  createAwsChain,
  createParameterSource,
  createSecretsManagerSource,
} from '../secrets/aws.ts'
import { createAzureChain, createAzureGrant, createAzureSource } from '../secrets/azure.ts'
import { createGoogleChain, createGoogleSource } from '../secrets/google.ts'
import { createVaultSource, type VaultSource } from '../secrets/vault.ts'
import type { HealthChange } from '../routing/health.ts'
import type { Log } from '../telemetry/log.ts'
import { openStoredSource } from './stored-secrets.ts'
import { createExchanger, type Exchanger } from '../upstream/exchange.ts'

type SecretSettings = Config['secrets']

export interface RunningSecrets {
  /** For `LoadOptions`. */
  readonly openReferences: (settings: SecretSettings, place: StorePlace) => ReadRemote
  /** The configuration that was loaded last is in force. */
  adopt(): void
  /** Reads secrets again in time, and reloads where one has changed. */
  start(parts: StartParts): void
  /** A provider that refuses a credential may have a new one. */
  onHealthChange(change: HealthChange): void
  /** Reads what is due now. */
  tick(): Promise<void>
  /** Reads all again now. */
  refresh(): void
  states(): readonly ReferenceState[]
  close(): Promise<void>
}

interface StartParts {
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>
  reload(): void
  setReady(isReady: boolean): void
}

export interface SecretsOptions {
  /**
   * A secret that is not stored yet is replaced by a random one: a command that is to store it needs the rest of the
   * configuration.
   */
  readonly toleratesUnstored?: boolean
}

export function createSecrets(clock: Clock, options: SecretsOptions = {}): RunningSecrets {
  let log: StartParts['log'] | undefined
  const references = new References({
    clock,
    onFailure: (reference, { kind, message }) =>
      log?.warn({ reference, kind, fault: message }, 'a secret could not be read'),
  })
  return {
    openReferences(settings, place) {
      const read = references.reader(servicesOf(settings, place, clock))
      if (!options.toleratesUnstored) return read
      return async (ref) => {
        const outcome = await read(ref)
        if (ref.scheme !== 'stored' || outcome instanceof Secret) return outcome
        return new Secret(randomBytes(32).toString('hex'))
      }
    },
    refresh: () => void references.refreshAll(),
    adopt: () => void references.adopt(),
    start(parts) {
      log = parts.log
      references.start(
        () => {
          parts.log.info('a secret has changed')
          parts.reload()
        },
        (isStale) => {
          if (isStale) parts.log.error('a secret could not be read for an hour: readiness is off')
          parts.setReady(!isStale)
        },
      )
    },
    onHealthChange({ code }) {
      if (code === 'upstream_auth') void references.refreshAll()
    },
    tick: () => references.tick(),
    states: () => references.states(),
    close: () => references.close(),
  }
}

/** Loads the configuration for a command that starts no gateway. */
export async function loadConfigOnce(options: LoadOptions): Promise<LoadResult> {
  const secrets = createSecrets(systemClock)
  try {
    return await loadConfig({ ...options, openReferences: secrets.openReferences })
  } finally {
    await secrets.close()
  }
}

function servicesOf(settings: SecretSettings, place: StorePlace, clock: Clock): Services {
  return {
    fingerprint: fingerprintOf(settings),
    ttlMs: settings.ttlSeconds * 1000,
    open: (scheme) => openService(scheme, settings, { place, clock }),
  }
}

function openService(
  scheme: RemoteScheme,
  settings: SecretSettings,
  { place, clock }: { readonly place: StorePlace; readonly clock: Clock },
): SecretSource | undefined {
  switch (scheme) {
    case 'vault':
      return openVault(settings, clock)
    case 'stored': {
      const { stored } = settings
      const vault = stored?.transit && openVault(settings, clock)
      return stored && openStoredSource(place, { settings: stored, clock, vault })
    }
    case 'aws-sm':
      return settings.aws && createSecretsManagerSource(awsParts(settings.aws, clock))
    case 'aws-ssm':
      return settings.aws && createParameterSource(awsParts(settings.aws, clock))
    case 'gcp-sm':
      return settings.google && openGoogle(settings.google, clock)
    case 'azure-kv':
      return settings.azure && openAzure(settings.azure, clock)
  }
}

type ServiceSettings<Name extends keyof SecretSettings> = NonNullable<SecretSettings[Name]>

export function openVault({ vault }: SecretSettings, clock: Clock): VaultSource | undefined {
  if (!vault) return undefined
  const { exchange, close } = exchangerFor([vault.address], vault.allowPrivateNetwork, vault.ca)
  return createVaultSource(vault, { send: exchange, clock, close })
}

function awsParts(aws: ServiceSettings<'aws'>, clock: Clock): AwsParts {
  const { region, endpoint, allowPrivateNetwork, accessKeyId, secretAccessKey, sessionToken } = aws
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

function openGoogle(google: ServiceSettings<'google'>, clock: Clock): SecretSource {
  const { credentials, endpoint, allowPrivateNetwork } = google
  const grant = credentials && googleGrant(credentials)
  const tokenUrl = grant && asString(asObject(parseJson(credentials.reveal()))?.['token_uri'])
  const { exchange, close } = exchangerFor([endpoint, tokenUrl], allowPrivateNetwork)
  const fetchToken =
    grant === undefined
      ? createGoogleChain(clock)
      : async () => {
          const { url, form } = grant.request(clock.nowMs())
          const headers = { 'content-type': 'application/x-www-form-urlencoded' }
          const answer = await exchange({ method: 'POST', url, headers, body: form })
          return grant.read(answer.status, answer.body, clock.nowMs())
        }
  return createGoogleSource({
    send: exchange,
    fetchToken,
    clock,
    close,
    ...(endpoint !== undefined && { endpoint }),
  })
}

function openAzure(azure: ServiceSettings<'azure'>, clock: Clock): SecretSource {
  const { tenantId, clientId, clientSecret, authority, endpoint, allowPrivateNetwork } = azure
  const { exchange, close } = exchangerFor([endpoint, authority], allowPrivateNetwork)
  const fetchToken =
    tenantId !== undefined && clientId !== undefined && clientSecret
      ? createAzureGrant({ tenantId, clientId, clientSecret, authority }, exchange, clock)
      : createAzureChain()
  return createAzureSource({
    send: exchange,
    fetchToken,
    clock,
    close,
    ...(endpoint !== undefined && { endpoint }),
  })
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

/** Of the settings with their secrets: a new token is a new sign-in. A hash, so that no secret is kept in a key. */
function fingerprintOf(settings: SecretSettings): string {
  const text = JSON.stringify(settings, (_, value: unknown) => reveal(value))
  return createHash('sha256').update(text).digest('base64')
}

function reveal(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const open = (member: unknown): unknown => (member instanceof Secret ? member.reveal() : member)
  if (Array.isArray(value)) return value.map(open)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, open(member)]))
}
