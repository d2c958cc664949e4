/** The tables of stored secrets and of the data keys that they are sealed with. */

import type { Migration } from '../migration.ts'

export const secretMigrations: readonly Migration[] = [
  {
    name: 'secrets-0001-stored',
    statements: ({ schema, bytes }) => [
      schema
        .createTable('secret_data_keys')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('version', 'bigint', (column) => column.notNull())
        .addColumn('wrap_id', 'text', (column) => column.notNull())
        .addColumn('wrapped', 'text', (column) => column.notNull())
        .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('secret_data_keys_key', ['org', 'version']),
      schema
        .createTable('stored_secrets')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('version', 'bigint', (column) => column.notNull())
        .addColumn('key_version', 'bigint', (column) => column.notNull())
        .addColumn('sealed', bytes, (column) => column.notNull())
        .addColumn('updated_at_ms', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('stored_secrets_key', ['org', 'name']),
    ],
  },
]
