/** The table of idempotency keys, step by step. */

import type { Migration } from '../migration.ts'

export const idempotencyMigrations: readonly Migration[] = [
  {
    name: 'idempotency-0001-claims',
    statements: ({ schema, bytes }) => [
      schema
        .createTable('idempotency_claims')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('key_id', 'text', (column) => column.notNull())
        .addColumn('digest', 'text', (column) => column.notNull())
        .addColumn('request_id', 'text', (column) => column.notNull())
        .addColumn('body_sha256', 'text', (column) => column.notNull())
        .addColumn('lease_until_ms', 'bigint', (column) => column.notNull())
        .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('answer_bytes', 'bigint', (column) => column.notNull())
        .addColumn('answer', bytes)
        .addPrimaryKeyConstraint('idempotency_claims_identity', ['org', 'key_id', 'digest']),
      // Counting what is kept reads this index alone, never an answer.
      schema
        .createIndex('idempotency_claims_by_expiry')
        .on('idempotency_claims')
        .columns(['expires_at_ms', 'answer_bytes']),
      schema
        .createIndex('idempotency_claims_by_request')
        .on('idempotency_claims')
        .columns(['request_id'])
        .unique(),
    ],
  },
]
