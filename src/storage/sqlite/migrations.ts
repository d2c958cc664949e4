/** The tables of the main database, step by step. */

import type { Migration } from './open.ts'

export const migrations: readonly Migration[] = [
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
