/** What a revision of a route does to a request: which one takes it, and what it adds. */

import type { GenRequest } from '../core/request.ts'
import { combineHashes, hashText } from './hash.ts'
import type { Route, RouteDefaults } from './route.ts'

/** The live revision, or the canary by its share. A session stays with one while the share grows. */
export function chooseRevision(route: Route, session: string | undefined, random: () => number): Route {
  const { canary } = route
  if (!canary) return route
  const draw = session === undefined ? random() : combineHashes(route.hash, hashText(session))
  return draw < canary.share ? canary.route : route
}

/** The request with what its route adds; what the request says itself wins, and its own prompts come after. */
export function withDefaults(request: GenRequest, defaults: RouteDefaults, atMs: number): GenRequest {
  const { prompt, parameters, tools = [] } = defaults
  const own = request.tools ?? []
  const names = new Set(own.flatMap((tool) => (tool.type === 'function' ? [tool.name] : [])))
  const added = tools.filter((tool) => tool.type === 'function' && !names.has(tool.name))
  return {
    ...parameters,
    ...request,
    ...(prompt !== undefined && { turns: [systemTurn(prompt, atMs), ...request.turns] }),
    ...(added.length > 0 && { tools: [...added, ...own] }),
  }
}

function systemTurn(prompt: string, atMs: number): GenRequest['turns'][number] {
  const day = new Date(atMs).toISOString().slice(0, 10)
  return { role: 'system', parts: [{ type: 'text', text: prompt.replaceAll('{{date}}', day) }] }
}
