/** The tables of experiments, step by step. */

import type { Migration } from '../migration.ts'

export const experimentMigrations: readonly Migration[] = [
  {
    name: 'experiments-0001',
    statements: ({ schema, dialect }) => {
      const real = dialect === 'sqlite' ? 'real' : 'double precision'
      const counted = 'feedback judge errors contract_failures cost latency first_token'.split(' ')
      let units = schema
        .createTable('experiment_units')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('route', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('unit', 'text', (column) => column.notNull())
        .addColumn('arm', 'text', (column) => column.notNull())
      for (const metric of counted) {
        units = units
          .addColumn(`${metric}_n`, 'bigint', (column) => column.notNull())
          .addColumn(`${metric}_total`, real, (column) => column.notNull())
      }
      return [
        schema
          .createTable('experiments')
          .addColumn('org', 'text', (column) => column.notNull())
          .addColumn('route', 'text', (column) => column.notNull())
          .addColumn('name', 'text', (column) => column.notNull())
          .addColumn('version', 'bigint', (column) => column.notNull())
          .addColumn('started_at_ms', 'bigint', (column) => column.notNull())
          // JSON of what has no column.
          .addColumn('body', 'text', (column) => column.notNull())
          .addPrimaryKeyConstraint('experiments_identity', ['org', 'route', 'name']),
        units.addPrimaryKeyConstraint('experiment_units_identity', ['org', 'route', 'name', 'unit']),
        schema
          .createTable('experiment_moments')
          .addColumn('org', 'text', (column) => column.notNull())
          .addColumn('route', 'text', (column) => column.notNull())
          .addColumn('name', 'text', (column) => column.notNull())
          .addColumn('arm', 'text', (column) => column.notNull())
          .addColumn('metric', 'text', (column) => column.notNull())
          .addColumn('units', 'bigint', (column) => column.notNull())
          .addColumn('outcomes', 'bigint', (column) => column.notNull())
          .addColumn('sum', real, (column) => column.notNull())
          .addColumn('squares', real, (column) => column.notNull())
          .addColumn('expected_units', real, (column) => column.notNull())
          .addPrimaryKeyConstraint('experiment_moments_identity', ['org', 'route', 'name', 'arm', 'metric']),
      ]
    },
  },
  {
    name: 'experiments-0002-looks',
    statements: ({ schema }) => [
      schema
        .createTable('experiment_looks')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('route', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('units', 'bigint', (column) => column.notNull())
        .addColumn('at_ms', 'bigint', (column) => column.notNull())
        // A JSON array of differences with their bounds.
        .addColumn('body', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('experiment_looks_identity', ['org', 'route', 'name', 'units']),
    ],
  },
]
