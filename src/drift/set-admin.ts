/** The administration routes of golden sets and their baselines. */

import { z } from 'zod'
import { type AdminCall, type AdminRoute, adminRoute } from '../admin/route.ts'
import type { Clock } from '../core/clock.ts'
import { baselineShape, setShape, toAlarm, toBaseline, toRun } from './admin-shapes.ts'
import { nextRunMs } from './due.ts'
import { keepSent } from './golden-shelf.ts'
import type { GoldenSet } from './golden.ts'
import type { DriftStore } from './port.ts'
import type { Scheduled, Schedules } from './schedules.ts'
import type { DriftWatch } from './watch.ts'

/** Throws `permission_denied` where the caller may not have the models of the set asked. */
export type CheckSet = (call: Pick<AdminCall, 'caller'>, set: GoldenSet) => void

export interface SetRouteParts {
  readonly watch: DriftWatch
  readonly store: DriftStore
  readonly schedules: Pick<Schedules, 'inForce'>
  readonly check: CheckSet
  readonly clock: Clock
}

export function setRoutes({ watch, store, schedules, check, clock }: SetRouteParts): AdminRoute[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/drift',
      policy: 'traffic:read',
      summary: 'The golden sets with their baselines, their last runs and their open alarms.',
      response: z.object({ data: z.array(setShape) }),
      async run({ org }) {
        const names = [...(await store.goldenVersions(org)).keys()].toSorted()
        const inForce = await schedules.inForce()
        const scheduledOf = (name: string) => inForce.find(({ set }) => set.name === name)
        return {
          body: { data: await Promise.all(names.map((name) => statusOf(org, name, scheduledOf(name)))) },
        }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/drift/golden-sets/{name}',
      policy: 'traffic:read',
      summary: 'One golden set with its baseline, its last run and its open alarm.',
      response: setShape,
      async run({ org, params }) {
        const name = params['name'] ?? ''
        const scheduled = (await schedules.inForce()).find(({ set }) => set.name === name)
        return { body: await statusOf(org, name, scheduled) }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/drift/{set}/accept',
      isOfInstance: true,
      policy: 'operations:write',
      audit: { action: 'drift.accept', object: ({ params }) => `golden-set:${params['set'] ?? ''}` },
      summary: 'Begins the next baseline: what the target does now is right.',
      body: acceptBody,
      response: baselineShape,
      async run({ org, actor, params, body }) {
        const { by = actor, reason, last_runs: lastRuns } = body
        const { set } = await watch.shelf.open(org, params['set'] ?? '')
        const accepted = await watch.baselines.accept(org, set, { by, reason, lastRuns })
        return { status: 201, body: toBaseline(accepted, accepted.runIds.length) }
      },
    }),
    adminRoute({
      method: 'PUT',
      path: '/drift/golden-sets/{name}',
      isOfInstance: true,
      policy: 'operations:write',
      audit: { action: 'drift.keep', object: ({ params }) => `golden-set:${params['name'] ?? ''}` },
      summary: 'Keeps a golden set, as a new version where its text is new. Nothing runs yet.',
      body: keepBody,
      response: z.object({ name: z.string(), version: z.int(), prompts: z.int() }),
      async run(call) {
        const { org, params, body } = call
        const { version, set } = await keepSent(watch.shelf, org, body, {
          name: params['name'],
          check: (sent) => check(call, sent),
        })
        return { body: { name: set.name, version: version.version, prompts: set.cases.length } }
      },
    }),
  ]

  async function statusOf(org: string, name: string, scheduled: Scheduled | undefined): Promise<object> {
    const { version, set } = await watch.shelf.open(org, name)
    const known = await store.baseline(org, name)
    const recorded =
      known === undefined
        ? []
        : await store.runs(org, {
            set: name,
            baseline: known.number,
            kinds: ['baseline'],
            isEnded: true,
            limit: 200,
          })
    const [last] = await store.runs(org, { set: name, isEnded: true, limit: 1 })
    const alarms = await store.alarms(org, name)
    const open = alarms.find(({ state }) => state !== 'resolved')
    const valid = recorded.filter(({ verdict }) => verdict !== 'no-data').length + (known?.runIds.length ?? 0)
    const { schedule, timezone } = scheduled?.set ?? {}
    const next = scheduled && nextRunMs(scheduled.set, clock.nowMs())
    return {
      name,
      target: set.target,
      version: version.version,
      prompts: set.cases.length,
      samples: set.samples,
      rollback: set.rollback,
      ...(schedule !== undefined && { schedule, timezone }),
      ...(scheduled?.by !== undefined && { scheduled_by: scheduled.by }),
      ...(next !== undefined && { next_run_at: new Date(next).toISOString() }),
      ...(known && { baseline: { ...toBaseline(known, valid), fits: known.digest === set.digest } }),
      ...(last && { last_run: toRun(last) }),
      ...(open && { alarm: toAlarm(open) }),
    }
  }
}

const acceptBody = z.strictObject({
  by: z.string().min(1).max(200).optional().describe('Who decides; who calls, where absent.'),
  reason: z.string().min(1).max(2_000).describe('Why what the target does now is right.'),
  last_runs: z
    .int()
    .min(0)
    .max(200)
    .default(0)
    .describe('So many of the last runs become the first of the new baseline.'),
})

const keepBody = z.strictObject({
  file: z.string().min(1).describe('The path of the set among `files`.'),
  files: z.record(z.string(), z.string()).describe('Texts by path: the set and all it names.'),
})
