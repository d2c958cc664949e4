/** The tables of alerts, step by step. */

import type { Migration } from '../migration.ts'

export const alertMigrations: readonly Migration[] = [
  {
    name: 'alerts-0001-alerts',
    statements: ({ schema }) => [
      schema
        .createTable('alerts')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('subject', 'text', (column) => column.notNull())
        .addColumn('severity', 'text', (column) => column.notNull())
        .addColumn('summary', 'text', (column) => column.notNull())
        .addColumn('detail', 'text', (column) => column.notNull())
        .addColumn('count', 'bigint', (column) => column.notNull())
        .addColumn('first_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('last_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('acknowledged_at_ms', 'bigint')
        .addColumn('resolved_at_ms', 'bigint')
        // What it is about while it is open, and null afterwards: only one can be open.
        .addColumn('open_as', 'text', (column) => column.unique()),
      schema.createIndex('alerts_by_time').on('alerts').columns(['org', 'first_at_ms', 'id']),
      schema
        .createTable('alert_deliveries')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('alert_id', 'text', (column) => column.notNull())
        .addColumn('channel', 'text', (column) => column.notNull())
        .addColumn('occasion', 'text', (column) => column.notNull())
        .addColumn('attempts', 'integer', (column) => column.notNull())
        .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('due_at_ms', 'bigint', (column) => column.notNull()),
      schema.createIndex('alert_deliveries_by_time').on('alert_deliveries').columns(['due_at_ms']),
      schema
        .createTable('alert_spend')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('key_id', 'text', (column) => column.notNull())
        .addColumn('hour', 'bigint', (column) => column.notNull())
        .addColumn('key_name', 'text', (column) => column.notNull())
        .addColumn('nano_usd', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('alert_spend_identity', ['org', 'key_id', 'hour']),
      schema
        .createTable('alert_marks')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('value', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('alert_marks_identity', ['org', 'name']),
      schema.createIndex('alert_spend_by_hour').on('alert_spend').columns(['hour']),
    ],
  },
  {
    name: 'alerts-0002-silence',
    statements: ({ schema }) => [schema.alterTable('alerts').addColumn('silenced_until_ms', 'bigint')],
  },
]
