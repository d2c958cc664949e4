/** The table of kept answers. It lives in a file of its own: it may be deleted at any time. */

import type { Migration } from '../migration.ts'

export interface AnswerTables {
  readonly answers: {
    readonly org: string
    readonly key: string
    readonly destination: string
    /** A JSON array of strings. */
    readonly tags: string
    readonly value: Uint8Array
    readonly bytes: number
    readonly expires_at_ms: number
    /** Counts up with each use: the least went unused longest. */
    readonly used: number
  }
}

export const answerMigrations: readonly Migration[] = [
  {
    name: '0001-answers',
    statements: ({ schema, bytes }) => [
      schema
        .createTable('answers')
        .addColumn('org', 'text', (column) => column.notNull())
        .addColumn('key', 'text', (column) => column.notNull())
        .addColumn('destination', 'text', (column) => column.notNull())
        .addColumn('tags', 'text', (column) => column.notNull())
        .addColumn('value', bytes as 'blob', (column) => column.notNull())
        .addColumn('bytes', 'integer', (column) => column.notNull())
        .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
        .addColumn('used', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('answers_key', ['org', 'key']),
      schema.createIndex('answers_by_use').on('answers').columns(['used', 'bytes']),
    ],
  },
]
