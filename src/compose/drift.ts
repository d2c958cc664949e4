/** The watch for drift: golden sets of the configuration, their schedule, and the routes of the administration. */

import { randomBytes } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import { inspect } from 'node:util'
import type { AdminRoute } from '../admin/route.ts'
import type { Alerts } from '../alerts/alerts.ts'
import type { Config } from '../config/load.ts'
import type { EmbedTexts } from '../core/ask.ts'
import type { Clock } from '../core/clock.ts'
import { createIdFactory } from '../core/id.ts'
import { driftRoutes } from '../drift/admin.ts'
import type { RecordedTraffic } from '../drift/recorded-admin.ts'
import { readGoldenFiles } from '../drift/golden-files.ts'
import type { AskPriced, DriftAlert, DriftStore, TellAlert } from '../drift/port.ts'
import type { Kept } from '../drift/golden-shelf.ts'
import { Scheduler } from '../drift/scheduler.ts'
import { createSchedules } from '../drift/schedules.ts'
import { TrafficMeter } from '../drift/traffic-meter.ts'
import { DriftWatch } from '../drift/watch.ts'
import { createSchemaGrader } from '../judgement/assertions/json-schemas.ts'
import { createRegexRunner } from '../judgement/assertions/regex.ts'
import type { PayloadReader } from '../payloads/port.ts'
import type { RequestRecord } from '../records/record.ts'
import type { Access } from './access.ts'
import { promptsOfRoute } from './datasets.ts'
import type { RolloutComposition } from './rollout.ts'
import type { Log } from '../telemetry/log.ts'

export interface DriftParts {
  readonly store: DriftStore
  readonly rollout: Pick<RolloutComposition, 'moveOnDrift' | 'rollout'>
  readonly payloads: PayloadReader
  readonly clock: Clock
  readonly log: Log
  readonly alerts: Alerts
  readonly access: Pick<Access, 'checkModels'>
  /** On an account of its own, so that a budget can be set for it. */
  readonly ask: AskPriced
  readonly embed: EmbedTexts
  /** A command runs what it is asked to, and no schedule. */
  readonly hasSchedule: boolean
}

export interface DriftWatcher {
  /** Counts a finished request into the passive watch. */
  observe(record: RequestRecord): void
  readonly routes: readonly AdminRoute[]
  /** Takes up the golden sets of a configuration. What is wrong with one is logged, and the others go on. */
  reload(config: Config): Promise<void>
  close(): Promise<void>
}

const org = 'default'
const tickMs = 5_000

export function createDrift(parts: DriftParts): DriftWatcher {
  const { store, rollout, clock, log, alerts, ask, embed, hasSchedule } = parts
  const newId = createIdFactory(randomBytes, clock, 'drift_')
  const tell: TellAlert = (alert) => tellAlerts(alert, alerts)
  const schemas = createSchemaGrader()
  const watch = new DriftWatch({
    store,
    clock,
    newId,
    tell,
    onConfirmed: (confirmed) => rollout.moveOnDrift(confirmed),
    ask,
    embed,
    grading: { regex: createRegexRunner(), schemas },
  })
  const instance = newId()
  const meter = new TrafficMeter({ store, clock, instance, tell })
  const schedules = createSchedules({
    store,
    shelf: watch.shelf,
    clock,
    org,
    onFault: (set, cause) => log.error({ set, cause: inspect(cause) }, 'a golden set cannot be used'),
  })
  const scheduler = new Scheduler({
    watch,
    schedules,
    store,
    clock,
    org,
    instance,
    newId,
    retentionDays: () => retentionDays,
    tell,
    onError: (cause) => log.error({ cause: inspect(cause) }, 'a golden run could not be made'),
  })
  let retentionDays = 400 // until the first configuration
  const timer = hasSchedule ? setInterval(tick, tickMs) : undefined
  timer?.unref()

  function tick(): void {
    const failed = (cause: unknown) =>
      log.error({ cause: inspect(cause) }, 'the watch for drift cannot be kept')
    scheduler.tick().catch(failed)
    meter.tick().catch(failed)
  }

  return {
    observe: (record) => meter.observe(record),
    routes: driftRoutes({
      watch,
      store,
      schedules,
      clock,
      check: (call, { target, judge, embedder = [] }) =>
        parts.access.checkModels(call, [target, ...(judge?.targets ?? []), embedder].flat()),
      progress: new Map(),
      onChange: () => scheduler.lookSoon(),
      traffic: recordedTraffic(parts),
    }),
    async reload(config) {
      retentionDays = config.drift.retentionDays
      const folder = config.file === undefined ? process.cwd() : dirname(config.file)
      const kept: Kept[] = []
      for (const file of config.drift.sets) {
        try {
          kept.push(await watch.shelf.keep(org, await readGoldenFiles(resolve(folder, file))))
        } catch (cause) {
          log.error({ file, cause: (cause as Error).message }, 'a golden set cannot be used')
        }
      }
      schedules.configure(kept)
      scheduler.lookSoon()
    },
    async close() {
      clearInterval(timer)
      await scheduler.stop()
      // Hours of one instance are a hint that others have too: no reason for a stop to fail.
      await meter
        .flush()
        .catch((cause: unknown) =>
          log.warn(
            { since: new Date(meter.unwrittenSinceMs).toISOString(), cause: inspect(cause) },
            'the database is away: what was seen of live answers since then is lost to the watch for drift',
          ),
        )
      await schemas.close()
    },
  }
}

const pageSize = 200
/** What Weir itself asks is no traffic. */
const ownTags: ReadonlySet<string> = new Set(['drift', 'eval'])

function recordedTraffic({ payloads, rollout }: DriftParts): RecordedTraffic {
  return {
    async page(query) {
      const { data, nextCursor } = await payloads.list({ ...query, limit: pageSize })
      const asks = data.flatMap(({ id, atMs, status, tags, content }) => {
        const isAsk = content?.answer !== undefined && status < 400 && !tags.some((tag) => ownTags.has(tag))
        return isAsk ? [{ id, atMs, request: content.request }] : []
      })
      return { data: asks, lookedAt: data.length, ...(nextCursor !== undefined && { nextCursor }) }
    },
    promptsOf: (route) => promptsOfRoute(rollout.rollout, route),
  }
}

/** One alert of a set goes on while it lasts: a warning that becomes drift is the same alert, more severe. */
function tellAlerts(alert: DriftAlert, alerts: Alerts): void {
  const { org, kind, set, target, runId, title, lines } = alert
  const subject = set
  const ofRoute = `${set}: route`
  if (kind === 'clean') {
    alerts.resolve({ org, kind: 'drift', subject: ofRoute })
    return alerts.resolve({ org, kind: 'drift', subject })
  }
  alerts.raise({
    org,
    kind: 'drift',
    subject: kind === 'route' ? ofRoute : subject,
    severity: kind === 'drift' || kind === 'route' || alert.isBlind ? 'critical' : 'warning',
    summary: title,
    detail: { set, target, run: runId, verdict: kind, reasons: [...lines] },
  })
}
