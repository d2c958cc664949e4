/** The tables of the watch for drift, step by step. */

import type { Migration } from '../migration.ts'

export const driftMigrations: readonly Migration[] = [
  {
    name: 'drift-0001-watch',
    statements: ({ schema }) => [
      schema
        .createTable('drift_golden_sets')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('digest', 'text', (column) => column.notNull())
        .addColumn('text_digest', 'text', (column) => column.notNull())
        .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('document', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('drift_golden_sets_identity', ['org', 'name', 'version']),
      schema
        .createTable('drift_baselines')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('set_name', 'text', (column) => column.notNull())
        .addColumn('number', 'integer', (column) => column.notNull())
        .addColumn('digest', 'text', (column) => column.notNull())
        .addColumn('wanted_runs', 'integer', (column) => column.notNull())
        .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('accepted_by', 'text')
        .addColumn('reason', 'text')
        .addColumn('run_ids', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('drift_baselines_identity', ['org', 'set_name', 'number']),
      schema
        .createTable('drift_runs')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('set_name', 'text', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('target', 'text', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('baseline', 'integer')
        .addColumn('slot_ms', 'bigint')
        .addColumn('started_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('ended_at_ms', 'bigint')
        .addColumn('verdict', 'text')
        .addColumn('expected_rows', 'integer', (column) => column.notNull())
        .addColumn('valid_rows', 'integer', (column) => column.notNull())
        .addColumn('cost_nano_usd', 'bigint', (column) => column.notNull())
        .addColumn('judgement', 'text')
        .addPrimaryKeyConstraint('drift_runs_identity', ['org', 'id'])
        // A run that no schedule asked for has no slot, and nulls are never equal.
        .addUniqueConstraint('drift_runs_slot', ['org', 'set_name', 'slot_ms']),
      schema
        .createIndex('drift_runs_by_start')
        .on('drift_runs')
        .columns(['org', 'set_name', 'started_at_ms']),
      schema
        .createTable('drift_samples')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('run_id', 'text', (column) => column.notNull())
        .addColumn('prompt', 'text', (column) => column.notNull())
        .addColumn('samples', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('drift_samples_identity', ['org', 'run_id', 'prompt']),
      schema
        .createTable('drift_alarms')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('set_name', 'text', (column) => column.notNull())
        .addColumn('run_id', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('title', 'text', (column) => column.notNull())
        .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('changed_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('changed_by', 'text')
        .addColumn('until_ms', 'bigint')
        .addPrimaryKeyConstraint('drift_alarms_identity', ['org', 'id']),
      schema
        .createIndex('drift_alarms_by_time')
        .on('drift_alarms')
        .columns(['org', 'set_name', 'created_at_ms']),
      schema
        .createTable('drift_traffic')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('route', 'text', (column) => column.notNull())
        .addColumn('model', 'text', (column) => column.notNull())
        .addColumn('hour_ms', 'bigint', (column) => column.notNull())
        .addColumn('instance', 'text', (column) => column.notNull())
        .addColumn('strata', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('drift_traffic_identity', ['hour_ms', 'org', 'route', 'model', 'instance']),
      schema
        .createTable('drift_leases')
        .addColumn('name', 'text', (column) => column.primaryKey())
        .addColumn('holder', 'text', (column) => column.notNull())
        .addColumn('until_ms', 'bigint', (column) => column.notNull()),
    ],
  },
  {
    name: 'drift-0002-traffic-by-series',
    statements: ({ schema }) => [
      schema
        .createIndex('drift_traffic_by_series')
        .on('drift_traffic')
        .columns(['org', 'route', 'model', 'hour_ms']),
    ],
  },
  {
    name: 'drift-0003-schedules',
    statements: ({ schema }) => [
      schema
        .createTable('drift_schedules')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('set_name', 'text', (column) => column.notNull())
        .addColumn('times', 'text')
        .addColumn('changed_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('changed_by', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('drift_schedules_identity', ['org', 'set_name']),
    ],
  },
]
