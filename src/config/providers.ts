/** Decides which providers are on: those of the file, else those whose key is in the environment. */

import type { ProviderSettings, Settings } from './schema.ts'
import { type Environment, SecretRef } from './secret-ref.ts'

/** What the configuration needs to know of a type of provider; a row of the provider table has more. */
export interface ProviderType {
  /** Environment variables that usually hold its key, first set one wins. Empty: a key is not needed. */
  readonly env: readonly string[]
  /** Absent: the configuration must name one. `{region}` stands for the region. */
  readonly baseUrl?: string
  /** Present where requests may be signed: environment variables of the settings for it. */
  readonly signingEnv?: Readonly<Record<SigningSetting, readonly string[]>>
}

/** The settings by which requests are signed. */
export const signingSettings = ['region', 'accessKeyId', 'secretAccessKey', 'sessionToken'] as const
export type SigningSetting = (typeof signingSettings)[number]

export interface KnownProviders {
  readonly types: Readonly<Record<string, ProviderType>>
  /** The type that runs inside the gateway: it needs no address, and is on when there is no other. */
  readonly builtIn: string
}

export type ProviderChoice = ProviderSettings & { readonly type: string }

/**
 * The providers by name, with their types filled in and with the usual environment variable as the key where
 * the file names none. A type may be unknown: `checkReferences` tells.
 */
export function chooseProviders(
  declared: Settings['providers'],
  known: KnownProviders,
  env: Environment,
): Readonly<Record<string, ProviderChoice>> {
  if (declared === undefined) return discoverProviders(known, env)
  const choices = Object.entries(declared).map(([name, settings]) => {
    const type = settings.type ?? name
    return [name, withUsual({ ...settings, type }, typeOf(known, type), env)] as const
  })
  return Object.fromEntries(choices)
}

/** The row of a type; undefined for a type that is not known. */
export function typeOf(known: KnownProviders, type: string): ProviderType | undefined {
  return Object.hasOwn(known.types, type) ? known.types[type] : undefined
}

function discoverProviders(known: KnownProviders, env: Environment): Record<string, ProviderChoice> {
  const found: Record<string, ProviderChoice> = {}
  for (const [type, row] of Object.entries(known.types)) {
    // An access key alone is no sign: machines have one for other services. Nor is a key whose address is missing.
    if (row.baseUrl === undefined || !usualRef(row.env, env)) continue
    found[type] = withUsual({ type, allowPrivateNetwork: false, models: [] }, row, env)
  }
  if (Object.keys(found).length > 0) return found
  return { [known.builtIn]: { type: known.builtIn, allowPrivateNetwork: false, models: [] } }
}

/** The settings, with what the environment has where they name neither a key nor an access key. */
function withUsual(
  settings: ProviderChoice,
  row: ProviderType | undefined,
  env: Environment,
): ProviderChoice {
  if (row === undefined) return settings
  const variable = usualName(row.signingEnv?.region ?? [], env)
  const region = settings.region ?? (variable && env[variable]?.trim())
  const placed: ProviderChoice = region === undefined ? settings : { ...settings, region }
  if (settings.apiKey || settings.apiKeys || settings.accessKeyId || settings.secretAccessKey) return placed
  const apiKey = usualRef(row.env, env)
  return apiKey ? { ...placed, apiKey } : { ...placed, ...usualAccessKey(row, env) }
}

function usualAccessKey(
  { signingEnv }: ProviderType,
  env: Environment,
): Pick<ProviderChoice, 'accessKeyId' | 'secretAccessKey' | 'sessionToken'> {
  const accessKeyId = signingEnv && usualRef(signingEnv.accessKeyId, env)
  const secretAccessKey = signingEnv && usualRef(signingEnv.secretAccessKey, env)
  const sessionToken = signingEnv && usualRef(signingEnv.sessionToken, env)
  if (!accessKeyId || !secretAccessKey) return {}
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
}

/** The first of the variables that is set. */
function usualName(variables: readonly string[], env: Environment): string | undefined {
  return variables.find((variable) => env[variable]?.trim())
}

function usualRef(variables: readonly string[], env: Environment): SecretRef | undefined {
  const name = usualName(variables, env)
  return name === undefined ? undefined : new SecretRef({ kind: 'env', name })
}
