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
  {
    name: '0002-stored-responses',
    statements: ({ schema }) => [
      schema
        .createTable('stored_responses')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('key_id', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('conversation', 'blob', (column) => column.notNull())
        .addColumn('answer', 'blob', (column) => column.notNull())
        .addPrimaryKeyConstraint('stored_responses_identity', ['org', 'key_id', 'id']),
      schema.createIndex('stored_responses_by_expiry').on('stored_responses').columns(['expires_at_ms']),
    ],
  },
]
