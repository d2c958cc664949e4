/** Compiles the configuration's providers and routes into the table that plans are made from. */

import type { Config } from '../config/load.ts'
import { globPattern } from '../core/glob.ts'
import type { Tool } from '../core/request.ts'
import type { ModelInfo } from '../models/model.ts'
import {
  createProvider,
  type CredentialSettings,
  type Provider,
  type ProviderSettings,
} from '../providers/provider.ts'
import { builtInProvider, type ProviderType, providerTable } from '../providers/table.ts'
import { createCandidate } from './candidate.ts'
import { compileCondition } from './condition.ts'
import { hasExamplesWithin } from './examples.ts'
import { dealOut } from './experiment.ts'
import { hashText } from './hash.ts'
import type { RoutingTable } from './plan.ts'
import {
  type AttemptPolicy,
  type Experiment,
  isRoute,
  type Route,
  type RouteDefaults,
  type RouteEntry,
  type TaskRule,
} from './route.ts'

type RouteConfig = Config['routes'][string]

/** Which revisions the routes of the configuration are of. Its names with an `@` are revisions beside the live ones. */
export interface RouteRevisions {
  /** Of what is live. */
  revisionOf(route: string): number | undefined
  /** The revision that takes a share of the requests, 0 to 1. */
  canaryOf(route: string): { readonly revision: number; readonly share: number } | undefined
  /** Has the experiment of the route ended? Absent: none has. */
  isEnded?(route: string, experiment: string): boolean
}

const noRevisions: RouteRevisions = { revisionOf: () => undefined, canaryOf: () => undefined }

/** What the catalogue knows of a provider's model. */
export type LookUpModel = (provider: string, model: string) => ModelInfo | undefined

