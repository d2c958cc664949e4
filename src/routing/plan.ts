/** Decides, without any I/O, which targets a request may go to and in which order. */

import { GatewayError } from '../core/error.ts'
import type { Provider, Target } from '../providers/provider.ts'

export interface Route {
  readonly name: string
  /** In the order in which they are tried. */
  readonly targets: readonly Target[]
  /** Attempts per request over all targets. */
  readonly maxAttempts: number
}

/** What the configuration offers, compiled once. Names of routes win over names of models. */
export interface RoutingTable {
  readonly routes: ReadonlyMap<string, Route>
  readonly providers: ReadonlyMap<string, Provider>
}

export interface Plan {
  /** Absent where the client named a target directly. */
  readonly route?: string
  readonly targets: readonly Target[]
  readonly maxAttempts: number
}

export const defaultMaxAttempts = 3

/** The plan for a requested model: a route's name, `provider/model`, or a bare model name that one provider serves. */
export function planRequest(model: string, table: RoutingTable): Plan {
  const route = table.routes.get(model)
  if (route) return { route: route.name, targets: route.targets, maxAttempts: route.maxAttempts }
  return { targets: [directTarget(model, table)], maxAttempts: defaultMaxAttempts }
}

function directTarget(model: string, { providers }: RoutingTable): Target {
  const slash = model.indexOf('/')
  const named = slash > 0 ? providers.get(model.slice(0, slash)) : undefined
  if (named && slash < model.length - 1) return targetOf(named, model.slice(slash + 1))
  const serving = [...providers.values()].filter((provider) => serves(provider, model))
  const [only, another] = serving
  if (only && !another) return targetOf(only, model)
  const names = serving.map((provider) => `\`${provider.name}/${model}\``)
  throw new GatewayError(
    'model_not_found',
    only
      ? `The model \`${model}\` is served by several providers: send ${names.join(' or ')}.`
      : `The model \`${model}\` is not a route, and no configured provider serves it.`,
    { param: 'model' },
  )
}

function serves({ models, spec }: Provider, model: string): boolean {
  return models.includes(model) || spec.modelPrefixes.some((prefix) => model.startsWith(prefix))
}

/** A provider's model as a target, with the provider's own limits. */
export function targetOf(provider: Provider, model: string): Target {
  return { provider, model, timeouts: provider.timeouts }
}
