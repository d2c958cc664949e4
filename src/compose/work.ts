/** Starts what works by itself while the gateway runs: schedules, watches and deliveries. */

import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../telemetry/log.ts'
import type { Alerting } from './alerts.ts'
import { watchBooks } from './books-watch.ts'
import type { Closers } from './closers.ts'
import type { Features } from './features.ts'
import type { Foundation } from './foundation.ts'
import type { RequestPath } from './request-path.ts'

export interface WorkParts extends Foundation, Features {
  /** What was loaded first. */
  readonly initial: Config
  readonly config: () => Config
  readonly path: RequestPath
  readonly alerting: Alerting
  readonly clock: Clock
  readonly log: Log
  readonly closers: Closers
}

/** Not for a command: its gateway does what it is asked to, and ends. */
export function startWork(parts: WorkParts): void {
  const { inForce, stores, path, alerting, config, clock, log, closers } = parts
  const { routes } = inForce.snapshot().table
  void path.examples.prepare(routes)
  if (routes.size > 0) void parts.modelWatch.look()
  alerting.start()
  const { budgets } = path.books
  watchBooks({ config, alerts: alerting.alerts, store: stores.alerts, budgets, clock, log, closers })
  parts.batching.start()
  parts.experimenting.experiments.start()
  parts.feedback.desk.start()
  void parts.drift.reload(parts.initial)
}
