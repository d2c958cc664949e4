/** The administration routes of alarms: what people do about them. */

import { z } from 'zod'
import { isoTime } from '../admin/query.ts'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { alarmShape, toAlarm } from './admin-shapes.ts'
import type { Alarm, DriftStore } from './port.ts'

export interface AlarmRouteParts {
  readonly store: Pick<DriftStore, 'alarms' | 'putAlarm'>
  readonly clock: Clock
}

export function alarmRoutes({ store, clock }: AlarmRouteParts): AdminRoute[] {
  async function alarmOf(org: string, id: string | undefined): Promise<Alarm> {
    const alarm = (await store.alarms(org)).find((each) => each.id === id)
    if (alarm === undefined) throw new GatewayError('not_found', 'There is no alarm with this id.')
    return alarm
  }
  return [
    adminRoute({
      method: 'GET',
      path: '/drift/alarms',
      policy: 'traffic:read',
      summary: 'The alarms of golden sets, newest first.',
      response: z.object({ data: z.array(alarmShape) }),
      run: async ({ org }) => ({ body: { data: (await store.alarms(org)).map(toAlarm) } }),
    }),
    adminRoute({
      method: 'GET',
      path: '/drift/alarms/{id}',
      policy: 'traffic:read',
      summary: 'One alarm of a golden set.',
      response: alarmShape,
      run: async ({ org, params }) => ({ body: toAlarm(await alarmOf(org, params['id'])) }),
    }),
    adminRoute({
      method: 'PATCH',
      path: '/drift/alarms/{id}',
      policy: 'operations:write',
      audit: { action: 'drift.alarm', object: ({ params }) => `alarm:${params['id'] ?? ''}` },
      summary: 'Acknowledges, silences or resolves an alarm.',
      body: alarmBody,
      response: alarmShape,
      async run({ org, actor, params, body: { state, by = actor, until } }) {
        if ((state === 'silenced') !== (until !== undefined)) throw notOneTime()
        const { untilMs: _before, ...rest } = await alarmOf(org, params['id'])
        const changed: Alarm = {
          ...rest,
          state,
          changedAtMs: clock.nowMs(),
          changedBy: by,
          ...(until !== undefined && { untilMs: until }),
        }
        await store.putAlarm(changed)
        return { body: toAlarm(changed) }
      },
    }),
  ]
}

const notOneTime = (): GatewayError =>
  new GatewayError(
    'invalid_request',
    '`until` says how long an alarm is silenced: it belongs to `silenced`, and only there.',
  )

const alarmBody = z.strictObject({
  state: z.enum(['open', 'acknowledged', 'silenced', 'resolved']),
  by: z.string().min(1).max(200).optional().describe('Who decides; who calls, where absent.'),
  until: isoTime.optional().describe('Until when it is silenced.'),
})
