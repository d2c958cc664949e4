/** Finds the dearest or the slowest request records, in the thread of a reader: a selection is looked at whole to know them. */

import { expressionBuilder, sql, type SqlBool } from 'kysely'
import { GatewayError } from '../../core/error.ts'
import type { RecordRanking, RecordRankingQuery, RequestRecord } from '../../records/port.ts'
import { createQueryBuilder } from './kysely.ts'
import { durationMs, filtersOf, scanOf } from './record-filters.ts'
import type { RecordRow, RecordTables } from './record-migrations.ts'
import { toRecord } from './record-store.ts'
import type { Reader } from './reader.ts'

const builder = createQueryBuilder<RecordTables>()
const eb = expressionBuilder<RecordTables, 'request_records'>()

const values = { cost: sql<number>`cost_nano_usd`, duration: durationMs }

export function createRecordRanking(reader: Pick<Reader, 'all'>): RecordRanking {
  return {
    async of(query) {
      const { sql: text, parameters } = compiled(query)
      const rows = (await reader.all(
        text,
        parameters as readonly (string | number)[],
      )) as unknown as RecordRow[]
      const data = rows.slice(0, query.limit).map(toRecord)
      const last = data.at(-1)
      const hasMore = rows.length > query.limit && last !== undefined
      return hasMore ? { data, nextCursor: cursorOf(query.by, last, rows[query.limit - 1]!.seq) } : { data }
    },
  }
}

/** What is found stands in the index by time, mostly: only the records of the page are read whole. */
function compiled({ by, isUp, limit, cursor, ...filters }: RecordRankingQuery) {
  const value = values[by]
  const direction = isUp ? sql`asc` : sql`desc`
  const inOrder = sql`${value} ${direction}, seq ${direction}`
  const after = cursor === undefined ? [] : [beyond(value, isUp, readCursor(cursor))]
  const found = builder
    .selectFrom('request_records')
    .select('seq')
    // What is not known is neither more nor less than anything.
    .where(eb.and([...scanOf(filters), ...filtersOf(filters), sql<SqlBool>`${value} is not null`, ...after]))
    .orderBy(inOrder)
    .limit(limit + 1)
  return builder
    .selectFrom('request_records')
    .selectAll()
    .where('seq', 'in', found)
    .orderBy(inOrder)
    .compile()
}

interface Place {
  readonly value: number
  readonly seq: number
}

function beyond(value: (typeof values)['cost'], isUp: boolean, { value: last, seq }: Place) {
  return sql<SqlBool>`(${value}, seq) ${isUp ? sql`>` : sql`<`} (${last}, ${seq})`
}

function cursorOf(by: RecordRankingQuery['by'], record: RequestRecord, seq: number): string {
  return `${by === 'cost' ? (record.costNanoUsd ?? 0) : record.durationMs}:${seq}`
}

function readCursor(cursor: string): Place {
  const match = /^(\d{1,15}(?:\.\d{1,20})?(?:e-?\d{1,3})?):(\d{1,15})$/.exec(cursor)
  if (match) return { value: Number(match[1]), seq: Number(match[2]) }
  throw new GatewayError('invalid_request', 'The cursor is not one of this list.', { param: 'cursor' })
}
