/** Compiles the routes of a configuration: what a plan for a request is made from, looked up and checked beforehand. */

import type { Config } from '../config/load.ts'
import type { Tool } from '../core/request.ts'
import type { ModelInfo } from '../models/model.ts'
import { createCandidate } from './candidate.ts'
import { compileCondition } from './condition.ts'
import { hasExamplesWithin } from './examples.ts'
import { dealOut } from './experiment.ts'
import { hashText } from './hash.ts'
import type { RoutingTable } from './plan.ts'
import type { AttemptPolicy, Experiment, Route, RouteDefaults, RouteEntry, TaskRule } from './route.ts'

type RouteConfig = Config['routes'][string]
type TargetConfig = RouteConfig['targets'][number]

/** Which revisions the routes of the configuration are of. Its names with an `@` are revisions beside the live ones. */
export interface RouteRevisions {
  /** Of what is live. */
  revisionOf(route: string): number | undefined
  /** The revision that takes a share of the requests, 0 to 1. */
  canaryOf(route: string): { readonly revision: number; readonly share: number } | undefined
  /** Has the experiment of the route ended? Absent: none has. */
  isEnded?(route: string, experiment: string): boolean
}

/** What the catalogue knows of a provider's model. */
export type LookUpModel = (provider: string, model: string) => ModelInfo | undefined

export interface RouteParts {
  readonly revisions: RouteRevisions
  readonly providers: RoutingTable['providers']
  readonly lookUpModel: LookUpModel
  readonly sensitiveMarks: (name: string) => readonly string[] | undefined
}

export class RouteCompiler {
  readonly #config: Pick<Config, 'routes' | 'shadow'>
  readonly #parts: RouteParts
  /** By the name of the settings: routes within routes are compiled first. */
  readonly #compiled = new Map<string, Route>()

  constructor(config: Pick<Config, 'routes' | 'shadow'>, parts: RouteParts) {
    this.#config = config
    this.#parts = parts
  }

  /** Every route, and every revision beside a live one. The configuration has been checked for cycles. */
  compileAll(): ReadonlyMap<string, Route> {
    for (const name of Object.keys(this.#config.routes)) this.#compile(name)
    return this.#compiled
  }

  #compile(settingsName: string): Route {
    const known = this.#compiled.get(settingsName)
    if (known) return known
    const settings = this.#config.routes[settingsName]!
    const plain = this.#plainRoute(settingsName, settings)
    const { experiment } = settings
    const isDealt = experiment && this.#parts.revisions.isEnded?.(plain.name, experiment.name) !== true
    const route = isDealt ? { ...plain, experiment: this.#experimentOf(experiment, settings, plain) } : plain
    this.#compiled.set(settingsName, route)
    return route
  }

  /** Without its experiment. */
  #plainRoute(settingsName: string, settings: RouteConfig): Route {
    const [name = '', number] = settingsName.split('@')
    const revision = number === undefined ? this.#parts.revisions.revisionOf(name) : Number(number)
    const defaults = toDefaults(settings)
    const [open, closed] = this.#apart(settings.targets)
    const entries = open.map((target) => this.#entryOf(target, settings))
    const { examples } = settings
    const sampleShare = sampleShareOf(name, settings, this.#config.shadow)
    return {
      name,
      strategy: settings.strategy,
      entries,
      ...(closed.length > 0 && { shut: closed.map(({ target }) => ({ target, skippedBecause: isOff })) }),
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
  }

  /** Those that requests may go to, and those whose providers are switched off. */
  #apart(targets: readonly TargetConfig[]): [open: TargetConfig[], closed: TargetConfig[]] {
    const closed = targets.filter(({ target }) => this.#parts.providers.get(providerOf(target))?.isOff)
    return [targets.filter((target) => !closed.includes(target)), closed]
  }

  #entryOf(config: TargetConfig, { promptCache }: RouteConfig): RouteEntry {
    const { target } = config
    const condition = compileCondition(config.when)
    return {
      name: target,
      to: target.includes('/') ? this.#candidateOf(config, promptCache === 'auto') : this.#compile(target),
      weight: config.weight ?? 1,
      labels: config.labels ?? [],
      hash: hashText(target),
      ...(condition && { condition }),
    }
  }

  #candidateOf({ target, timeout, region }: TargetConfig, marksPrompts: boolean): RouteEntry['to'] {
    const { providers, lookUpModel, sensitiveMarks } = this.#parts
    const provider = providers.get(providerOf(target))!
    const model = target.slice(target.indexOf('/') + 1)
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

  /** Each arm is the route with what the arm changes; its own targets come before the route's. */
  #experimentOf(
    { name, unit, arms }: NonNullable<RouteConfig['experiment']>,
    settings: RouteConfig,
    route: Route,
  ): Experiment {
    const entryOf = (target: string) =>
      route.entries.find((entry) => entry.name === target) ?? this.#entryOf({ target }, settings)
    const routeOf = ({ targets = [], prompt, parameters }: (typeof arms)[number]): Route => {
      const [open] = this.#apart(targets.map((target) => ({ target })))
      const own = open.map(({ target }) => entryOf(target))
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
}

const isOff = 'its provider is switched off'

/** Of `provider/model`; empty of a route's name. */
export function providerOf(target: string): string {
  return target.slice(0, Math.max(0, target.indexOf('/')))
}

/** As large as the largest of those who want a sample. */
function sampleShareOf(name: string, { experiment }: RouteConfig, shadow: Config['shadow']): number {
  const own = shadow.filter(({ route }) => route === name).map(({ sample }) => sample)
  return Math.max(0, experiment?.judge?.sample ?? 0, ...own)
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
