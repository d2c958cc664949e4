/** Experiments on live traffic: those of the routes in force, what their requests cost, and how a winner goes live. */

import { inspect } from 'node:util'
import type { AdminRoute } from '../admin/route.ts'
import type { Alerts } from '../alerts/alerts.ts'
import type { Config } from '../config/load.ts'
import { routeSettings } from '../config/route-settings.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { experimentRoutes } from '../experiments/admin.ts'
import {
  Experiments,
  type ExperimentNews,
  type ExperimentsParts,
  type LiveExperiment,
} from '../experiments/experiments.ts'
import { settingsOfArm } from '../experiments/winner.ts'
import type { RequestRecord } from '../records/record.ts'
import type { Rollout } from '../rollout/rollout.ts'
import type { Log } from '../telemetry/log.ts'
import type { CatalogueSource } from './catalogue-source.ts'
import type { RolloutComposition } from './rollout.ts'
import type { Stores } from './stores.ts'

export interface ExperimentComposition {
  readonly config: () => Config
  readonly stores: Pick<Stores, 'experiments'>
  readonly rollout: Pick<RolloutComposition, 'rollout'>
  readonly alerts: () => Alerts
  readonly catalogue: CatalogueSource
  readonly clock: Clock
  readonly log: Log
}

export interface RunningExperiments {
  readonly experiments: Experiments
  /** Of all attempts of a request; undefined where a price is not known. */
  readonly costOf: ExperimentsParts['costOf']
  readonly routes: readonly AdminRoute[]
  /** Calls the listener when other arms are in force. */
  onChange(listener: () => void): void
}

const org = 'default'

/** Rejects where the store cannot be read. */
export async function openExperiments(parts: ExperimentComposition): Promise<RunningExperiments> {
  const { config, stores, alerts, catalogue, clock, log } = parts
  const { rollout } = parts.rollout
  let listener: (() => void) | undefined
  const costOfRecord = (record: RequestRecord) => costOf(record, catalogue)
  const experiments = new Experiments({
    store: stores.experiments,
    clock,
    live: () => liveOf(config(), rollout),
    costOf: costOfRecord,
    promote: createPromote(config, rollout),
    onChange: () => listener?.(),
    tell: (news) => tell(news, alerts()),
    onError: (cause) => log.error({ cause: inspect(cause) }, 'experiments cannot be kept'),
  })
  await experiments.open()
  return {
    experiments,
    costOf: costOfRecord,
    routes: experimentRoutes(experiments),
    onChange(next) {
      listener = next
    },
  }
}

function liveOf({ routes }: Config, rollout: Rollout): LiveExperiment[] {
  return Object.entries(routes).flatMap(([route, { experiment }]) => {
    if (!experiment || route.includes('@')) return []
    const { name, metric, alpha, minUnits, guardrails, arms, onWinner } = experiment
    // Who holds a route wants nothing to move it by itself.
    const isHeld = rollout.pointer(route).hold !== undefined
    const plan = {
      metric,
      alpha,
      minUnits,
      guardrails,
      arms: arms.map((arm) => ({ name: arm.name, weight: arm.weight })),
    }
    return [{ org, route, name, plan, onWinner: isHeld ? 'suggest' : onWinner }]
  })
}

/** Of all attempts; undefined where one of them used what has no known price. */
function costOf({ attempts }: RequestRecord, catalogue: CatalogueSource): number | undefined {
  let sum = 0
  for (const { provider, model, usage, status } of attempts) {
    if (usage === undefined && (status === undefined || status >= 400)) continue
    const cost = catalogue.costOf(provider, model, usage)
    if (cost === undefined) return undefined
    sum += cost
  }
  return sum
}

function createPromote(config: () => Config, rollout: Rollout): ExperimentsParts['promote'] {
  return async ({ route }, arm, mover) => {
    const settings = settingsOfArm(config().routes[route] as unknown as JsonObject, arm)
    const complete = settings && routeSettings.safeParse(settings)
    if (!complete?.success) throw new GatewayError('conflict', `The route ${route} has no such arm any more.`)
    const { number } = await rollout.add(route, complete.data as unknown as Json, mover)
    if (rollout.pointer(route).live === number) return { revision: number, waits: false }
    try {
      await rollout.promote(route, { ...mover, to: number })
      return { revision: number, waits: false }
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'gate_missing')
        return { revision: number, waits: true }
      throw error
    }
  }
}

function tell({ route, name, kind, text }: ExperimentNews, alerts: Alerts): void {
  alerts.raise({
    org,
    kind: 'experiment',
    subject: `${route}: ${name}: ${kind}`,
    severity: kind === 'stopped' ? 'warning' : 'info',
    summary: `Experiment ${name} of the route ${route}: ${text}.`,
    detail: { route, experiment: name, what: kind },
  })
}
