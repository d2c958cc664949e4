/** The tables of evaluation runs and their rows, step by step. */

import type { Migration } from '../migration.ts'

export const evalMigrations: readonly Migration[] = [
  {
    name: 'evals-0001-runs',
    statements: ({ schema, dialect }) => [
      schema
        .createTable('eval_runs')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('suite_hash', 'text', (column) => column.notNull())
        .addColumn('status', 'text', (column) => column.notNull())
        .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('ended_at_ms', 'bigint')
        .addColumn('settings', 'text', (column) => column.notNull())
        .addColumn('verdict', 'text')
        .addColumn('reason', 'text')
        .addColumn('report', 'text')
        .addPrimaryKeyConstraint('eval_runs_identity', ['org', 'id']),
      schema
        .createTable('eval_rows')
        // The order in which rows were written.
        .addColumn('seq', dialect === 'sqlite' ? 'integer' : 'bigserial', (column) => column.primaryKey())
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('run_id', 'text', (column) => column.notNull())
        .addColumn('case_id', 'text', (column) => column.notNull())
        .addColumn('repeat', 'integer', (column) => column.notNull())
        .addColumn('arm', 'text', (column) => column.notNull())
        .addColumn('row', 'text', (column) => column.notNull())
        .addUniqueConstraint('eval_rows_identity', ['org', 'run_id', 'case_id', 'repeat', 'arm']),
      schema.createIndex('eval_rows_by_run').on('eval_rows').columns(['org', 'run_id', 'seq']),
    ],
  },
  {
    name: 'evals-0002-verdicts',
    statements: ({ schema }) => [
      schema
        .createTable('eval_verdicts')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('target', 'text', (column) => column.notNull())
        .addColumn('run_id', 'text', (column) => column.notNull())
        .addColumn('verdict', 'text', (column) => column.notNull())
        .addColumn('hash', 'text', (column) => column.notNull())
        .addColumn('at_ms', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('eval_verdicts_identity', ['org', 'target', 'run_id']),
      schema
        .createTable('eval_answers')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('key', 'text', (column) => column.notNull())
        .addColumn('answer', 'text', (column) => column.notNull())
        .addColumn('at_ms', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('eval_answers_identity', ['org', 'key']),
      schema.createIndex('eval_answers_by_age').on('eval_answers').column('at_ms'),
    ],
  },
  {
    name: 'evals-0003-leases',
    statements: ({ schema }) => [
      schema.alterTable('eval_runs').addColumn('holder', 'text'),
      schema.alterTable('eval_runs').addColumn('leased_until_ms', 'bigint'),
    ],
  },
]
