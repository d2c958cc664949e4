/** The tables of API keys, teams and users, step by step. */

import { CompiledQuery } from 'kysely'
import type { Migration } from '../migration.ts'

export const accessMigrations: readonly Migration[] = [
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
    name: 'access-0002-changes',
    statements: ({ schema }) => [
      // Writers take its one row first, so that changes become visible in the order of their numbers.
      schema
        .createTable('access_changes')
        .addColumn('id', 'integer', (column) => column.primaryKey())
        .addColumn('seq', 'bigint', (column) => column.notNull()),
      CompiledQuery.raw('insert into access_changes (id, seq) values (1, 1)'),
      schema.alterTable('api_keys').addColumn('seq', 'bigint', (column) => column.notNull().defaultTo(1)),
      schema.alterTable('api_keys').addColumn('body', 'text', (column) => column.notNull().defaultTo('{}')),
      schema.createIndex('api_keys_by_change').on('api_keys').columns(['seq']),
      ...(['access_teams', 'access_users'] as const).flatMap((table) => [
        schema
          .createTable(table)
          .addColumn('id', 'text', (column) => column.primaryKey())
          .addColumn('org', 'text', (column) => column.notNull())
          .addColumn('name', 'text', (column) => column.notNull())
          .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
          .addColumn('seq', 'bigint', (column) => column.notNull())
          .addColumn('body', 'text', (column) => column.notNull()),
        schema.createIndex(`${table}_by_change`).on(table).columns(['seq']),
      ]),
    ],
  },
  {
    name: 'access-0003-tickets',
    statements: ({ schema }) => [
      schema
        .createTable('access_tickets')
        .addColumn('digest', 'text', (column) => column.primaryKey())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('user_id', 'text')
        .addColumn('made_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('ends_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('body', 'text', (column) => column.notNull()),
      schema.createIndex('access_tickets_by_end').on('access_tickets').columns(['ends_at_ms']),
    ],
  },
]
