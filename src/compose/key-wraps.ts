/** The keys that data keys are encrypted with, as the configuration names them: of references, and of services that keep theirs. */

import type { Clock } from '../core/clock.ts'
import type { Secret } from '../core/secret.ts'
import { createAwsKmsWrap } from '../secrets/aws-kms.ts'
import { createAzureKeyWrap } from '../secrets/azure-key.ts'
import { createGoogleKmsWrap } from '../secrets/google-kms.ts'
import { createLocalWrap, createTransitWrap, type KeyWrap } from '../secrets/key-wrap.ts'
import { seal, unseal } from '../stored/seal.ts'
import { awsParts, azureParts, googleParts, openVault, type SecretSettings } from './secret-services.ts'

type StoredSettings = NonNullable<SecretSettings['stored']>
type ServiceKeys = StoredSettings['previousServiceKeys'][number]

export interface KeyWraps {
  /** The one in force first; the others only unwrap what they wrapped before. */
  readonly wraps: readonly [KeyWrap, ...KeyWrap[]]
  close(): Promise<void>
}

const sealing = { seal, unseal }

/** Undefined where no key for stored things is configured. */
export function openKeyWraps(settings: SecretSettings, clock: Clock): KeyWraps | undefined {
  const { stored } = settings
  if (!stored) return undefined
  const closers: (() => Promise<void>)[] = []
  const { key, previousKeys, previousServiceKeys } = stored
  const local = [...(key ? [key] : []), ...previousKeys].map((secret: Secret) =>
    createLocalWrap(secret, sealing),
  )
  const remote = [stored, ...previousServiceKeys].flatMap((keys) =>
    openServiceKeys(keys, settings, clock, closers),
  )
  // One that is in force is the first of its kind, and there is one: the schema has made sure.
  const [first, ...others] = key ? [...local, ...remote] : [...remote, ...local]
  return {
    wraps: [first!, ...others],
    close: async () => void (await Promise.all(closers.map((close) => close()))),
  }
}

function openServiceKeys(
  { transit, awsKms, googleKms, azureKey }: ServiceKeys,
  settings: SecretSettings,
  clock: Clock,
  closers: (() => Promise<void>)[],
): KeyWrap[] {
  const closing = <Part extends { close(): Promise<void> }>(part: Part): Part => {
    closers.push(() => part.close())
    return part
  }
  const { aws, google, azure } = settings
  const opened = transit && openVault(settings, clock)
  const vault = opened && closing(opened)
  return [
    ...(transit && vault ? [createTransitWrap(transit, (path, body) => vault.post(path, body))] : []),
    ...(awsKms && aws ? [createAwsKmsWrap(awsKms.key, closing(awsParts(aws, clock, awsKms.endpoint)))] : []),
    ...(googleKms && google
      ? [createGoogleKmsWrap(googleKms.key, closing(googleParts(google, clock, googleKms.endpoint)))]
      : []),
    ...(azureKey && azure
      ? [createAzureKeyWrap(azureKey, closing(azureParts(azure, clock, azureKey.endpoint)), sealing)]
      : []),
  ]
}
