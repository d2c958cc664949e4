/** The tables of the audit, step by step. */

import { CompiledQuery } from 'kysely'
import type { Migration } from '../migration.ts'

export const auditMigrations: readonly Migration[] = [
  {
    name: 'audit-0001-chain',
    statements: ({ schema }) => [
      schema
        .createTable('audit_records')
        .addColumn('seq', 'bigint', (column) => column.primaryKey())
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('at_ms', 'bigint', (column) => column.notNull())
        .addColumn('actor', 'text', (column) => column.notNull())
        .addColumn('action', 'text', (column) => column.notNull())
        .addColumn('object', 'text', (column) => column.notNull())
        .addColumn('body', 'text', (column) => column.notNull())
        .addColumn('previous_hash', 'text', (column) => column.notNull())
        .addColumn('hash', 'text', (column) => column.notNull()),
      schema.createIndex('audit_records_by_object').on('audit_records').columns(['org', 'object', 'seq']),
      // Writers take its one row first: one at a time adds to the chain.
      schema
        .createTable('audit_head')
        .addColumn('id', 'integer', (column) => column.primaryKey())
        .addColumn('seq', 'bigint', (column) => column.notNull())
        .addColumn('hash', 'text', (column) => column.notNull()),
      CompiledQuery.raw(`insert into audit_head (id, seq, hash) values (1, 0, '${'0'.repeat(64)}')`),
    ],
  },
]
