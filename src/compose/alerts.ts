/** Builds alerts: what is watched, where it is told, and the rows of the administration. */

import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import type { LiveEvents } from '../admin/live-events.ts'
import type { AdminRoute } from '../admin/route.ts'
import { alertRoutes } from '../alerts/admin.ts'
import { concernOf, toView } from '../alerts/alert.ts'
import { type Alerts, createAlerts } from '../alerts/alerts.ts'
import type { Channel } from '../alerts/channel.ts'
import { FailureWatch, tellFailures, type Verdicts } from '../alerts/failure-rate.ts'
import { judgeRetirements, type WatchedModel, watchPrices } from '../alerts/model-watch.ts'
import { createOutbox } from '../alerts/outbox.ts'
import { ParkedCredentials } from '../alerts/parked-credentials.ts'
import type { AlertStore, MarkStore, SpendStore } from '../alerts/port.ts'
import { rulesOf } from '../alerts/rules.ts'
import { judgeAges } from '../alerts/secret-age.ts'
import { SpendWatch } from '../alerts/spend-watch.ts'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import { createIdFactory } from '../core/id.ts'
import type { Snapshot } from '../gateway/parts.ts'
import type { RequestRecord } from '../records/record.ts'
import type { HealthChange } from '../routing/health.ts'
import type { RoutingTable } from '../routing/plan.ts'
import { isRoute } from '../routing/route.ts'
import type { Log } from '../telemetry/log.ts'
import type { Access } from './access.ts'
import { createChannels } from './alert-channels.ts'
import type { CatalogueSource } from './catalogue-source.ts'
import type { Closers } from './closers.ts'
import { agedSecrets } from './secret-age.ts'

export interface AlertingParts {
  readonly config: () => Config
  readonly stores: { readonly alerts: AlertStore; readonly spend: SpendStore; readonly marks: MarkStore }
  readonly snapshot: () => Snapshot
  readonly access: Pick<Access, 'directory' | 'teamOf'>
  readonly catalogue: CatalogueSource
  readonly events: LiveEvents
  readonly clock: Clock
  readonly log: Log
  readonly closers: Closers
}

export interface Alerting {
  /** For every part that has something to report. */
  readonly alerts: Alerts
  readonly routes: readonly AdminRoute[]
  observe(record: RequestRecord): void
  onHealthChange(change: HealthChange): void
  /** Takes up the channels of a new configuration. */
  reload(next: Config): void
  /** Begins to deliver, and to look at what only time shows. */
  start(): void
}

const lookMs = 15_000
const dailyMs = 86_400_000
const retentionMs = 90 * dailyMs

export function createAlerting(parts: AlertingParts): Alerting {
  const { config, stores, access, events, clock, log, closers } = parts
  const newId = createIdFactory(randomBytes, clock, 'alert_')
  let channels = createChannels(config().alerts, clock)
  const onError = (cause: unknown) =>
    log.error({ cause: inspect(cause) }, 'alerts could not be stored or read')
  const outbox = createOutbox({
    store: stores.alerts,
    channels: () => channels,
    clock,
    random: Math.random,
    onFailure: ({ channel, id }, cause, isGivenUp) =>
      log.warn({ channel, delivery: id, cause: messageOf(cause), isGivenUp }, 'an alert was not delivered'),
    onError,
  })
  const alerts = createAlerts({
    store: stores.alerts,
    clock,
    newId,
    channelsFor: (kind) =>
      channels.filter(({ kinds }) => kinds?.includes(kind) ?? true).map(({ name }) => name),
    onNotice({ occasion, alert }) {
      log.warn({ alert: alert.id, kind: alert.kind, occasion }, alert.summary)
      events.publish('alert', alert.org, () => ({ occasion, alert: toView(alert) }), concernOf(alert))
      outbox.wake()
    },
    onError,
  })
  const watch = createWatch(parts, alerts)
  closers.add(async () => {
    await watch.close()
    await alerts.settled()
    await outbox.close()
    await closeAll(channels)
  })
  return {
    alerts,
    routes: alertRoutes({
      store: stores.alerts,
      channels: () => channels,
      rules: () => rulesOf(config().alerts),
      teamOf: access.teamOf,
      clock,
      newId,
    }),
    observe: watch.observe,
    onHealthChange: watch.onHealthChange,
    reload(next) {
      void closeAll(channels).catch(onError)
      channels = createChannels(next.alerts, clock)
    },
    start() {
      outbox.start()
      watch.start()
    },
  }
}

