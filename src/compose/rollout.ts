/** Builds rollout: the routes in force, as revisions and pointers say, and what moves them by itself. */

import { inspect } from 'node:util'
import type { AdminRoute } from '../admin/route.ts'
import type { AuditLog } from '../audit/log.ts'
import type { Config } from '../config/load.ts'
import type { ProviderChoice } from '../config/providers.ts'
import { checkRoutes } from '../config/route-references.ts'
import { routeSettings } from '../config/route-settings.ts'
import type { Settings } from '../config/schema.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { Json } from '../core/json.ts'
import { findHealthyRuns } from '../drift/healthy.ts'
import type { RequestRecord } from '../records/record.ts'
import { rolloutRoutes } from '../rollout/admin.ts'
import { CanaryGuard, shareAt } from '../rollout/canary.ts'
import { createDriftMover, type MoveOnDrift } from '../rollout/drift-move.ts'
import type { FindVerdict, Pointer } from '../rollout/port.ts'
import { Rollout } from '../rollout/rollout.ts'
import { Shelf } from '../rollout/shelf.ts'
import type { RouteRevisions } from '../routing/route-compiler.ts'
import type { Log } from '../telemetry/log.ts'
import type { Stores } from './stores.ts'

export interface RolloutParts {
  readonly config: Config
  readonly stores: Pick<Stores, 'rollout' | 'evals' | 'drift'>
  readonly audit: AuditLog
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
/** Of each route, so many of the newest revisions can be asked as `route@number`. */
const reachableRevisions = 20

/** Rejects where the store cannot be read. */
export async function openRollout(parts: RolloutParts): Promise<RolloutComposition> {
  const { stores, audit, clock, log } = parts
  const store = stores.rollout
  const verdictOf: FindVerdict = (org, route, revision) =>
    stores.evals.newestVerdict(org, `${route}@${revision}`)
  let file = parts.config
  let lastShares = ''
  let listener: (() => void) | undefined
  let isMoving = false
  const guard = new CanaryGuard()
  const shelf = new Shelf({
    store,
    onChange: () => listener?.(),
    onTick: () => void tick(),
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
    complete,
  })
  await shelf.open()
  await adopt()

  async function adopt(): Promise<void> {
    try {
      await rollout.adopt(file.routes as unknown as Record<string, Json>)
    } catch (cause) {
      log.error(
        { cause: inspect(cause) },
        'a revision of a route could not be made; the routes stay as they are',
      )
    }
  }

  const names = () => Object.keys(file.routes).filter((route) => shelf.pointer(org, route))
  const canaries = (): Pointer[] =>
    Object.keys(file.routes).flatMap((route) => {
      const pointer = shelf.pointer(org, route)
      return pointer?.canary ? [pointer] : []
    })

  const revisions: RouteRevisions = {
    revisionOf: (route) => shelf.pointer(org, route)?.live,
    canaryOf(route) {
      const canary = shelf.pointer(org, route)?.canary
      if (!canary) return undefined
      return { revision: canary.revision, share: shareAt(canary, clock.nowMs()) ?? canary.shares.at(-1) ?? 0 }
    },
  }

  /** Steps of ladders are taken by the clock, on every instance alike; the end and a stop by whoever is first. */
  async function tick(): Promise<void> {
    const shares = JSON.stringify(canaries().map(({ route }) => [route, revisions.canaryOf(route)]))
    if (shares !== lastShares) listener?.()
    lastShares = shares
    if (isMoving) return
    isMoving = true
    try {
      for (const pointer of canaries()) {
        const fault = guard.faultOf(pointer)
        if (fault !== undefined) await rollout.stopCanary(pointer, fault)
        else if (shareAt(pointer.canary!, clock.nowMs()) === undefined) await rollout.finishCanary(pointer)
      }
    } catch (cause) {
      const isOvertaken = cause instanceof GatewayError && cause.code === 'conflict'
      if (!isOvertaken) log.error({ cause: inspect(cause) }, 'a canary could not be moved')
    } finally {
      isMoving = false
    }
  }

  /** The faults of a route with these settings among the routes in force. */
  function faultOf(route: string, settings: Json): string | undefined {
    const routes = { ...effectiveRoutes(), [route]: complete(settings) }
    const finding = checkIn(file, routes as Config['routes']).find(({ path }) => path[1] === route)
    return finding && `${finding.path.slice(2).join('.')}: ${finding.message}. ${finding.mend}`
  }

  function effectiveRoutes(): Config['routes'] {
    const wanted: Record<string, Config['routes'][string]> = {}
    for (const [route, settings] of Object.entries(file.routes)) {
      const pointer = shelf.pointer(org, route)
      wanted[route] = settings
      if (!pointer) continue
      const all = shelf.revisions(org, route)
      const reachable = new Set([...all.slice(-reachableRevisions).map(({ number }) => number), pointer.live])
      if (pointer.canary) reachable.add(pointer.canary.revision)
      for (const { number, settings: kept } of all) {
        const read = complete(kept) as Config['routes'][string] | undefined
        if (!read || !reachable.has(number)) continue
        wanted[`${route}@${number}`] = read
        if (number === pointer.live) wanted[route] = read
      }
    }
    return withoutFaults(file, wanted, (route, message) =>
      log.error({ route, message }, 'the live revision cannot be used with this configuration; the file is'),
    )
  }

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
      complete,
      faultOf,
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
    effective: () => ({ ...file, routes: effectiveRoutes() }),
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

function complete(settings: Json): Json | undefined {
  const read = routeSettings.safeParse(settings)
  return read.success ? (read.data as unknown as Json) : undefined
}

function checkIn(config: Config, routes: Config['routes']) {
  const providers = config.providers as unknown as Readonly<Record<string, ProviderChoice>>
  return checkRoutes({ routes } as unknown as Settings, providers)
}

/** A revision may name a provider that is no longer there: then the route is what the file says. */
function withoutFaults(
  config: Config,
  wanted: Readonly<Record<string, Config['routes'][string]>>,
  tell: (route: string, message: string) => void,
): Config['routes'] {
  const usable = { ...wanted }
  for (const { path, message } of checkIn(config, wanted)) {
    const name = String(path[1])
    const ofFile = config.routes[name]
    if (ofFile) {
      usable[name] = ofFile
      tell(name, message)
    } else delete usable[name]
  }
  return checkIn(config, usable).length === 0 ? usable : config.routes
}
