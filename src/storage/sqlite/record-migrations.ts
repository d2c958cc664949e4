/** The tables of request records, step by step. They live in a file of their own: its size is their size. */

import { sql } from 'kysely'
import type { Migration } from '../migration.ts'

/** What a search can ask for stands in columns; all else is the JSON of `body`. */
export interface RecordRow {
  /** The order of arrival: breaks ties of `at_ms`, and is what the oldest are pruned by. */
  readonly seq: number
  readonly id: string
  readonly org: string
  readonly at_ms: number
  readonly dialect: string
  readonly route: string | null
  readonly model: string | null
  readonly provider: string | null
  readonly key_id: string
  readonly key_name: string
  readonly user: string | null
  readonly session: string | null
  readonly status: number
  readonly code: string | null
  /** As in the body; null in rows of older versions. */
  readonly duration_ms: number | null
  /** Null where it was not known when the request ended. */
  readonly cost_nano_usd: number | null
  /** A JSON array of strings. */
  readonly tags: string
  readonly body: string
}

export interface RecordTables {
  readonly request_records: RecordRow
}

export const recordMigrations: readonly Migration[] = [
  {
    name: '0001-request-records',
    statements: ({ schema }) => [
      schema
        .createTable('request_records')
        .addColumn('seq', 'integer', (column) => column.primaryKey())
        .addColumn('id', 'text', (column) => column.notNull().unique())
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('at_ms', 'bigint', (column) => column.notNull())
        .addColumn('dialect', 'text', (column) => column.notNull())
        .addColumn('route', 'text')
        .addColumn('model', 'text')
        .addColumn('provider', 'text')
        .addColumn('key_id', 'text', (column) => column.notNull())
        .addColumn('key_name', 'text', (column) => column.notNull())
        .addColumn('user', 'text')
        .addColumn('session', 'text')
        .addColumn('status', 'integer', (column) => column.notNull())
        .addColumn('code', 'text')
        .addColumn('tags', 'text', (column) => column.notNull())
        .addColumn('body', 'text', (column) => column.notNull()),
      // Every insert pays for every index, most of all for one that scatters: it dirties a page per record. So one
      // index, written at its end only, holds all that has few values, and a search reads it along time; the two
      // that scatter are for what one looks for in a haystack, and cost nothing where it is not sent.
      schema
        .createIndex('request_records_by_time')
        .on('request_records')
        .columns(['org', 'at_ms', 'seq', 'status', 'code', 'route', 'provider', 'model'])
        .columns(['key_id', 'key_name', 'dialect', 'tags']),
      schema
        .createIndex('request_records_by_user')
        .on('request_records')
        .columns(['org', 'user', 'at_ms', 'seq'])
        .where(sql.ref('user'), 'is not', null),
      schema
        .createIndex('request_records_by_session')
        .on('request_records')
        .columns(['org', 'session', 'at_ms', 'seq'])
        .where(sql.ref('session'), 'is not', null),
    ],
  },
  {
    name: '0002-guard-decisions',
    statements: ({ schema }) => [
      schema
        .createTable('guard_decisions')
        .addColumn('seq', 'integer', (column) => column.primaryKey())
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('request_id', 'text', (column) => column.notNull())
        .addColumn('at_ms', 'bigint', (column) => column.notNull())
        .addColumn('route', 'text')
        .addColumn('rule', 'text', (column) => column.notNull())
        .addColumn('stage', 'text', (column) => column.notNull())
        .addColumn('action', 'text', (column) => column.notNull())
        // A JSON object of kinds with their numbers.
        .addColumn('found', 'text', (column) => column.notNull()),
      schema
        .createIndex('guard_decisions_by_time')
        .on('guard_decisions')
        .columns(['org', 'at_ms', 'rule', 'stage', 'action']),
    ],
  },
  {
    name: '0003-costs-and-durations',
    // In the index by time, so that a selection is summed up along the index alone.
    statements: ({ schema }) => [
      schema.alterTable('request_records').addColumn('duration_ms', 'real'),
      schema.alterTable('request_records').addColumn('cost_nano_usd', 'bigint'),
      schema.dropIndex('request_records_by_time'),
      schema
        .createIndex('request_records_by_time')
        .on('request_records')
        .columns(['org', 'at_ms', 'seq', 'status', 'code', 'route', 'provider', 'model'])
        .columns(['key_id', 'key_name', 'dialect', 'tags', 'duration_ms', 'cost_nano_usd']),
    ],
  },
]
