/** Compiles the configuration's providers and routes into the table that plans are made from. */

import type { Config } from '../config/load.ts'
import { createProvider, type Provider, type ProviderSettings } from '../providers/provider.ts'
import { builtInProvider, type ProviderType, providerTable } from '../providers/table.ts'
import { type Route, type RoutingTable, targetOf } from './plan.ts'

/** `builtInUrl` is where the built-in provider listens, which only the running gateway knows. */
export function createRoutingTable(config: Config, builtInUrl: string | undefined): RoutingTable {
  const providers = new Map(
    Object.entries(config.providers).map(([name, settings]) => [
      name,
      toProvider(name, settings, builtInUrl),
    ]),
  )
  return { providers, routes: toRoutes(config, providers) }
}

function toProvider(
  name: string,
  settings: Config['providers'][string],
  builtInUrl: string | undefined,
): Provider {
  const { type, apiKey, baseUrl, region, headers, dialect, allowPrivateNetwork, timeout, models } = settings
  const signing = signingOf(settings)
  const isBuiltIn = type === builtInProvider
  const address = isBuiltIn ? builtInUrl : baseUrl
  const plainHeaders =
    headers && Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, value.reveal()]))
  return createProvider(name, providerTable[type as ProviderType], {
    allowPrivateNetwork: isBuiltIn || allowPrivateNetwork,
    models,
    ...(address !== undefined && { baseUrl: address }),
    ...(apiKey && { credential: apiKey }),
    ...(region !== undefined && { region }),
    ...(signing && { signing }),
    ...(plainHeaders && { headers: plainHeaders }),
    ...(dialect && { dialect }),
    ...(timeout && { timeouts: timeout }),
  })
}

/** A key that can be sent needs no signature beside it. */
function signingOf(settings: Config['providers'][string]): ProviderSettings['signing'] {
  const { apiKey, region, accessKeyId, secretAccessKey, sessionToken } = settings
  if (apiKey || region === undefined || !accessKeyId || !secretAccessKey) return undefined
  const session = sessionToken && { sessionToken }
  return { region, credentials: { accessKeyId: accessKeyId.reveal(), secretAccessKey, ...session } }
}

function toRoutes(config: Config, providers: RoutingTable['providers']): Map<string, Route> {
  return new Map(
    Object.entries(config.routes).map(([name, { targets, retry }]) => [
      name,
      {
        name,
        maxAttempts: retry.attempts,
        targets: targets.map(({ target, timeout }) => {
          const slash = target.indexOf('/')
          const provider = providers.get(target.slice(0, slash))!
          const base = targetOf(provider, target.slice(slash + 1))
          return timeout ? { ...base, timeouts: { ...base.timeouts, ...timeout } } : base
        }),
      },
    ]),
  )
}
