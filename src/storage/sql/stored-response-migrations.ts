/** The table of stored responses, step by step. */

import type { Migration } from '../migration.ts'

export const storedResponseMigrations: readonly Migration[] = [
  {
    name: '0002-stored-responses',
    statements: ({ schema, bytes }) => [
      schema
        .createTable('stored_responses')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('key_id', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('conversation', bytes, (column) => column.notNull())
        .addColumn('answer', bytes, (column) => column.notNull())
        .addPrimaryKeyConstraint('stored_responses_identity', ['org', 'key_id', 'id']),
      schema.createIndex('stored_responses_by_expiry').on('stored_responses').columns(['expires_at_ms']),
    ],
  },
]
