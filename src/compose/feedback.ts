/** Feedback from callers: matched with the records of this instance, counted by experiments. */

import { inspect } from 'node:util'
import type { AdminRoute } from '../admin/route.ts'
import type { Config } from '../config/load.ts'
import type { CallerIdentity } from '../core/caller-route.ts'
import type { Clock } from '../core/clock.ts'
import type { Experiments } from '../experiments/experiments.ts'
import { feedbackRoutes } from '../feedback/admin.ts'
import { feedbackCallerRoutes } from '../feedback/caller-routes.ts'
import { FeedbackDesk } from '../feedback/desk.ts'
import type { FeedbackStore } from '../feedback/port.ts'
import type { Snapshot } from '../gateway/parts.ts'
import { callerSideRoute } from '../http/caller-routes.ts'
import type { SideRoute } from '../http/side-routes.ts'
import type { RecordStore } from '../records/port.ts'
import type { Log } from '../telemetry/log.ts'

export interface FeedbackComposition {
  readonly config: () => Config
  readonly stores: { readonly feedback: FeedbackStore; readonly records: RecordStore }
  readonly experiments: Experiments
  readonly snapshot: () => Snapshot
  readonly clock: Clock
  readonly log: Log
}

export interface RunningFeedback {
  readonly desk: FeedbackDesk
  readonly sideRoutes: readonly SideRoute[]
  readonly routes: readonly AdminRoute[]
}

export function composeFeedback(parts: FeedbackComposition): RunningFeedback {
  const { config, stores, experiments, snapshot, clock, log } = parts
  const desk = new FeedbackDesk({
    store: stores.feedback,
    clock,
    find: (org, requestId) => stores.records.get(org, requestId),
    onScore({ org, route, experiment }, change) {
      if (route !== undefined && experiment)
        experiments.addOutcome({ org, route }, experiment, 'feedback', change)
    },
    retentionDays: () => config().feedback.retentionDays,
    onError: (cause) => log.error({ cause: inspect(cause) }, 'feedback cannot be matched'),
  })
  const identify = async (caller: CallerIdentity) => snapshot().keyring.identify(caller)
  return {
    desk,
    sideRoutes: [callerSideRoute('/v1/feedback', feedbackCallerRoutes({ desk, clock, identify }))],
    routes: feedbackRoutes(stores.feedback),
  }
}
