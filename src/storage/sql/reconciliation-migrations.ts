/** The table of kept reconciliations, step by step. */

import type { Migration } from '../migration.ts'

export const reconciliationMigrations: readonly Migration[] = [
  {
    name: 'reconciliations-0001',
    statements: ({ schema }) => [
      schema
        .createTable('reconciliations')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('at_ms', 'bigint', (column) => column.notNull())
        .addColumn('provider', 'text', (column) => column.notNull())
        .addColumn('actor', 'text', (column) => column.notNull())
        // JSON of what was found: only the ledger reads it.
        .addColumn('found', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('reconciliations_identity', ['org', 'id']),
      schema.createIndex('reconciliations_by_time').on('reconciliations').columns(['org', 'at_ms']),
    ],
  },
]