/** What turns records, health and time into signals. */
function createWatch(
  { config, stores, snapshot, access, catalogue, clock, log }: AlertingParts,
  alerts: Alerts,
) {
  const rules = () => config().alerts.rules
  const failures = new FailureWatch()
  const parked = new ParkedCredentials()
  const spend = new SpendWatch({
    store: stores.spend,
    clock,
    async prices() {
      const find = await catalogue.inForce()
      return (provider, model) => find(provider, model)?.price
    },
    rule() {
      const { score, minUsd } = rules().spendAnomaly
      return { score, minNanoUsd: Math.round(minUsd * 1e9) }
    },
  })
  const tell = ({ raised, resolved }: Verdicts) => {
    for (const signal of raised) alerts.raise(signal)
    for (const what of resolved) alerts.resolve(what)
  }
  const judgeFailures = () => {
    tellFailures(failures, failures.judge(rules().providerFailures, clock.monotonicMs()), alerts)
  }
  const resume = async () => {
    for (const alert of await stores.alerts.open()) {
      if (alert.kind === 'provider-failures') failures.resume(alert, clock.monotonicMs())
      else if (alert.kind === 'credential-parked') parked.resume(alert, clock.monotonicMs())
      else if (alert.kind === 'spend-anomaly') spend.resume(alert)
    }
  }
  let isResumed = false
  let dailyAtMs = 0
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined

  const judgeSecrets = async () => {
    const nowMs = clock.nowMs()
    const { keyAgeDays, credentialAgeDays } = rules()
    const ages = { 'key-age': keyAgeDays, 'credential-age': credentialAgeDays }
    const secrets = await agedSecrets(config(), access.directory, stores.marks, nowMs)
    tell(judgeAges(secrets, await stores.alerts.open(), ages, nowMs))
  }
  const look = async () => {
    if (!isResumed) await resume()
    isResumed = true
    judgeFailures()
    for (const what of parked.over(clock.monotonicMs())) alerts.resolve(what)
    tell(await spend.judge())
    if (clock.nowMs() < dailyAtMs) return
    const models = modelsOf(snapshot().table)
    await judgeSecrets()
    tell(judgeRetirements(models, await stores.alerts.open(), rules().retirementDays, clock.nowMs()))
    await watchPrices(models, { marks: stores.marks, nowMs: clock.nowMs(), raise: alerts.raise })
    await stores.alerts.prune(clock.nowMs() - retentionMs)
    // Only now: what a fault of the store has kept from being judged is judged at the next look.
    dailyAtMs = clock.nowMs() + dailyMs
  }
  const lookOnce = () => {
    looking ??= look()
      .catch((cause: unknown) => log.error({ cause: inspect(cause) }, 'alerts could not be judged'))
      .finally(() => (looking = undefined))
  }
  return {
    observe(record: RequestRecord) {
      failures.note(record, clock.monotonicMs())
      spend.note(record)
      // Judged at once only where something failed: good news can wait.
      if (record.attempts.some(({ code }) => code !== undefined)) judgeFailures()
    },
    onHealthChange(change: HealthChange) {
      if (change.kind === 'credential-parked') alerts.raise(parked.park(change, clock.monotonicMs()))
    },
    start() {
      timer = setInterval(lookOnce, lookMs).unref()
      lookOnce()
    },
    async close() {
      clearInterval(timer)
      await looking
    },
  }
}

function modelsOf({ routes }: RoutingTable): WatchedModel[] {
  const entries = [...routes.values()].flatMap((route) => route.entries)
  const models = entries.flatMap(({ name, to }) => (isRoute(to) || !to.info ? [] : [{ name, info: to.info }]))
  return [...new Map(models.map((model) => [model.name, model])).values()]
}

async function closeAll(channels: readonly Channel[]): Promise<void> {
  await Promise.all(channels.map((channel) => channel.close()))
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
