/** All that the watch for drift keeps, in the database. */

import type { DriftStore } from '../../drift/port.ts'
import type { Database } from './database.ts'
import { createAlarmStore } from './drift-alarm-store.ts'
import { createBaselineStore } from './drift-baseline-store.ts'
import { createGoldenStore } from './drift-golden-store.ts'
import { createLeaseStore } from './drift-lease-store.ts'
import { createDriftRunStore } from './drift-run-store.ts'
import { createScheduleStore } from './drift-schedule-store.ts'
import { createTrafficStore } from './drift-traffic-store.ts'

export function createDriftStore(database: Database): DriftStore {
  return {
    ...createGoldenStore(database),
    ...createScheduleStore(database),
    ...createBaselineStore(database),
    ...createDriftRunStore(database),
    ...createAlarmStore(database),
    ...createTrafficStore(database),
    ...createLeaseStore(database),
  }
}
