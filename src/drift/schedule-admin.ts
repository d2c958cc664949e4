/** The administration routes which decide when a golden set runs by itself. */

import { z } from 'zod'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { defined } from '../core/json.ts'
import { clockHours } from './golden.ts'
import type { SetTimes } from './port.ts'
import type { Schedules } from './schedules.ts'
import type { CheckSet } from './set-admin.ts'
import type { DriftWatch } from './watch.ts'

export interface ScheduleRouteParts {
  readonly watch: Pick<DriftWatch, 'shelf'>
  readonly schedules: Schedules
  readonly check: CheckSet
  /** What was decided counts from now on, and not from the next look on. */
  readonly onChange: () => void
}

export function scheduleRoutes({
  watch,
  schedules,
  check,
  onChange,
}: ScheduleRouteParts): readonly AdminRoute[] {
  const object = ({ params }: { params: Readonly<Record<string, string>> }) =>
    `golden-set:${params['set'] ?? ''}`
  return [
    adminRoute({
      method: 'PUT',
      path: '/drift/{set}/schedule',
      isOfInstance: true,
      policy: 'operations:write',
      audit: { action: 'drift.schedule', object },
      summary: 'Decides when a kept golden set runs by itself, on one of all instances.',
      body: scheduleBody,
      response: scheduleBody,
      async run(call) {
        const { org, actor, params, body } = call
        const name = params['set'] ?? ''
        check(call, (await watch.shelf.open(org, name)).set)
        await schedules.decide(org, name, toTimes(body), actor)
        onChange()
        return { body }
      },
    }),
    adminRoute({
      method: 'DELETE',
      path: '/drift/{set}/schedule',
      isOfInstance: true,
      policy: 'operations:write',
      audit: { action: 'drift.unschedule', object },
      summary: 'Takes that back: the set runs by its own schedule if the configuration names it, else not.',
      async run({ org, params }) {
        await schedules.forget(org, params['set'] ?? '')
        onChange()
        return { status: 204 }
      },
    }),
  ]
}

const scheduleBody = z.strictObject({
  schedule: z
    .string()
    .min(1)
    .max(100)
    .nullable()
    .describe('A cron expression; null: only when it is asked to.'),
  timezone: z.string().min(1).max(64).optional().describe('Absent: that of the set.'),
  quiet: clockHours.max(20).optional().describe('Hours in which no run starts. Absent: those of the set.'),
  jitter_seconds: z.int().min(0).max(3_600).optional().describe('Absent: that of the set.'),
})

function toTimes({
  schedule,
  timezone,
  quiet,
  jitter_seconds: seconds,
}: z.output<typeof scheduleBody>): SetTimes | undefined {
  if (schedule === null) return undefined
  const jitterMs = seconds === undefined ? undefined : seconds * 1000
  return { schedule, ...defined({ timezone, quiet, jitterMs }) }
}
