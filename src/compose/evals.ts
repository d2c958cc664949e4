/** Evaluation over the gateway's own request path, with the prices of the catalogue. */

import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { inspect } from 'node:util'
import { authoriseModel, authoriseSensitive, type Principal } from '../access/principal.ts'
import type { AskModel } from '../core/ask.ts'
import type { EvalRouteOptions } from '../evals/admin.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { createIdFactory } from '../core/id.ts'
import { Evals } from '../evals/evals.ts'
import type { Called, CallModel, EvalStore, RunAccount } from '../evals/port.ts'
import type { Catalogue } from '../models/catalogue.ts'
import { findDestination, type RoutingTable } from '../routing/plan.ts'
import { isRoute, type RouteEntry } from '../routing/route.ts'
import type { Log } from '../telemetry/log.ts'
import type { Access } from './access.ts'
import { accountOf, evalAccount } from './accounts.ts'
import type { Closers } from './closers.ts'
import { createGradingHook } from './grading-hook.ts'
import { packageVersion } from './package-version.ts'
import { costOf, createPricedAsk } from './priced-ask.ts'
import type { RequestPath } from './request-path.ts'

export interface EvalComposition extends Pick<RequestPath, 'askAs' | 'embedAs'> {
  readonly access: Pick<Access, 'actingFor'>
  readonly table: () => RoutingTable
  readonly store: EvalStore
  /** Other instances run evaluations in the same database. */
  readonly isShared: boolean
  readonly retentionDays: () => number
  readonly catalogue: () => Promise<Catalogue>
  /** May services that grade be in a private network? */
  readonly allowsPrivateNetwork: () => boolean
  readonly clock: Clock
  readonly log: Log
  readonly closers: Closers
}

export interface RunningEvals {
  readonly evals: Evals
  readonly accountFor: EvalRouteOptions['accountFor']
}

export function composeEvals(parts: EvalComposition): RunningEvals {
  const { table, store, catalogue, clock, log, closers } = parts
  const evals = new Evals({
    estimate: async (model, usage) => {
      const target = firstTargetOf(model, table())
      return target && costOf(await catalogue(), { ...target, usage }, clock.nowMs())
    },
    windowOf: async (name) => {
      const { provider, model } = firstTargetOf(name, table()) ?? {}
      if (provider === undefined || model === undefined) return undefined
      return (await catalogue()).lookup(provider, model)?.contextWindow
    },
    store,
    post: createGradingHook(parts.allowsPrivateNetwork),
    clock,
    wait: (ms, signal) => setTimeout(ms, undefined, { signal }).catch(() => undefined),
    newRunId: createIdFactory(randomBytes, clock, 'run_'),
    // Who has the data directory alone goes on with its own runs at once after a crash.
    instance: parts.isShared ? createIdFactory(randomBytes, clock, 'gw_')() : 'local',
    retentionDays: parts.retentionDays,
    gatewayVersion: packageVersion(),
    onError: (cause, runId) => log.error({ runId, cause: inspect(cause) }, 'an evaluation failed'),
  })
  closers.add(() => evals.close())
  return { evals, accountFor: (call) => accountFor(parts, call) }
}

function accountFor(
  { askAs, embedAs, access, table, catalogue, clock }: EvalComposition,
  caller: Parameters<EvalRouteOptions['accountFor']>[0],
): RunAccount {
  // For each call: a run may go on for longer than a role, a team or a ceiling.
  const acting = () =>
    access.actingFor(caller, { account: accountOf(evalAccount), policy: 'operations:write' })
  const { maxNanoUsd } = acting()
  const ask: AskModel = async (...given) => {
    try {
      return await askAs(acting().principal)(...given)
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      return { requestId: '', error, durationMs: 0, attempts: 0 }
    }
  }
  const priced = createPricedAsk(ask, catalogue, clock)
  const call: CallModel = (request, { tags, timeoutMs }, signal) =>
    priced(
      { request, tags, priority: 'batch', cache: 'off', ...(timeoutMs !== undefined && { timeoutMs }) },
      signal,
    )
  return {
    call,
    embed: async (...given) => embedAs(acting().principal)(...given),
    checkTarget: (name) => checkTarget(name, table(), acting().principal),
    ...(maxNanoUsd !== undefined && { maxNanoUsd }),
  }
}

/** Throws `invalid_request` where nothing has this name, `model_not_allowed` where the principal may not ask it. */
function checkTarget(name: string, table: RoutingTable, principal: Principal): void {
  const destination = destinationOf(name, table)
  if (isRoute(destination)) return authoriseModel(principal, [name])
  authoriseModel(principal, [name, destination.name])
  authoriseSensitive(principal, name, table.sensitiveMarks?.(destination.name))
}

function destinationOf(name: string, table: RoutingTable): ReturnType<typeof findDestination> {
  try {
    return findDestination(name, table)
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    throw new GatewayError('invalid_request', error.message, { cause: error })
  }
}

/** Of a route, the target that it names first; undefined where nothing has this name. */
function firstTargetOf(name: string, table: RoutingTable): Pick<Called, 'provider' | 'model'> | undefined {
  try {
    let destination: RouteEntry['to'] | undefined = findDestination(name, table)
    while (destination && isRoute(destination)) destination = destination.entries[0]?.to
    const target = destination?.legs[0]?.target
    return target && { provider: target.provider.name, model: target.model }
  } catch (error) {
    if (error instanceof GatewayError) return undefined
    throw error
  }
}
