/** The tables of API keys, step by step. */

import type { Migration } from '../migration.ts'

export const keyMigrations: readonly Migration[] = [
  {
    name: '0001-api-keys',
    statements: ({ schema }) => [
      schema
        .createTable('api_keys')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('secret_hash', 'text', (column) => column.notNull())
        .addColumn('created_at_ms', 'bigint', (column) => column.notNull()),
    ],
  },
]
