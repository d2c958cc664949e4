/** Builds what works beside the request path and through it: samples, drift, evaluations, feedback, prices, batches. */

import type { LiveEvents } from '../admin/live-events.ts'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import type { Snapshot } from '../gateway/parts.ts'
import type { ModelWatch } from '../models/watch.ts'
import type { AttemptParts } from '../routing/make-attempt.ts'
import type { Log } from '../telemetry/log.ts'
import { driftAccount } from './accounts.ts'
import type { Access } from './access.ts'
import type { Alerting } from './alerts.ts'
import { type Batching, createBatching } from './batches.ts'
import type { CatalogueSource } from './catalogue-source.ts'
import type { Closers } from './closers.ts'
import { createDrift, type DriftWatcher } from './drift.ts'
import { composeEvals, type RunningEvals } from './evals.ts'
import type { RunningExperiments } from './experiments.ts'
import { composeFeedback, type RunningFeedback } from './feedback.ts'
import { openModelWatch } from './model-watch.ts'
import { createPricedAsk } from './priced-ask.ts'
import type { RequestPath } from './request-path.ts'
import type { RolloutComposition } from './rollout.ts'
import { composeSamples, type RunningSamples } from './samples.ts'
import type { Stores } from './stores.ts'

export interface FeatureParts {
  /** The configuration in force. */
  readonly config: () => Config
  readonly snapshot: () => Snapshot
  readonly stores: Stores
  readonly access: Pick<Access, 'teamOf' | 'keyFor' | 'actingFor' | 'checkModels'>
  readonly catalogue: CatalogueSource
  readonly path: RequestPath
  readonly rollout: RolloutComposition
  readonly experimenting: RunningExperiments
  readonly alerting: Alerting
  readonly events: LiveEvents
  /** A command runs what it is asked to, and no schedule. */
  readonly hasSchedule: boolean
  readonly clock: Clock
  readonly routing: AttemptParts
  readonly log: Log
  readonly closers: Closers
}

export interface Features {
  readonly samples: RunningSamples
  readonly drift: DriftWatcher
  readonly evaluating: RunningEvals
  readonly feedback: RunningFeedback
  readonly modelWatch: ModelWatch
  readonly batching: Batching
}

export function composeFeatures(parts: FeatureParts): Features {
  const { config, snapshot, stores, path, rollout, experimenting, clock, log, closers } = parts
  const base = { config, clock, log, closers }
  const { experiments } = experimenting
  const catalogue = () => parts.catalogue.get()
  const samples = composeSamples({
    ...base,
    askAs: path.askAs,
    catalogue,
    costOf: experimenting.costOf,
    store: stores.shadow,
    experiments,
  })
  closers.add(() => samples.close())
  const drift = createDrift({
    ...base,
    store: stores.drift,
    rollout,
    payloads: path.recording.payloads,
    alerts: parts.alerting.alerts,
    access: parts.access,
    ask: createPricedAsk(path.askAs(driftAccount), catalogue, clock),
    embed: path.embedAs(driftAccount),
    hasSchedule: parts.hasSchedule,
  })
  closers.add(() => drift.close())
  const evaluating = composeEvals({
    ...base,
    ...path,
    access: parts.access,
    table: () => snapshot().table,
    store: stores.evals,
    isShared: stores.sharedLedger !== undefined,
    retentionDays: () => config().evals.retentionDays,
    catalogue,
    allowsPrivateNetwork: () => config().evals.webhooks.allowPrivateNetwork,
  })
  const feedback = composeFeedback({ ...base, stores, experiments, snapshot })
  closers.add(() => feedback.desk.close())
  const modelWatch = openModelWatch({ ...base, catalogue })
  const batching = createBatching({
    ...base,
    stores,
    ...path,
    snapshot,
    ledger: path.books.ledger,
    ledgerStore: path.books.store,
    lookUp: async () => parts.catalogue.inForce(),
    chargedFor: (requestId) => path.books.store.chargedFor(requestId),
    events: parts.events,
    access: parts.access,
    routing: parts.routing,
  })
  return { samples, drift, evaluating, feedback, modelWatch, batching }
}
