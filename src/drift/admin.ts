/** The administration routes of the watch for drift. */

import type { AdminRoute } from '../admin/route.ts'
import { alarmRoutes, type AlarmRouteParts } from './alarm-admin.ts'
import { recordedRoutes, type RecordedRouteParts } from './recorded-admin.ts'
import { runRoutes, type RunRouteParts } from './run-admin.ts'
import { scheduleRoutes, type ScheduleRouteParts } from './schedule-admin.ts'
import { setRoutes, type SetRouteParts } from './set-admin.ts'

export type DriftRouteParts = SetRouteParts &
  RunRouteParts &
  AlarmRouteParts &
  ScheduleRouteParts &
  RecordedRouteParts

/** `/drift` and what is below it. */
export function driftRoutes(parts: DriftRouteParts): readonly AdminRoute[] {
  return [
    ...setRoutes(parts),
    ...runRoutes(parts),
    ...alarmRoutes(parts),
    ...scheduleRoutes(parts),
    ...recordedRoutes(parts),
  ]
}
