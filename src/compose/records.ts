/** The administration of request records: figures, sums, export, search, and one record whole. */

import type { AdminRoute } from '../admin/route.ts'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import { type RecordRouteParts, recordRoutes } from '../records/admin.ts'
import { exportRoutes } from '../records/export-admin.ts'
import { figureRoutes } from '../records/figures-admin.ts'
import { createRequestFigures } from '../records/figures.ts'
import type { RecordRanking, RecordStore, RecordSums } from '../records/port.ts'
import { summaryRoutes } from '../records/summary-admin.ts'
import { WindowFigures } from '../records/window-figures.ts'

interface RecordNeeds extends Pick<RecordRouteParts, 'keysOfTeams'> {
  readonly config: () => Config
  readonly clock: Clock
  readonly records: RecordStore
  readonly sums: RecordSums
  readonly ranking: RecordRanking
}

/** Of two rows that match a path the first one answers: the one of any id comes last. */
export function composeRecordRoutes(needs: RecordNeeds): readonly AdminRoute[] {
  const { config, clock, records, sums, ranking, keysOfTeams } = needs
  const nowMs = () => clock.nowMs()
  const parts = { store: records, ranking, keysOfTeams, retentionDays: () => config().records.retentionDays }
  return [
    ...figureRoutes({
      figures: createRequestFigures(records, nowMs),
      windows: new WindowFigures(sums, nowMs),
      keysOfTeams,
      nowMs,
    }),
    ...summaryRoutes({ sums, keysOfTeams, nowMs }),
    ...exportRoutes(parts),
    ...recordRoutes(parts),
  ]
}
