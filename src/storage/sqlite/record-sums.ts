/** Sums up request records in the thread of a reader, along the index by time where that holds all that is asked. */

import { type RawBuilder, sql } from 'kysely'
import type { CacheOutcome, RecordSum, RecordSums, RecordSumsQuery } from '../../records/port.ts'
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
      const { sql: text, parameters } = compiled(query)
      const rows = await reader.all(text, parameters as readonly (string | number)[])
      return rows.map(toSum)
    },
  }
}

function compiled({
  startMs,
  stepMs,
  classWidth,
  isDetailed = false,
  isByTarget = false,
  ...filters
}: RecordSumsQuery) {
  const classOf = (ms: RawBuilder<unknown>) =>
    sql<number>`cast(round(ln(max(${ms}, ${leastMs})) / ${classWidth}) as integer)`
  const firstTokenMs = sql`body ->> '$.firstTokenMs'`
  return builder
    .selectFrom('request_records')
    .select([
      sql<number>`cast((at_ms - ${startMs}) / ${stepMs} as integer)`.as('step'),
      sql<number>`status >= 400`.as('failed'),
      classOf(durationMs).as('class'),
      sql<number>`count(*)`.as('requests'),
      sql<number>`ifnull(sum(cost_nano_usd), 0)`.as('cost'),
      sql<number>`sum(cost_nano_usd is null)`.as('unknown'),
    ])
    .$if(isDetailed, (selection) =>
      selection.select([
        sql<number>`iif(${firstTokenMs} is null, null, ${classOf(firstTokenMs)})`.as('first'),
        sql<string>`body ->> '$.cache.outcome'`.as('cache'),
        sql<number>`ifnull(sum(body ->> '$.cache.savedNanoUsd'), 0)`.as('saved'),
      ]),
    )
    .$if(isByTarget, (selection) => selection.select(['provider', 'model']))
    .where((eb) => eb.and([...scanOf(filters), ...filtersOf(filters)]))
    .groupBy(['step', 'failed', 'class'])
    .$if(isDetailed, (selection) => selection.groupBy([sql.ref('first'), sql.ref('cache')]))
    .$if(isByTarget, (selection) => selection.groupBy(['provider', 'model']))
    .compile()
}

function toSum(row: Readonly<Record<string, unknown>>): RecordSum {
  const { first = null, cache = null, saved, provider = null, model = null } = row
  return {
    step: Number(row['step']),
    isError: row['failed'] === 1,
    durationClass: Number(row['class']),
    requests: Number(row['requests']),
    costNanoUsd: Number(row['cost']),
    costsUnknown: Number(row['unknown']),
    ...(first !== null && { firstTokenClass: Number(first) }),
    ...(cache !== null && { cache: cache as CacheOutcome }),
    ...(saved !== undefined && { savedNanoUsd: Number(saved) }),
    ...(provider !== null && { provider: provider as string }),
    ...(model !== null && { model: model as string }),
  }
}
