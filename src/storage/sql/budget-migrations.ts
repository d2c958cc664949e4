/** The table of budgets, step by step. */

import type { Migration } from '../migration.ts'

export const budgetMigrations: readonly Migration[] = [
  {
    name: 'budgets-0001',
    statements: ({ schema }) => [
      schema
        .createTable('budgets')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('terms', 'text', (column) => column.notNull())
        .addColumn('changed_at_ms', 'bigint', (column) => column.notNull()),
    ],
  },
]
