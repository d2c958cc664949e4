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
  {
    name: 'stored-responses-0002-items',
    statements: ({ schema }) => [
      schema
        .createTable('stored_response_items')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('key_id', 'text', (column) => column.notNull())
        .addColumn('item_id', 'text', (column) => column.notNull())
        .addColumn('response_id', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('stored_response_items_identity', [
          'org',
          'key_id',
          'item_id',
          'response_id',
        ])
        .addForeignKeyConstraint(
          'stored_response_items_response',
          ['org', 'key_id', 'response_id'],
          'stored_responses',
          ['org', 'key_id', 'id'],
          (constraint) => constraint.onDelete('cascade'),
        ),
      // For the deletion of a response, which takes its items along.
      schema
        .createIndex('stored_response_items_by_response')
        .on('stored_response_items')
        .columns(['org', 'key_id', 'response_id']),
    ],
  },
  {
    name: 'stored-responses-0003-user',
    statements: ({ schema }) => [
      schema.alterTable('stored_responses').addColumn('user_id', 'text'),
      schema.createIndex('stored_responses_by_user').on('stored_responses').columns(['org', 'user_id']),
    ],
  },
]
