/** Decides which providers are on: those of the file, else those whose key is in the environment. */

import type { ProviderSettings, Settings } from './schema.ts'
import { type Environment, SecretRef } from './secret-ref.ts'

/** What the configuration needs to know of a type of provider; a row of the provider table has more. */
export interface ProviderType {
  /** Environment variables that usually hold its key, first set one wins. Empty: a key is not needed. */
  readonly env: readonly string[]
  /** Absent: the configuration must name one. */
  readonly baseUrl?: string
}

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
    const usual = settings.apiKey ?? usualKey(typeOf(known, type), env)
    const choice: ProviderChoice = usual ? { ...settings, type, apiKey: usual } : { ...settings, type }
    return [name, choice] as const
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
    const apiKey = usualKey(row, env)
    if (apiKey) found[type] = { type, apiKey, allowPrivateNetwork: false, models: [] }
  }
  if (Object.keys(found).length > 0) return found
  return { [known.builtIn]: { type: known.builtIn, allowPrivateNetwork: false, models: [] } }
}

function usualKey(row: ProviderType | undefined, env: Environment): SecretRef | undefined {
  const name = row?.env.find((variable) => env[variable]?.trim())
  return name === undefined ? undefined : new SecretRef({ kind: 'env', name })
}
