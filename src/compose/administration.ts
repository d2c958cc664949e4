/** The administration: the rows that every part has in it, the ways of people into it, and what the control socket serves. */

import { isAdminToken } from '../access/sessions.ts'
import type { LiveEvents } from '../admin/live-events.ts'
import type { AdminRoute } from '../admin/route.ts'
import { auditRoutes } from '../audit/admin.ts'
import type { AuditLog } from '../audit/log.ts'
import { cacheRoutes } from '../cache/admin.ts'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import { evalRoutes } from '../evals/admin.ts'
import type { Snapshot } from '../gateway/parts.ts'
import { adminSideRoutes, controlSideRoutes } from '../http/admin.ts'
import type { SideRoute } from '../http/side-routes.ts'
import { guardrailRoutes } from '../guardrails/admin.ts'
import { ruleViewsOf } from '../guardrails/views.ts'
import { modelRoutes } from '../models/admin.ts'
import { catalogueRoutes } from '../models/catalogue-admin.ts'
import type { ModelWatch } from '../models/watch.ts'
import type { Switches } from '../rollout/switches.ts'
import { providerRoutes } from '../routing/admin.ts'
import type { AttemptParts } from '../routing/make-attempt.ts'
import { createTryProvider } from '../routing/trial.ts'
import type { Log } from '../telemetry/log.ts'
import type { Access } from './access.ts'
import { gatewayAccount } from './accounts.ts'
import type { Alerting } from './alerts.ts'
import { backupRoutes } from './backup.ts'
import type { Batching } from './batches.ts'
import type { Cache } from './cache.ts'
import type { CatalogueSource } from './catalogue-source.ts'
import type { Closers } from './closers.ts'
import { composeDatasets } from './datasets.ts'
import type { DriftWatcher } from './drift.ts'
import type { RunningEvals } from './evals.ts'
import type { RunningExperiments } from './experiments.ts'
import type { RunningFeedback } from './feedback.ts'
import { forgetRoutes } from './forget.ts'
import type { LedgerPart } from './ledger.ts'
import type { Observer } from './observer.ts'
import type { Recording } from './payloads.ts'
import { composeRecordRoutes } from './records.ts'
import type { RequestPath } from './request-path.ts'
import type { RolloutComposition } from './rollout.ts'
import type { RunningSamples } from './samples.ts'
import type { RunningSecrets } from './secrets.ts'
import { settingsRoutes } from './settings.ts'
import { createSignIns, type SignInWays } from './sign-in.ts'
import { composeSecretRoutes } from './stored-secrets.ts'
import type { Stores } from './stores.ts'

export interface AdministrationParts {
  /** The configuration in force. */
  readonly config: () => Config
  readonly stores: Stores
  readonly audit: AuditLog
  readonly access: Access
  readonly secrets: RunningSecrets
  readonly snapshot: () => Snapshot
  readonly catalogue: CatalogueSource
  readonly modelWatch: ModelWatch
  readonly observer: Pick<Observer, 'flush'>
  readonly routing: AttemptParts
  readonly switches: Switches
  readonly askAs: RequestPath['askAs']
  readonly books: LedgerPart
  readonly cache: Cache
  readonly recording: Recording
  readonly rollout: RolloutComposition
  readonly experimenting: RunningExperiments
  readonly feedback: RunningFeedback
  readonly samples: RunningSamples
  readonly drift: DriftWatcher
  readonly evaluating: RunningEvals
  readonly batching: Batching
  readonly alerting: Alerting
  readonly events: LiveEvents
  /** Where the administration listens; empty while it does not. */
  readonly adminUrl: () => string
  readonly clock: Clock
  readonly log: Log
  readonly closers: Closers
}

export interface Administration {
  /** Over the network, for who has signed in or holds the admin token. */
  readonly admin: readonly SideRoute[]
  /** Over the control socket: also what touches files of this machine. */
  readonly control: readonly SideRoute[]
  /** The address that opens an owner's session, once. */
  readonly createLink: SignInWays['createLink']
  readonly dashboardUrl: SignInWays['dashboardUrl']
}

