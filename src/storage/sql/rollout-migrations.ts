/** The tables of rollout, step by step. */

import { CompiledQuery } from 'kysely'
import type { Migration } from '../migration.ts'

export const rolloutMigrations: readonly Migration[] = [
  {
    name: 'rollout-0001-revisions',
    statements: ({ schema }) => [
      // Writers take its one row first, so that changes become visible in the order of their numbers.
      schema
        .createTable('rollout_changes')
        .addColumn('id', 'integer', (column) => column.primaryKey())
        .addColumn('seq', 'bigint', (column) => column.notNull()),
      CompiledQuery.raw('insert into rollout_changes (id, seq) values (1, 0)'),
      schema
        .createTable('route_revisions')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('route', 'text', (column) => column.notNull())
        .addColumn('number', 'bigint', (column) => column.notNull())
        .addColumn('seq', 'bigint', (column) => column.notNull())
        .addColumn('body', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('route_revisions_identity', ['org', 'route', 'number']),
      schema.createIndex('route_revisions_by_change').on('route_revisions').columns(['seq']),
      schema
        .createTable('route_pointers')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('route', 'text', (column) => column.notNull())
        .addColumn('seq', 'bigint', (column) => column.notNull())
        .addColumn('body', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('route_pointers_identity', ['org', 'route']),
      schema
        .createTable('route_moves')
        .addColumn('seq', 'bigint', (column) => column.primaryKey())
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('route', 'text', (column) => column.notNull())
        .addColumn('body', 'text', (column) => column.notNull()),
      schema.createIndex('route_moves_by_route').on('route_moves').columns(['org', 'route', 'seq']),
    ],
  },
  {
    name: 'rollout-0002-switches',
    statements: ({ schema }) => [
      schema
        .createTable('switched_off')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('provider', 'text', (column) => column.notNull())
        .addColumn('at_ms', 'bigint', (column) => column.notNull())
        .addColumn('actor', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('switched_off_identity', ['org', 'provider']),
    ],
  },
]
