/** An answer that the cache has, or that another request is already waiting for. */

import { notCached } from '../cache/cache.ts'
import type { FlightSource } from '../cache/flight.ts'
import { isRoute } from '../routing/route.ts'
import { answerHeaders } from './answer.ts'
import { Borrowing, cacheControlOf } from './borrowing.ts'
import { callerOf, type Exchange } from './exchange.ts'

/** The answer from elsewhere, or a call that others may share. Undefined where the cache has no part in it. */
export function borrow(exchange: Exchange): Borrowing | undefined {
  const { inbound, call, principal, destination, parts } = exchange
  const control = cacheControlOf(inbound.header('x-weir-cache'))
  const { cache, clock } = parts
  // An answer to a prompt with placeholders has what they stand for in it, and is of one caller alone.
  const isPersonal = exchange.guarding?.placeholders.isEmpty === false
  if (!cache.isOn || call!.replayable === undefined || isPersonal) {
    if (control === 'only') throw notCached()
    return undefined
  }
  const replayable = call!.replayable()
  exchange.borrowing = new Borrowing({
    cache,
    clock,
    replayable,
    outlet: exchange.outlet,
    interrupt: inbound.interrupt,
    asked: {
      id: inbound.id,
      org: principal!.org,
      // Revisions answer differently: what one has said is not the other's.
      destination: isRoute(destination!) ? (destination.settingsName ?? destination.name) : destination!.name,
      request: replayable.request,
      // What is kept for its caller, or continues such an answer, is of one conversation alone.
      control: call!.memory ? 'no-store' : control,
      isStrict: inbound.header('x-weir-strict') === '1',
      mayWrite: principal!.cacheWrite !== false,
      // A line of a batch is a call of its own, with its own result and cost.
      mayShare: exchange.priority !== 'batch',
      tags: exchange.tags,
      caller: callerOf(exchange),
    },
    headers: ({ provider, model, dropped }: FlightSource) =>
      answerHeaders(exchange, { provider: { name: provider }, model }, 0, dropped),
    costOf: ({ target, usage }) => parts.costOf(target.provider.name, target.model, usage),
  })
  return exchange.borrowing
}
