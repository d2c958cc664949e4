/** The tables of files, batches and their lines, step by step. */

import { sql } from 'kysely'
import type { Migration } from '../migration.ts'

export const batchMigrations: readonly Migration[] = [
  {
    name: 'batch-0001-batches',
    statements: ({ schema }) => [
      schema
        .createTable('files')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('key_id', 'text', (column) => column.notNull())
        .addColumn('folder', 'text', (column) => column.notNull())
        .addColumn('purpose', 'text', (column) => column.notNull())
        .addColumn('filename', 'text', (column) => column.notNull())
        .addColumn('bytes', 'bigint', (column) => column.notNull())
        .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('expires_at_ms', 'bigint'),
      schema.createIndex('files_by_owner').on('files').columns(['org', 'key_id', 'id']),
      schema.createIndex('files_by_expiry').on('files').columns(['expires_at_ms']),
      schema
        .createTable('batches')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('key_id', 'text', (column) => column.notNull())
        .addColumn('key_name', 'text', (column) => column.notNull())
        .addColumn('dialect', 'text', (column) => column.notNull())
        .addColumn('endpoint', 'text', (column) => column.notNull())
        .addColumn('input_file_id', 'text', (column) => column.notNull())
        .addColumn('folder', 'text', (column) => column.notNull())
        .addColumn('status', 'text', (column) => column.notNull())
        .addColumn('is_paused', 'integer', (column) => column.notNull())
        .addColumn('stop', 'text')
        .addColumn('completion_window', 'text', (column) => column.notNull())
        .addColumn('metadata', 'text', (column) => column.notNull())
        .addColumn('total', 'integer', (column) => column.notNull())
        .addColumn('completed', 'integer', (column) => column.notNull())
        .addColumn('failed', 'integer', (column) => column.notNull())
        .addColumn('cost_nano_usd', 'bigint', (column) => column.notNull())
        .addColumn('max_nano_usd', 'bigint')
        .addColumn('faults', 'text', (column) => column.notNull())
        .addColumn('output_file_id', 'text')
        .addColumn('error_file_id', 'text')
        .addColumn('output_ttl_seconds', 'bigint')
        .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('started_at_ms', 'bigint')
        .addColumn('finalizing_at_ms', 'bigint')
        .addColumn('cancelling_at_ms', 'bigint')
        .addColumn('ended_at_ms', 'bigint')
        // Which instance validates it or writes its files, and until when.
        .addColumn('leader', 'text')
        .addColumn('led_until_ms', 'bigint', (column) => column.notNull()),
      schema.createIndex('batches_by_owner').on('batches').columns(['org', 'key_id', 'id']),
      schema.createIndex('batches_by_status').on('batches').columns(['status', 'id']),
      schema
        .createTable('batch_lines')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('batch_id', 'text', (column) => column.notNull())
        .addColumn('line', 'integer', (column) => column.notNull())
        .addColumn('at_byte', 'bigint', (column) => column.notNull())
        .addColumn('bytes', 'integer', (column) => column.notNull())
        // 0: without a result; 1: answered; 2: failed.
        .addColumn('state', 'integer', (column) => column.notNull())
        // When it may be taken: later than now while somebody has it, or while it waits for another try.
        .addColumn('due_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('holder', 'text')
        .addColumn('tries', 'integer', (column) => column.notNull())
        .addColumn('crashes', 'integer', (column) => column.notNull())
        .addColumn('result_part', 'text')
        .addColumn('result_at_byte', 'bigint')
        .addColumn('result_bytes', 'integer')
        .addPrimaryKeyConstraint('batch_lines_identity', ['batch_id', 'line']),
      schema
        .createIndex('batch_lines_by_time')
        .on('batch_lines')
        .columns(['batch_id', 'due_at_ms', 'line'])
        .where(sql<boolean>`state = 0`),
    ],
  },
  {
    name: 'batch-0002-usage-and-deliveries',
    statements: ({ schema }) => [
      ...['input_tokens', 'cache_read_tokens', 'output_tokens', 'reasoning_tokens'].map((name) =>
        schema.alterTable('batches').addColumn(name, 'bigint', (column) => column.notNull().defaultTo(0)),
      ),
      schema
        .createTable('batch_deliveries')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('batch_id', 'text', (column) => column.notNull())
        .addColumn('receiver', 'text', (column) => column.notNull())
        .addColumn('attempts', 'integer', (column) => column.notNull())
        .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('due_at_ms', 'bigint', (column) => column.notNull()),
      schema.createIndex('batch_deliveries_by_time').on('batch_deliveries').columns(['due_at_ms']),
    ],
  },
  {
    name: 'batch-0003-native',
    statements: ({ schema }) => [
      schema
        .alterTable('batches')
        .addColumn('is_native', 'integer', (column) => column.notNull().defaultTo(0)),
      schema
        .createTable('batch_jobs')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('batch_id', 'text', (column) => column.notNull())
        .addColumn('provider', 'text', (column) => column.notNull())
        .addColumn('model', 'text', (column) => column.notNull())
        .addColumn('credential', 'text', (column) => column.notNull())
        .addColumn('endpoint', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('remote_id', 'text')
        .addColumn('lines', 'integer', (column) => column.notNull())
        .addColumn('reserved_nano_usd', 'bigint', (column) => column.notNull())
        .addColumn('tries', 'integer', (column) => column.notNull())
        .addColumn('is_cancelled', 'integer', (column) => column.notNull())
        .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('submitted_at_ms', 'bigint')
        .addColumn('due_at_ms', 'bigint', (column) => column.notNull()),
      schema.createIndex('batch_jobs_by_batch').on('batch_jobs').columns(['batch_id', 'id']),
    ],
  },
  {
    name: 'batch-0004-holds',
    // What lines under way may cost at most, of batches that may cost only so much: of all, and of each.
    statements: ({ schema }) =>
      ['batches', 'batch_lines'].map((table) =>
        schema
          .alterTable(table)
          .addColumn('held_nano_usd', 'bigint', (column) => column.notNull().defaultTo(0)),
      ),
  },
  {
    name: 'batch-0005-markup-of-jobs',
    statements: ({ schema }) => [schema.alterTable('batch_jobs').addColumn('markup_basis_points', 'integer')],
  },
]
