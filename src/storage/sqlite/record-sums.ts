/** Sums up request records in the thread of a reader, along the index by time where that holds all that is asked. */

import { sql } from 'kysely'
import type { RecordSum, RecordSums } from '../../records/port.ts'
import { createQueryBuilder } from './kysely.ts'
import { durationMs, filtersOf, scanOf } from './record-filters.ts'
import type { RecordTables } from './record-migrations.ts'
import type { Reader } from './reader.ts'

const builder = createQueryBuilder<RecordTables>()
/** A logarithm of less would be of no use. */
const leastMs = 0.01

export function createRecordSums(reader: Pick<Reader, 'all'>): RecordSums {
  return {
    async of(query) {
      const { startMs, stepMs, classWidth } = query
      const { sql: text, parameters } = builder
        .selectFrom('request_records')
        .select([
          sql<number>`cast((at_ms - ${startMs}) / ${stepMs} as integer)`.as('step'),
          sql<number>`status >= 400`.as('failed'),
          sql<number>`cast(round(ln(max(${durationMs}, ${leastMs})) / ${classWidth}) as integer)`.as('class'),
          sql<number>`count(*)`.as('requests'),
          sql<number>`ifnull(sum(cost_nano_usd), 0)`.as('cost'),
          sql<number>`sum(cost_nano_usd is null)`.as('unknown'),
        ])
        .where((eb) => eb.and([...scanOf(query), ...filtersOf(query)]))
        .groupBy(['step', 'failed', 'class'])
        .compile()
      const rows = await reader.all(text, parameters as readonly (string | number)[])
      return rows.map((row): RecordSum => ({
        step: Number(row['step']),
        isError: row['failed'] === 1,
        durationClass: Number(row['class']),
        requests: Number(row['requests']),
        costNanoUsd: Number(row['cost']),
        costsUnknown: Number(row['unknown']),
      }))
    },
  }
}
