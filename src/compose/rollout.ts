/** Builds rollout: the routes in force, as revisions and pointers say, and what moves them by itself. */

import { inspect } from 'node:util'
import type { AdminRoute } from '../admin/route.ts'
import type { AuditLog } from '../audit/log.ts'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import type { Json } from '../core/json.ts'
import { findHealthyRuns } from '../drift/healthy.ts'
import type { RequestRecord } from '../records/record.ts'
import { rolloutRoutes } from '../rollout/admin.ts'
import { CanaryGuard } from '../rollout/canary.ts'
import { CanarySteps, currentShare } from '../rollout/canary-steps.ts'
import { createDriftMover, type MoveOnDrift } from '../rollout/drift-move.ts'
import type { FindVerdict } from '../rollout/port.ts'
import { Rollout } from '../rollout/rollout.ts'
import { Shelf } from '../rollout/shelf.ts'
import type { RouteRevisions } from '../routing/route-compiler.ts'
import type { Log } from '../telemetry/log.ts'
import type { Access } from './access.ts'
import { checkRoute, completeRoute, effectiveRoutes, targetsOf } from './effective-routes.ts'
import type { Stores } from './stores.ts'

export interface RolloutParts {
  readonly config: Config
  readonly stores: Pick<Stores, 'rollout' | 'evals' | 'drift'>
  readonly audit: AuditLog
  /** Called when somebody revises a route. */
  readonly checkModels: Access['checkModels']
  readonly clock: Clock
  readonly log: Log
}

export interface RolloutComposition {
  /** Calls the listener when the routes in force are others. */
  onChange(listener: () => void): void
  readonly rollout: Rollout
  /** The routes that have a revision. */
  names(): readonly string[]
  readonly routes: readonly AdminRoute[]
  readonly revisions: RouteRevisions
  /** The configuration with the routes in force; revisions beside the live ones stand as `route@number`. */
  effective(): Config
  /** Takes up a new file; done when its revisions are made. Never rejects. */
  reload(next: Config): Promise<void>
  observe(record: RequestRecord): void
  readonly moveOnDrift: MoveOnDrift
  close(): Promise<void>
}

const org = 'default'
const adoptAgainMs = 10_000

/** Rejects where the store cannot be read. */
export async function openRollout(parts: RolloutParts): Promise<RolloutComposition> {
  const { stores, audit, clock, log } = parts
  const store = stores.rollout
  const verdictOf: FindVerdict = (org, route, revision) =>
    stores.evals.newestVerdict(org, `${route}@${revision}`)
  let file = parts.config
  let listener: (() => void) | undefined
  /** When the file is to be adopted once more; undefined where it is. */
  let adoptAtMs: number | undefined
  const guard = new CanaryGuard()
  const shelf = new Shelf({
    store,
    onChange: () => listener?.(),
    onTick() {
      void steps.tick()
      if (adoptAtMs !== undefined && clock.monotonicMs() >= adoptAtMs) void adopt()
    },
    onTrouble(cause) {
      if (cause === undefined) log.info('revisions of routes are read again')
      else
        log.error(
          { cause: inspect(cause) },
          'revisions of routes cannot be read; those that are known hold on',
        )
    },
  })
  const rollout = new Rollout({
    org,
    store,
    shelf,
    audit,
    clock,
    verdictOf,
    maxGateAgeMs: () => file.rollout.maxGateAgeHours * 3_600_000,
    complete: completeRoute,
  })
  const steps = new CanarySteps({
    rollout,
    guard,
    clock,
    canaries: () =>
      Object.keys(file.routes).flatMap((route) => {
        const pointer = shelf.pointer(org, route)
        return pointer?.canary ? [{ ...pointer, canary: pointer.canary }] : []
      }),
    onChange: () => listener?.(),
    onTrouble: (cause) => log.error({ cause: inspect(cause) }, 'a canary could not be moved'),
  })
  await shelf.open()
  await adopt()

  async function adopt(): Promise<void> {
    adoptAtMs = undefined
    try {
      await rollout.adopt(file.routes as unknown as Record<string, Json>)
    } catch (cause) {
      adoptAtMs = clock.monotonicMs() + adoptAgainMs
      log.error(
        { cause: inspect(cause) },
        'a revision of a route could not be made; the routes stay as they are until it can',
      )
    }
  }

  const names = () => Object.keys(file.routes).filter((route) => shelf.pointer(org, route))
  const revisions: RouteRevisions = {
    revisionOf: (route) => shelf.pointer(org, route)?.live,
    canaryOf(route) {
      const canary = shelf.pointer(org, route)?.canary
      if (!canary) return undefined
      return { revision: canary.revision, share: currentShare(canary, clock.nowMs()) }
    },
  }

  const routesInForce = () =>
    effectiveRoutes(file, { shelf, org }, (route, message) =>
      log.error({ route, message }, 'the live revision cannot be used with this configuration; the file is'),
    )

  return {
    onChange(next) {
      listener = next
    },
    rollout,
    names,
    routes: rolloutRoutes({
      rollout,
      fileSettings: (route) => file.routes[route] as unknown as Json | undefined,
      names,
      complete: completeRoute,
      check: (route, settings) => checkRoute(file, routesInForce(), route, settings),
      checkTargets: (call, settings) => parts.checkModels(call, targetsOf(settings)),
      verdictOf: (route, revision) => verdictOf(org, route, revision),
      ladder: () => ({
        shares: file.rollout.canary.shares,
        stepMs: file.rollout.canary.stepMinutes * 60_000,
      }),
    }),
    revisions,
    moveOnDrift: createDriftMover({
      rollout,
      clock,
      names,
      verdictOf,
      healthyRuns: findHealthyRuns(stores.drift),
    }),
    effective: () => ({ ...file, routes: routesInForce() }),
    async reload(next) {
      file = next
      await adopt()
    },
    observe(record) {
      if (record.route !== undefined) guard.observe(record, shelf.pointer(org, record.route))
    },
    close: () => shelf.close(),
  }
}
