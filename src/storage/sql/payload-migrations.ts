/** The tables of recorded payloads and of the data keys that they are sealed with. */

import type { Migration } from '../migration.ts'

export const payloadMigrations: readonly Migration[] = [
  {
    name: 'payloads-0001-payloads',
    statements: ({ schema, bytes }) => [
      schema
        .createTable('payload_data_keys')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('version', 'bigint', (column) => column.notNull())
        .addColumn('wrap_id', 'text', (column) => column.notNull())
        .addColumn('wrapped', 'text', (column) => column.notNull())
        .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('payload_data_keys_key', ['org', 'version']),
      schema
        .createTable('payloads')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('at_ms', 'bigint', (column) => column.notNull())
        .addColumn('dialect', 'text', (column) => column.notNull())
        .addColumn('requested_model', 'text', (column) => column.notNull())
        .addColumn('route', 'text')
        .addColumn('provider', 'text')
        .addColumn('model', 'text')
        .addColumn('key_id', 'text', (column) => column.notNull())
        .addColumn('key_name', 'text', (column) => column.notNull())
        .addColumn('user_id', 'text')
        .addColumn('session', 'text')
        .addColumn('tags', 'text', (column) => column.notNull())
        .addColumn('status', 'integer', (column) => column.notNull())
        .addColumn('key_version', 'bigint', (column) => column.notNull())
        .addColumn('bytes', 'bigint', (column) => column.notNull())
        .addColumn('sealed', bytes, (column) => column.notNull()),
      schema.createIndex('payloads_by_time').on('payloads').columns(['org', 'at_ms', 'id']),
      // The oldest go first, and their bytes are summed up, without a look at the rows.
      schema.createIndex('payloads_by_age').on('payloads').columns(['at_ms', 'bytes']),
      schema.createIndex('payloads_by_user').on('payloads').columns(['org', 'user_id']),
      schema.createIndex('payloads_by_key').on('payloads').columns(['org', 'key_id']),
    ],
  },
]
