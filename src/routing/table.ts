/** Compiles the configuration's providers and routes into the table that plans are made from. */

import type { Config } from '../config/load.ts'
import { globPattern } from '../core/glob.ts'
import {
  createProvider,
  type CredentialSettings,
  type Provider,
  type ProviderSettings,
} from '../providers/provider.ts'
import { builtInProvider, type ProviderType, providerTable } from '../providers/table.ts'
import type { RoutingTable } from './plan.ts'
import { isRoute } from './route.ts'
import { type LookUpModel, RouteCompiler, type RouteParts, type RouteRevisions } from './route-compiler.ts'

/** What is known beside the configuration. */
export interface TableParts {
  /** Where the built-in provider listens, which only the running gateway knows. */
  readonly builtInUrl: string | undefined
  readonly lookUpModel: LookUpModel
  readonly revisions: RouteRevisions
  /** Has somebody switched the provider off? */
  readonly isOff: (provider: string) => boolean
}

export function createRoutingTable(
  config: Config,
  { builtInUrl, lookUpModel, revisions, isOff }: TableParts,
): RoutingTable {
  const providers = new Map(
    Object.entries(config.providers).map(([name, settings]) => [
      name,
      isOff(name)
        ? { ...toProvider(name, settings, builtInUrl), isOff: true as const }
        : toProvider(name, settings, builtInUrl),
    ]),
  )
  const sensitiveMarks = compileMarks(config.models)
  const hasMarks = Object.values(config.models).some(({ sensitive }) => sensitive)
  const parts: RouteParts = { providers, lookUpModel, sensitiveMarks, revisions }
  const compiled = new RouteCompiler(config, parts).compileAll()
  const entries = [...compiled.values()].flatMap(({ entries: own, experiment }) => [
    ...own,
    ...(experiment?.arms ?? []).flatMap(({ route }) => route.entries),
  ])
  const isRevision = (name: string) => name.includes('@')
  const routes = new Map([...compiled].filter(([name]) => !isRevision(name)))
  for (const [name, route] of routes) {
    const { revision, share } = revisions.canaryOf(name) ?? {}
    const canary = compiled.get(`${name}@${revision}`)
    if (canary && share !== undefined) routes.set(name, { ...route, canary: { share, route: canary } })
  }
  return {
    providers,
    routes,
    revisions: new Map([...compiled].filter(([name]) => isRevision(name))),
    // Where nothing is marked, no request is looked at for it.
    ...(hasMarks && { sensitiveMarks }),
    targets: new Set(entries.flatMap(({ name, to }) => (isRoute(to) ? [] : [name]))),
  }
}

function toProvider(
  name: string,
  settings: Config['providers'][string],
  builtInUrl: string | undefined,
): Provider {
  const { type, baseUrl, region, headers, dialect, allowPrivateNetwork, timeout, models, structured } =
    settings
  const isBuiltIn = type === builtInProvider
  const address = isBuiltIn ? builtInUrl : baseUrl
  const plainHeaders =
    headers && Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, value.reveal()]))
  return createProvider(name, providerTable[type as ProviderType], {
    allowPrivateNetwork: isBuiltIn || allowPrivateNetwork,
    models,
    credentials: toCredentials(settings),
    ...(address !== undefined && { baseUrl: address }),
    ...(region !== undefined && { region }),
    ...(plainHeaders && { headers: plainHeaders }),
    ...(dialect && { dialect }),
    ...(structured && { structured }),
    ...(timeout && { timeouts: timeout }),
  })
}

/** A key that can be sent needs no signature beside it. */
function toCredentials(settings: Config['providers'][string]): NonNullable<ProviderSettings['credentials']> {
  const { apiKey, apiKeys, region, accessKeyId, secretAccessKey, sessionToken } = settings
  if (apiKeys) return apiKeys
  if (apiKey) return [{ key: apiKey }]
  if (region === undefined || !accessKeyId || !secretAccessKey) return []
  const credentials = {
    accessKeyId: accessKeyId.reveal(),
    secretAccessKey,
    ...(sessionToken && { sessionToken }),
  }
  const signed: CredentialSettings = { signing: { region, credentials } }
  return [signed]
}

/** Where several entries name a model, it has the marks of all of them. */
function compileMarks(models: Config['models']): RouteParts['sensitiveMarks'] {
  const marked = Object.entries(models).flatMap(([name, { sensitive }]) =>
    sensitive ? [{ pattern: globPattern(name), sensitive }] : [],
  )
  return (name) => {
    const marks = marked.flatMap(({ pattern, sensitive }) => (pattern.test(name) ? sensitive : []))
    return marks.length === 0 ? undefined : marks
  }
}
