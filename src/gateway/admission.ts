/** Whether a request may go on: what its key may use, a cheaper route where a budget is used up, and the limits. */

import { authoriseModel, authoriseSensitive, type Principal } from '../access/principal.ts'
import type { Admission } from '../limits/limiter.ts'
import type { RoutingTable } from '../routing/plan.ts'
import { isRoute } from '../routing/route.ts'
import { innerModels } from '../upstream/inner-models.ts'
import type { Call } from '../upstream/operation.ts'
import type { Exchange } from './exchange.ts'

/**
 * A key that may use a route may use its targets; a target that was named directly must itself be allowed, and so must
 * each model that the request has its provider ask besides.
 */
export function authorise({
  principal,
  call,
  destination,
  snapshot,
}: Pick<Exchange, 'principal' | 'call' | 'destination' | 'snapshot'>): void {
  const { model } = call!
  const { sensitiveMarks } = snapshot.table
  if (principal!.models || sensitiveMarks) authoriseInner(principal!, call!, destination!, sensitiveMarks)
  if (isRoute(destination!)) return authoriseModel(principal!, [model])
  authoriseModel(principal!, [model, destination!.name])
  authoriseSensitive(principal!, model, sensitiveMarks?.(destination!.name))
}

/** By their own names, and as of the provider of a target that was named directly. */
function authoriseInner(
  principal: Principal,
  { generation, innerModels: own }: Call,
  destination: NonNullable<Exchange['destination']>,
  sensitiveMarks: RoutingTable['sensitiveMarks'],
): void {
  const inner = generation ? innerModels(generation.request) : own?.()
  if (inner === undefined || inner.length === 0) return
  const provider = isRoute(destination) ? undefined : destination.name.split('/', 1)[0]
  for (const name of inner) {
    const names = provider === undefined ? [name] : [name, `${provider}/${name}`]
    authoriseModel(principal, names)
    for (const each of names) authoriseSensitive(principal, name, sensitiveMarks?.(each))
  }
}

/** Takes the route that a used-up budget names in place of the one asked for. */
export function economise(exchange: Exchange): void {
  const { parts, principal, destination, payer, session, tags, snapshot, atMs } = exchange
  if (!parts.budgets.hasFallbacks) return
  const { org, keyId, keyName, team } = principal!
  const route = parts.budgets.fallbackOf(
    {
      org,
      keyId,
      keyName,
      tags,
      ...(team && { team: team.id }),
      ...(payer !== undefined && { user: payer }),
      ...(session !== undefined && { session }),
      ...(isRoute(destination!) && { route: destination.name }),
    },
    atMs,
  )
  const fallback = route === undefined ? undefined : snapshot.table.routes.get(route)
  if (fallback) exchange.destination = fallback
}

/** At once where there is room, and for nearly all requests there is: a promise costs each of them a turn of the queue. */
export function limit(exchange: Exchange): Promise<void> | undefined {
  const { inbound, principal, call, parts, expectedTokens } = exchange
  const { org, keyId, keyName, team, limits } = principal!
  const claimed = inbound.header('x-weir-user') ?? call!.user
  // Who owns the key is known; who the caller says it is for is not.
  const user = principal!.user ?? (claimed === undefined ? undefined : { id: claimed, name: claimed })
  const admission = parts.limiter.admitRequest({
    org,
    subjects: {
      organisation: { id: org, name: org },
      key: { id: keyId, name: keyName },
      ...(team && { team }),
      ...(user && { user }),
    },
    own: limits,
    priority: exchange.priority,
    interrupt: inbound.interrupt,
    expectedTokens,
  })
  if (admission instanceof Promise) return admission.then((late) => takeUp(exchange, late))
  takeUp(exchange, admission)
  return undefined
}

function takeUp(exchange: Exchange, admission: Admission | undefined): void {
  exchange.admission = admission
  if (admission?.error) throw admission.error
}
