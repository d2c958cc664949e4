/** Which routes have no target left without a provider. Pure. */

import type { RoutingTable } from './plan.ts'
import { isRoute, type Route } from './route.ts'
import { providerOf } from './route-compiler.ts'

/**
 * The routes all of whose targets are the provider's, by name; those of providers that are switched off already count as
 * gone. A canary and the routes within a route are looked at too.
 */
export function routesNeeding(provider: string, { routes }: Pick<RoutingTable, 'routes'>): string[] {
  const needs = (route: Route) => names(route, provider) && !hasOther(route, provider)
  return [...routes.values()]
    .filter((route) => needs(route) || (route.canary !== undefined && needs(route.canary.route)))
    .map(({ name }) => name)
    .toSorted()
}

function hasOther({ entries }: Route, provider: string): boolean {
  return entries.some(({ to, name }) =>
    isRoute(to) ? hasOther(to, provider) : providerOf(name) !== provider,
  )
}

function names({ entries, shut = [] }: Route, provider: string): boolean {
  return (
    shut.some(({ target }) => providerOf(target) === provider) ||
    entries.some(({ to, name }) => (isRoute(to) ? names(to, provider) : providerOf(name) === provider))
  )
}
