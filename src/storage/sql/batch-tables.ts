/** The tables of batches as queries see them. */

import { sql } from 'kysely'
import { type BatchRow, type DeliveryRow, type JobRow, type LineRow, lineStates } from './batch-rows.ts'

/** Not an interface: Kysely asks for an index signature, which only an alias has. */
export type BatchTables = {
  readonly batches: BatchRow
  readonly batch_lines: LineRow
  readonly batch_deliveries: DeliveryRow
  readonly batch_jobs: JobRow
}

/** The state of lines without a result. Written out, because a bound value finds no partial index. */
export const open = sql.lit(lineStates.open)
export const linesPerStatement = 500
