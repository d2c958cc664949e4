/** The table of feedback, step by step. */

import { sql } from 'kysely'
import type { Migration } from '../migration.ts'

export const feedbackMigrations: readonly Migration[] = [
  {
    name: 'feedback-0001',
    statements: ({ schema, dialect }) => {
      const real = dialect === 'sqlite' ? 'real' : 'double precision'
      return [
        schema
          .createTable('feedback')
          .addColumn('org', 'text', (column) => column.notNull())
          .addColumn('request_id', 'text', (column) => column.notNull())
          .addColumn('key_id', 'text', (column) => column.notNull())
          .addColumn('at_ms', 'bigint', (column) => column.notNull())
          .addColumn('score', real)
          .addColumn('label', 'text')
          .addColumn('comment', 'text')
          // Null: the request has not been found yet.
          .addColumn('subject', 'text')
          .addColumn('route', 'text')
          // What experiments have been told.
          .addColumn('counted', real)
          .addPrimaryKeyConstraint('feedback_identity', ['org', 'request_id', 'key_id']),
        schema.createIndex('feedback_by_time').on('feedback').columns(['org', 'at_ms', 'request_id']),
        schema.createIndex('feedback_by_route').on('feedback').columns(['org', 'route', 'at_ms']),
        schema
          .createIndex('feedback_waiting')
          .on('feedback')
          .column('at_ms')
          .where(sql.ref('subject'), 'is', null),
      ]
    },
  },
]
