/** The services that keep secrets: opened as the configuration names them, read through the egress guard. */

import { createHash, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import type { AuditLog } from '../audit/log.ts'
import { type LoadOptions, loadConfig, type LoadResult, type StorePlace } from '../config/load.ts'
import { formatPath } from '../config/fault.ts'
import {
  formatSecretRef,
  type ReadRemote,
  type ReferenceRead,
  type RemoteScheme,
} from '../config/secret-ref.ts'
import type { Clock } from '../core/clock.ts'
import { systemClock } from '../core/clock.ts'
import { Secret } from '../core/secret.ts'
import type { SecretSource } from '../secrets/port.ts'
import { References, type ReferenceState, type Services } from '../secrets/references.ts'
import { createParameterSource, createSecretsManagerSource } from '../secrets/aws.ts'
import { createAzureSource } from '../secrets/azure.ts'
import { createGoogleSource } from '../secrets/google.ts'
import { SecretUseLog } from '../secrets/use-log.ts'
import type { HealthChange } from '../routing/health.ts'
import type { Log } from '../telemetry/log.ts'
import { openKeyWraps } from './key-wraps.ts'
import { awsParts, azureParts, googleParts, openVault, type SecretSettings } from './secret-services.ts'
import { openStoredSource } from './stored-secrets.ts'

export interface RunningSecrets {
  /** Loads the configuration with the services that it names. */
  load(options: Omit<LoadOptions, 'openReferences' | 'onReference'>): Promise<LoadResult>
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
  /** Tells the audit what it has not been told yet. */
  closeUses(): Promise<void>
  close(): Promise<void>
}

interface StartParts {
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>
  /** Is told what secrets were used for. */
  readonly audit: AuditLog
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
  const uses = new SecretUseLog()
  const references = new References({
    clock,
    onRead: (reference, hasChanged) => uses.read(reference, hasChanged),
    onFailure(reference, failure) {
      const { kind, message } = failure
      log?.warn({ reference, kind, fault: message }, 'a secret could not be read')
      uses.failed(reference, failure)
    },
  })
  const openReferences: RunningSecrets['openReferences'] = (settings, place) => {
    const read = references.reader(servicesOf(settings, place, clock))
    if (!options.toleratesUnstored) return read
    return async (ref) => {
      const outcome = await read(ref)
      if (ref.scheme !== 'stored' || outcome instanceof Secret) return outcome
      return new Secret(randomBytes(32).toString('hex'))
    }
  }
  let named: ReadonlyMap<string, string> = new Map()
  /** By provider, what its credentials come from; without the field, as several fields are read at once. */
  let ofProviders: ReadonlyMap<string, ReadonlySet<string>> = new Map()
  return {
    async load(from) {
      const reads: ReferenceRead[] = []
      const loaded = await loadConfig({ ...from, openReferences, onReference: (read) => reads.push(read) })
      if (!loaded.ok) return loaded
      named = new Map(reads.map(({ path, ref }) => [formatPath(path), formatSecretRef(ref)]))
      ofProviders = referencesOfProviders(reads)
      return loaded
    },
    openReferences,
    refresh: () => void references.refreshAll(),
    adopt() {
      uses.loaded(named)
      void references.adopt()
    },
    start(parts) {
      log = parts.log
      uses.start({
        clock,
        tell: async (use) => void (await parts.audit.record({ org: 'default', actor: 'gateway', ...use })),
        onTrouble: (cause) =>
          parts.log.warn({ cause: inspect(cause) }, 'the use of secrets is not in the audit yet'),
      })
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
    onHealthChange({ code, provider }) {
      const refused = code === 'upstream_auth' ? ofProviders.get(provider) : undefined
      if (refused) void references.refuse(refused)
    },
    tick: () => references.tick(),
    states: () => references.states(),
    closeUses: () => uses.close(),
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

function referencesOfProviders(reads: readonly ReferenceRead[]): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>()
  for (const { path, ref } of reads) {
    const [section, provider] = path
    const { source } = ref
    if (section !== 'providers' || source.kind !== 'remote') continue
    const known = found.get(String(provider)) ?? new Set()
    found.set(String(provider), known.add(`${source.scheme}:${source.name}`))
  }
  return found
}

function servicesOf(settings: SecretSettings, place: StorePlace, clock: Clock): Services {
  return {
    fingerprint: hashOf(JSON.stringify(settings, (_, value: unknown) => reveal(value))),
    place: hashOf(JSON.stringify(settings)), // a secret in it is no more than its mask
    ttlMs: settings.ttlSeconds * 1000,
    open: (scheme) => openService(scheme, settings, { place, clock }),
  }
}

function openService(
  scheme: RemoteScheme,
  settings: SecretSettings,
  { place, clock }: { readonly place: StorePlace; readonly clock: Clock },
): SecretSource | undefined {
  const { aws, google, azure } = settings
  switch (scheme) {
    case 'vault':
      return openVault(settings, clock)
    case 'stored': {
      const keyWraps = openKeyWraps(settings, clock)
      return keyWraps && openStoredSource(place, keyWraps, clock)
    }
    case 'aws-sm':
      return aws && createSecretsManagerSource(awsParts(aws, clock, aws.endpoint))
    case 'aws-ssm':
      return aws && createParameterSource(awsParts(aws, clock, aws.endpoint))
    case 'gcp-sm':
      return google && createGoogleSource(googleParts(google, clock, google.endpoint))
    case 'azure-kv':
      return azure && createAzureSource(azureParts(azure, clock, azure.endpoint))
  }
}

/** A hash, so that no secret is kept in a key: the settings are told apart by their secrets too. */
function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}

function reveal(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const open = (member: unknown): unknown => (member instanceof Secret ? member.reveal() : member)
  if (Array.isArray(value)) return value.map(open)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, open(member)]))
}
