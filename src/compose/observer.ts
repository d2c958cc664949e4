/** What watches finished requests: metrics, records and the log. */

import { inspect } from 'node:util'
import type { LiveEvents } from '../admin/live-events.ts'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import type { GatewayParts, Snapshot } from '../gateway/parts.ts'
import { toSummary } from '../records/admin.ts'
import type { RecordStore } from '../records/port.ts'
import type { RequestRecord } from '../records/record.ts'
import { createRecorder } from '../records/recorder.ts'
import type { Health } from '../routing/health.ts'
import { type Log, logError } from '../telemetry/log.ts'
import { createMetrics, type Metrics, type MetricSources } from '../telemetry/metrics.ts'
import type { Alerting } from './alerts.ts'
import type { Closers } from './closers.ts'
import { startTracing } from './tracing.ts'

export interface Observer {
  readonly metrics: Metrics
  /** Counts, records and traces one finished request. */
  readonly observe: GatewayParts['onRecord']
  readonly onError: GatewayParts['onError']
  /** Writes the records that wait to be written. */
  readonly flush: () => Promise<void>
  /** Shows finished requests to parts that are built after the request path, because they use it. */
  show(...to: readonly ((record: RequestRecord) => void)[]): void
}

interface ObserverParts {
  readonly config: Config
  readonly log: Log
  readonly clock: Clock
  readonly records: RecordStore
  readonly closers: Closers
  readonly openRequests: () => number
  readonly health: Health
  readonly budgets: MetricSources['budgets']
  readonly snapshot: () => Snapshot
  readonly events: LiveEvents
  readonly alerting: Pick<Alerting, 'observe'>
}

export async function createObserver({
  config,
  log,
  clock,
  records,
  closers,
  openRequests,
  health,
  budgets,
  snapshot,
  events,
  alerting,
}: ObserverParts): Promise<Observer> {
  const metrics = createMetrics({
    openRequests,
    budgets,
    breakers: () =>
      // Names of other models come from callers: they are no labels.
      health.list().filter(({ provider, model }) => snapshot().table.targets.has(`${provider}/${model}`)),
  })
  const recorder = createRecorder({
    store: records,
    clock,
    onError(cause, dropped) {
      metrics.countDroppedRecords(dropped)
      log.error({ cause: inspect(cause), dropped }, 'request records could not be written')
    },
    retention: { days: config.records.retentionDays, maxBytes: config.records.maxBytes },
  })
  closers.add(() => recorder.close())
  const tracing = await startTracing({ config, log, metrics, closers, snapshot })
  const lookers: ((record: RequestRecord) => void)[] = []
  return {
    metrics,
    observe(record, traceparent) {
      metrics.observe(record)
      if (config.records.enabled) recorder.record(record)
      tracing?.record(record, traceparent)
      events.publish('request', record.org, () => toSummary(record), record)
      alerting.observe(record)
      for (const look of lookers) look(record)
    },
    onError(error, requestId) {
      metrics.countRefusal(error.code)
      logError(log, error, requestId)
    },
    flush: () => recorder.flush(),
    show: (...to) => void lookers.push(...to),
  }
}
