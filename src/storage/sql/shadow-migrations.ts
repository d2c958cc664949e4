/** The table of shadow comparisons, step by step. */

import type { Migration } from '../migration.ts'

export const shadowMigrations: readonly Migration[] = [
  {
    name: 'shadow-0001',
    statements: ({ schema }) => [
      schema
        .createTable('shadow_comparisons')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('route', 'text', (column) => column.notNull())
        .addColumn('target', 'text', (column) => column.notNull())
        .addColumn('at_ms', 'bigint', (column) => column.notNull())
        .addColumn('spent_nano_usd', 'bigint', (column) => column.notNull())
        // JSON of what has no column.
        .addColumn('body', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('shadow_comparisons_identity', ['org', 'id']),
      schema
        .createIndex('shadow_comparisons_by_time')
        .on('shadow_comparisons')
        .columns(['org', 'route', 'target', 'at_ms']),
      schema
        .createIndex('shadow_comparisons_by_route')
        .on('shadow_comparisons')
        .columns(['org', 'route', 'id']),
    ],
  },
]
