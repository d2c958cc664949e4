/** Puts into force what is new: routes that have moved, a catalogue, and whole configurations. */

import { inspect } from 'node:util'
import type { Config } from '../config/load.ts'
import type { AttemptParts } from '../routing/make-attempt.ts'
import type { Log } from '../telemetry/log.ts'
import type { Alerting } from './alerts.ts'
import type { DriftWatcher } from './drift.ts'
import type { Foundation } from './foundation.ts'
import type { RequestPath } from './request-path.ts'
import type { RunningSecrets } from './secrets.ts'

export interface TakeUpParts extends Pick<
  Foundation,
  'inForce' | 'access' | 'catalogue' | 'rollout' | 'experimenting' | 'switches'
> {
  readonly path: RequestPath
  readonly routing: AttemptParts
  readonly alerting: Alerting
  readonly log: Log
}

/** Takes up the routes in force, now and each time that they are others. */
export function takeUpRoutes(parts: TakeUpParts): void {
  const takeUp = () => {
    parts.inForce.takeUpConfig()
    parts.inForce.takeUpTable()
    keepConnections(parts)
  }
  takeUp()
  parts.rollout.onChange(takeUp)
  parts.experimenting.onChange(takeUp)
  parts.switches.onChange(takeUp)
}

export interface TakeUpConfigParts extends TakeUpParts {
  readonly secrets: RunningSecrets
  readonly drift: DriftWatcher
}

/** The configuration is in force when it is done; what is slow to follow it does so behind. */
export async function takeUpConfig(parts: TakeUpConfigParts, next: Config): Promise<void> {
  const { inForce, access, rollout, secrets, path } = parts
  await rollout.reload(next)
  inForce.takeUpConfig()
  secrets.adopt()
  inForce.takeUpTable(await access.reload(next))
  const { routes } = inForce.snapshot().table
  parts.routing.health.pardon()
  void path.examples.prepare(routes)
  parts.alerting.reload(next)
  path.recording.reload(next)
  path.guardrails.reload(next)
  path.books.reload()
  if (routes.size > 0) void takeUpCatalogue(parts)
  void parts.drift.reload(next)
  keepConnections(parts)
}

async function takeUpCatalogue({ catalogue, inForce, log }: TakeUpParts): Promise<void> {
  try {
    if (await catalogue.load()) inForce.takeUpTable()
  } catch (cause) {
    log.error({ cause: inspect(cause) }, 'no catalogue')
  }
}

/** Those to providers that no route leads to any more are closed. */
function keepConnections({ path, inForce }: TakeUpParts): void {
  path.sender.keep(new Set(inForce.snapshot().table.providers.values()))
}
