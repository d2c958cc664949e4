/** What the rest stands on: what is kept, who may call, and the configuration and the routes in force. */

import type { Alerts } from '../alerts/alerts.ts'
import { type AuditLog, createAuditLog } from '../audit/log.ts'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import type { Switches } from '../rollout/switches.ts'
import { createRoutingTable } from '../routing/table.ts'
import type { Log } from '../telemetry/log.ts'
import { type Access, createAccess } from './access.ts'
import { startSimulator } from './built-in-simulator.ts'
import { CatalogueSource } from './catalogue-source.ts'
import type { Closers } from './closers.ts'
import { openExperiments, type RunningExperiments } from './experiments.ts'
import { InForce } from './in-force.ts'
import { openRollout, type RolloutComposition } from './rollout.ts'
import { openShared, type SharedState } from './shared.ts'
import { openStores, type Stores } from './stores.ts'
import { openSwitches } from './switches.ts'

export interface FoundationParts {
  /** What was loaded first. */
  readonly initial: Config
  readonly makesFirstKey: boolean
  /** Called when there is something to tell. */
  readonly alerts: () => Alerts
  readonly clock: Clock
  readonly log: Log
  readonly closers: Closers
}

export interface Foundation {
  readonly inForce: InForce
  readonly stores: Stores
  readonly shared: SharedState
  readonly audit: AuditLog
  readonly access: Access
  readonly catalogue: CatalogueSource
  readonly rollout: RolloutComposition
  readonly experimenting: RunningExperiments
  readonly switches: Switches
}

/** Rejects where a store cannot be opened or read. */
export async function openFoundation(parts: FoundationParts): Promise<Foundation> {
  const { initial, makesFirstKey, alerts, clock, log, closers } = parts
  const stores = await openStores(initial, clock, log, closers)
  const shared = await openShared(initial, clock, log, closers)
  const audit = createAuditLog(stores.audit, clock)
  const rollout = await openRollout({
    config: initial,
    stores,
    audit,
    checkModels: (call, models) => access.checkModels(call, models),
    clock,
    log,
  })
  closers.add(() => rollout.close())
  const inForce = new InForce(rollout.effective)
  const { config } = inForce
  const base = { config, clock, log, closers }
  const access = await createAccess({ ...base, store: stores.access, shared, makesFirstKey })
  closers.add(() => access.close())
  const builtInUrl = await startSimulator(initial, closers)
  const catalogue = new CatalogueSource(config, clock)
  // Planning wants prices and limits from the first request on.
  if (Object.keys(initial.routes).length > 0 || initial.cache.exact) await catalogue.load()
  const experimenting = await openExperiments({ ...base, stores, rollout, alerts, catalogue })
  const { experiments } = experimenting
  closers.add(() => experiments.close())
  const switches = await openSwitches({ ...base, stores })
  const revisions = { ...rollout.revisions, isEnded: experiments.isEnded }
  const isOff = (provider: string) => switches.of(provider) !== undefined
  inForce.open(access.keyring, (next) =>
    createRoutingTable(next, { builtInUrl, lookUpModel: catalogue.lookUp(next), revisions, isOff }),
  )
  return { inForce, stores, shared, audit, access, catalogue, rollout, experimenting, switches }
}