export function composeAdministration(parts: AdministrationParts): Administration {
  const { config, stores, audit, access, books, adminUrl, clock, log, closers } = parts
  const signingIn = createSignIns({
    config,
    tickets: stores.tickets,
    directory: access.directory,
    registrar: access.registrar,
    audit,
    clock,
    log,
    adminUrl,
  })
  closers.add(() => signingIn.close())
  const rows = rowsOf(parts, signingIn)
  const { evals, accountFor } = parts.evaluating
  return {
    admin: adminSideRoutes({
      routes: [...rows, ...evalRoutes(evals, { allowsScripts: false, accountFor })],
      audit,
      isToken: (presented) => isAdminToken(presented, config().admin.token),
      signIns: signingIn.signIns,
    }),
    control: controlSideRoutes({
      routes: [
        ...rows,
        ...backupRoutes(config().dataDir, clock, () => books.bringUp()),
        ...evalRoutes(evals, { allowsScripts: true, accountFor }),
      ],
      audit,
    }),
    createLink: () => signingIn.createLink(),
    dashboardUrl: signingIn.dashboardUrl,
  }
}

/** The same for both ways in. Of two rows that match a path the first one answers. */
function rowsOf(parts: AdministrationParts, signingIn: SignInWays): readonly AdminRoute[] {
  const { config, stores, clock, snapshot, catalogue, recording, batching } = parts
  const table = () => snapshot().table
  return [
    ...parts.rollout.routes,
    ...parts.experimenting.routes,
    ...parts.feedback.routes,
    ...settingsRoutes(config),
    ...catalogueRoutes({
      catalogue: () => catalogue.get(),
      providers: () => snapshot().table.providers.keys(),
      nowMs: () => clock.nowMs(),
    }),
    ...parts.samples.routes,
    ...composeDatasets({
      payloads: recording.payloads,
      feedback: stores.feedback,
      rollout: parts.rollout.rollout,
    }),
    ...modelRoutes(parts.modelWatch),
    ...auditRoutes(stores.audit),
    ...composeRecordRoutes({
      config,
      clock,
      records: stores.records,
      sums: stores.recordSums,
      ranking: stores.recordRanking,
      keysOfTeams: parts.access.keysOfTeams,
    }),
    ...guardrailRoutes({
      rules: () => ruleViewsOf(config().guardrails),
      decisions: stores.decisions,
      nowMs: () => clock.nowMs(),
    }),
    ...parts.books.routes,
    ...parts.access.routes,
    ...signingIn.routes,
    ...parts.alerting.routes,
    ...parts.events.routes,
    ...parts.drift.routes,
    ...cacheRoutes(parts.cache),
    ...recording.routes,
    ...batching.adminRoutes,
    ...forgetRoutes({
      ...stores,
      flushRecords: parts.observer.flush,
      payloads: recording.payloads,
      keysOf: parts.access.keysOf,
      tokenKeysOf: parts.access.tokenKeysOf,
      answers: parts.cache.store,
      semantic: parts.cache.semantic,
      experiments: parts.experimenting.experiments,
      files: batching.files,
      batches: batching.batches,
    }),
    ...composeSecretRoutes({
      settings: () => config().secrets,
      store: stores.secrets,
      clock,
      rewrapOthers: (org) => recording.rewrapKeys(org),
      onChange: () => parts.secrets.refresh(),
    }),
    ...providerRoutes({
      ...parts.routing,
      table,
      switches: parts.switches,
      tryProvider: createTryProvider({
        ask: parts.askAs(gatewayAccount),
        table,
        health: parts.routing.health,
        modelsOf: async (provider) => (await catalogue.get()).list(provider),
        nowMs: () => clock.nowMs(),
      }),
    }),
  ]
}
