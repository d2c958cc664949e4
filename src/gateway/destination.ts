/** Where a request goes: a route in one of its revisions, an arm of its experiment, or a target by its own name. */

import type { RequestRecord } from '../records/record.ts'
import { assign } from '../routing/experiment.ts'
import { findDestination } from '../routing/plan.ts'
import { chooseRevision, withDefaults } from '../routing/revision.ts'
import { type Experiment, isRoute, type Route } from '../routing/route.ts'
import type { Exchange } from './exchange.ts'

export function find(exchange: Exchange): void {
  const { call, snapshot, parts, session, atMs } = exchange
  const found = findDestination(call!.model, snapshot.table)
  if (!isRoute(found)) return void (exchange.destination = found)
  let route = chooseRevision(found, session, parts.routing.random)
  if (route.experiment) route = assignTo(exchange, route.experiment)
  exchange.destination = route
  if (route.sampleShare) draw(exchange, route.sampleShare)
  const { defaults } = route
  if (!defaults || !call!.rewritten) return
  exchange.call = call!.rewritten((request) => withDefaults(request, defaults, atMs))
}

function assignTo(exchange: Exchange, experiment: Experiment): Route {
  const { session, payer: user, principal } = exchange
  const { route, assignment } = assign(experiment, { session, user, keyId: principal!.keyId })
  exchange.assignment = assignment
  return route
}

/** The gateway's own calls are no traffic. */
function draw(exchange: Exchange, share: number): void {
  const { call, inbound, parts } = exchange
  const drawn = parts.routing.random()
  if (drawn >= share || inbound.principal || !call!.generation) return
  exchange.sample = { asked: call!.generation.request, draw: drawn }
}

/** Gives a request that was drawn, and its answer, to those who look at samples. */
export function handOn({ sample, last, call, parts, guarding }: Exchange, record: RequestRecord): void {
  const text = last?.received?.().text
  const { request } = call!.generation!
  if (text === undefined) return
  // Others are not told either what guardrails kept from the provider.
  const asked = guarding ? guarding.hidden(sample!.asked) : sample!.asked
  parts.onSample({ ...sample!, asked, record, request, text })
}
