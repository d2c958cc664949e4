/** What the configuration says about caching each destination, compiled once per configuration. */

import { createHash } from 'node:crypto'
import type { Config } from '../config/load.ts'
import { globPattern } from '../core/glob.ts'
import type { Json } from '../core/json.ts'
import { canonicalJson } from './key.ts'

export interface ExactPolicy {
  readonly ttlSeconds: number
  readonly toolCalls: boolean
  readonly maxEntryBytes: number
}

export interface SemanticPolicy {
  readonly embedder: string
  readonly mode: 'shadow' | 'serve'
  readonly threshold: number
  readonly maxFalseHits: number
  readonly sample: number
  readonly timeoutMs: number
  readonly maxEntries: number
  readonly judge?: string
}

/** What the targets of a destination are chosen by, of the caller: callers who differ in it may get other answers. */
export interface LooksAt {
  readonly keys: boolean
  readonly tags: boolean
  /** Names, in lower case. */
  readonly headers: readonly string[]
  /** Marks of sensitive models among the targets. */
  readonly marks: readonly string[]
}

export interface Policy {
  /** Changes when the destination's targets do: what they were before has other answers. */
  readonly revision: string
  readonly looksAt: LooksAt
  readonly exact?: ExactPolicy
  readonly semantic?: SemanticPolicy
}

export interface Policies {
  /** False where no destination has a cache. */
  readonly isAnyOn: boolean
  /** Of a route's name, or `provider/model`. */
  of(destination: string): Policy | undefined
}

type Settings = Pick<Config, 'cache' | 'routes' | 'providers' | 'models'> &
  Partial<Pick<Config, 'guardrails'>>

export function compilePolicies(config: Settings): Policies {
  const known = new Map<string, Policy>()
  const { cache, routes } = config
  const isAnyOn =
    cache.exact !== undefined || Object.values(routes).some((route) => exactOf(config, route) !== undefined)
  return {
    isAnyOn,
    of(destination) {
      if (!isAnyOn) return undefined
      let policy = known.get(destination)
      if (policy) return policy
      policy = policyOf(config, destination)
      // Names of models come from callers: only those of routes are bounded by the configuration.
      if (Object.hasOwn(routes, destination)) known.set(destination, policy)
      return policy
    },
  }
}

type RouteConfig = Settings['routes'][string]

function policyOf(config: Settings, destination: string): Policy {
  const route = Object.hasOwn(config.routes, destination) ? config.routes[destination] : undefined
  const exact = exactOf(config, route)
  const semantic = semanticOf(config, route)
  return {
    revision: revisionOf(config, destination),
    looksAt: looksAtOf(config, destination),
    ...(exact && { exact: { ...exact, maxEntryBytes: config.cache.maxEntryBytes } }),
    ...(exact && semantic && { semantic }),
  }
}

function exactOf({ cache }: Settings, route: RouteConfig | undefined): Settings['cache']['exact'] {
  const own = route?.cache
  // An answer that one arm gave would be taken for the other's.
  if (own === 'off' || route?.strategy === 'experiment') return undefined
  const exact = own?.exact ?? cache.exact
  return exact === 'off' ? undefined : exact
}

function semanticOf({ cache }: Settings, route: RouteConfig | undefined): SemanticPolicy | undefined {
  const own = route?.cache
  if (own === 'off') return undefined
  const semantic = own?.semantic ?? cache.semantic
  if (semantic === undefined || semantic === 'off' || semantic.mode === 'off') return undefined
  return { ...semantic, mode: semantic.mode }
}

function looksAtOf(config: Settings, destination: string): LooksAt {
  const route = Object.hasOwn(config.routes, destination) ? config.routes[destination] : undefined
  if (route === undefined) {
    const marks = Object.entries(config.models).flatMap(([name, { sensitive = [] }]) =>
      globPattern(name).test(destination) ? sensitive : [],
    )
    return { keys: false, tags: false, headers: [], marks }
  }
  const conditions = [...route.targets, ...route.rules].flatMap(({ when }) => when ?? [])
  const within = route.targets.map(({ target }) => looksAtOf(config, target))
  const headers = conditions.flatMap((when) => Object.keys(when.headers ?? {}))
  return {
    keys: conditions.some(({ keys }) => keys !== undefined) || within.some(({ keys }) => keys),
    tags: conditions.some(({ tags }) => tags !== undefined) || within.some(({ tags }) => tags),
    headers: unique([
      ...headers.map((name) => name.toLowerCase()),
      ...within.flatMap(({ headers: inner }) => inner),
    ]),
    marks: unique(within.flatMap(({ marks }) => marks)),
  }
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].toSorted((one, other) => (one < other ? -1 : 1))
}

function revisionOf(config: Settings, destination: string): string {
  return createHash('sha256')
    .update(canonicalJson([behind(config, destination), guards(config, destination)]))
    .digest('base64url')
    .slice(0, 16)
}

/** What was answered under other guardrails is not served under these. */
function guards({ guardrails }: Settings, destination: string): Json {
  const [name = ''] = destination.split('@')
  const lines = Object.entries(guardrails?.routes ?? {}).filter(([glob]) => globPattern(glob).test(name))
  const rules = lines.flatMap(([, names]) => names.map((rule) => [rule, guardrails?.rules[rule]]))
  return JSON.parse(JSON.stringify(rules)) as Json // a secret says nothing of itself
}

/** What answers: the targets with where they live, and how a route chooses among them. */
function behind({ routes, providers }: Pick<Settings, 'routes' | 'providers'>, destination: string): Json {
  const route = Object.hasOwn(routes, destination) ? routes[destination] : undefined
  if (route === undefined) {
    const slash = destination.indexOf('/')
    const name = destination.slice(0, slash)
    const provider = Object.hasOwn(providers, name) ? providers[name] : undefined
    const { type = null, baseUrl = null, dialect = null, region = null } = provider ?? {}
    return [destination, type, baseUrl, dialect, region]
  }
  const targets = route.targets.map(({ target, weight = null, labels = [], region = null, when = null }) => [
    behind({ routes, providers }, target),
    weight,
    labels,
    region,
    when as Json,
  ])
  return [destination, route.strategy, route.rules as unknown as Json, targets as Json]
}