/** `builtInUrl` is where the built-in provider listens, which only the running gateway knows. */
export function createRoutingTable(
  config: Config,
  builtInUrl: string | undefined,
  lookUpModel: LookUpModel,
  revisions: RouteRevisions = noRevisions,
): RoutingTable {
  const providers = new Map(
    Object.entries(config.providers).map(([name, settings]) => [
      name,
      toProvider(name, settings, builtInUrl),
    ]),
  )
  const sensitiveMarks = compileMarks(config.models)
  const hasMarks = Object.values(config.models).some(({ sensitive }) => sensitive)
  const compiled = toRoutes(config, { providers, lookUpModel, sensitiveMarks, revisions })
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

interface RouteParts {
  readonly revisions: RouteRevisions
  readonly providers: RoutingTable['providers']
  readonly lookUpModel: LookUpModel
  readonly sensitiveMarks: (name: string) => readonly string[] | undefined
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

type ToEntry = (target: RouteConfig['targets'][number], marksPrompts: boolean) => RouteEntry

/** Routes within routes are compiled first; the configuration has been checked for cycles. */
function toRoutes(
  { routes, shadow }: Config,
  { providers, lookUpModel, sensitiveMarks, revisions }: RouteParts,
): Map<string, Route> {
  const compiled = new Map<string, Route>()
  const compile = (settingsName: string): Route => {
    const known = compiled.get(settingsName)
    if (known) return known
    const settings = routes[settingsName]!
    const [name = '', number] = settingsName.split('@')
    const revision = number === undefined ? revisions.revisionOf(name) : Number(number)
    const defaults = toDefaults(settings)
    const entries = settings.targets.map((target) => toEntry(target, settings.promptCache === 'auto'))
    const { examples } = settings
    const sampleShare = sampleShareOf(name, settings, shadow)
    const route: Route = {
      name,
      strategy: settings.strategy,
      entries,
      rules: settings.rules.map(toRule),
      ...(examples && { examples }),
      hasExamples: hasExamplesWithin({ entries, ...(examples && { examples }) }),
      policy: toPolicy(settings),
      hash: hashText(name),
      ...(revision !== undefined && { revision }),
      ...(number !== undefined && { settingsName }),
      ...(defaults && { defaults }),
      ...(sampleShare > 0 && { sampleShare }),
    }
    const { experiment } = settings
    const isDealt = experiment && revisions.isEnded?.(name, experiment.name) !== true
    const whole = isDealt
      ? { ...route, experiment: toExperiment(experiment, settings, { route, toEntry }) }
      : route
    compiled.set(settingsName, whole)
    return whole
  }
  const toEntry: ToEntry = ({ target, ...rest }, marksPrompts) => {
    const condition = compileCondition(rest.when)
    return {
      name: target,
      to: target.includes('/') ? toCandidate(target, rest, marksPrompts) : compile(target),
      weight: rest.weight ?? 1,
      labels: rest.labels ?? [],
      hash: hashText(target),
      ...(condition && { condition }),
    }
  }
  const toCandidate = (
    target: string,
    { timeout, region }: Omit<RouteConfig['targets'][number], 'target'>,
    marksPrompts: boolean,
  ): RouteEntry['to'] => {
    const slash = target.indexOf('/')
    const provider = providers.get(target.slice(0, slash))!
    const model = target.slice(slash + 1)
    const info = lookUpModel(provider.name, model)
    const sensitive = sensitiveMarks(target)
    return createCandidate(provider, model, {
      ...(timeout && { timeouts: timeout }),
      ...(region !== undefined && { region }),
      ...(sensitive && { sensitive }),
      ...(info && { info }),
      ...(marksPrompts && { marksPrompts: true as const }),
    })!
  }
  for (const name of Object.keys(routes)) compile(name)
  return compiled
}

/** As large as the largest of those who want a sample. */
function sampleShareOf(name: string, { experiment }: RouteConfig, shadow: Config['shadow']): number {
  const own = shadow.filter(({ route }) => route === name).map(({ sample }) => sample)
  return Math.max(0, experiment?.judge?.sample ?? 0, ...own)
}

/** Each arm is the route with what the arm changes; its own targets come before the route's. */
function toExperiment(
  { name, unit, arms }: NonNullable<RouteConfig['experiment']>,
  settings: RouteConfig,
  { route, toEntry }: { readonly route: Route; readonly toEntry: ToEntry },
): Experiment {
  const marksPrompts = settings.promptCache === 'auto'
  const entryOf = (target: string) =>
    route.entries.find((entry) => entry.name === target) ?? toEntry({ target }, marksPrompts)
  const routeOf = ({ targets = [], prompt, parameters }: (typeof arms)[number]): Route => {
    const own = targets.map(entryOf)
    const defaults = toDefaults({
      ...settings,
      ...(prompt !== undefined && { prompt }),
      ...(parameters && { parameters: { ...settings.parameters, ...parameters } }),
    })
    const entries = [...own, ...route.entries.filter((entry) => !own.includes(entry))]
    return { ...route, entries, ...(defaults && { defaults }) }
  }
  return { name, unit, arms: dealOut(arms.map((arm) => ({ ...arm, route: routeOf(arm) }))) }
}

function toDefaults({ prompt, parameters, tools }: RouteConfig): RouteDefaults | undefined {
  if (prompt === undefined && !parameters && !tools) return undefined
  return {
    ...(prompt !== undefined && { prompt }),
    ...(parameters && { parameters }),
    ...(tools && { tools: tools.map((tool) => ({ type: 'function', ...tool }) as unknown as Tool) }),
  }
}

function toRule({ label, when }: RouteConfig['rules'][number]): TaskRule {
  const condition = compileCondition(when)
  return condition ? { label, condition } : { label }
}

/** The configuration's words, as codes of errors and reasons for which answers end. */
const failoverReasons: Readonly<Record<RouteConfig['failoverOn'][number], readonly string[]>> = {
  context_length: ['context_length_exceeded'],
  content_filter: ['content_filtered', 'content-filter'],
  refusal: ['refusal'],
}

function toPolicy({ retry, breaker, failoverOn, hedge, continueBrokenStreams }: RouteConfig): AttemptPolicy {
  return {
    maxAttempts: retry.attempts,
    breaker,
    failoverOn: new Set(failoverOn.flatMap((reason) => failoverReasons[reason])),
    continuesBroken: continueBrokenStreams,
    ...(hedge && { hedge }),
  }
}
