/** The tables of the ledger that several instances share: in PostgreSQL alone. */

import { CompiledQuery } from 'kysely'
import type { EntryRow } from '../sqlite/ledger-migrations.ts'
import type { Migration } from '../migration.ts'
import { beatColumns } from './ledger-journals.ts'
import { retentionTables } from './ledger-retention.ts'
import { addToRollups, createRollups } from './ledger-rollups.ts'

/** What a line of a journal has, with the types it has here: the journal has checked all of it. */
export const lineColumns = {
  org: 'text',
  request_id: 'text',
  attempt: 'bigint',
  at_ms: 'bigint',
  operation: 'text',
  dialect: 'text',
  stream: 'bigint',
  route: 'text',
  provider: 'text',
  model: 'text',
  credential: 'text',
  key_id: 'text',
  key_name: 'text',
  team: 'text',
  user: 'text',
  session: 'text',
  tags: 'text',
  reserved_nano_usd: 'bigint',
  price_version: 'text',
  kind: 'text',
  settled_at_ms: 'bigint',
  usage_source: 'text',
  flags: 'bigint',
  input_tokens: 'bigint',
  output_tokens: 'bigint',
  cache_read_tokens: 'bigint',
  cache_write_tokens: 'bigint',
  cache_write_1h_tokens: 'bigint',
  reasoning_tokens: 'bigint',
  more_usage: 'text',
  prompt_bytes: 'text',
  markup_basis_points: 'bigint',
  provider_cost_nano_usd: 'bigint',
  charged_nano_usd: 'bigint',
  reported_model: 'text',
  tier: 'text',
  status: 'bigint',
  code: 'text',
  provider_request_id: 'text',
  saved_nano_usd: 'bigint',
} as const satisfies Record<Exclude<keyof EntryRow, 'seq'>, 'text' | 'bigint'>

export const sharedLedgerMigrations: readonly Migration[] = [
  {
    name: 'ledger-0001-shared',
    statements: ({ dialect }) =>
      dialect === 'postgres' ? statements.map((text) => CompiledQuery.raw(text)) : [],
  },
  {
    name: 'ledger-0002-shared-rollups',
    statements: ({ dialect }) =>
      dialect === 'postgres' ? rollupStatements.map((text) => CompiledQuery.raw(text)) : [],
  },
  {
    // Lines from before it name none: the instances whose journals they are in count them themselves.
    name: 'ledger-0003-instances',
    statements: ({ dialect }) =>
      dialect === 'postgres' ? [CompiledQuery.raw('alter table ledger add column instance text')] : [],
  },
  {
    name: 'ledger-0004-retention',
    statements: ({ dialect }) =>
      dialect === 'postgres' ? retentionTables.map((text) => CompiledQuery.raw(text)) : [],
  },
  {
    name: 'ledger-0005-beats',
    statements: ({ dialect }) =>
      dialect === 'postgres' ? beatColumns.map((text) => CompiledQuery.raw(text)) : [],
  },
]

const columns = Object.entries(lineColumns)
  .filter(([name]) => name !== 'saved_nano_usd') // came later
  .map(([name, type]) => `"${name}" ${type}`)

const statements = [
  // In the order in which lines arrived; whoever adds lines holds a lock, so that a later one is never seen first.
  `create sequence ledger_seq`,
  // What makes a line one and the same: its attempt, and for corrections also its number in its own journal. The time
  // is that of the attempt and says in which month's partition the line is.
  `create table ledger (
    seq bigint not null default nextval('ledger_seq'),
    correction bigint not null,
    ${columns.join(',\n    ')},
    primary key (at_ms, request_id, attempt, kind, correction)
  ) partition by range (at_ms)`,
  `create index ledger_by_seq on ledger (org, seq)`,
  `create index ledger_by_request on ledger (request_id)`,
  `create index ledger_by_user on ledger (org, "user", seq) where "user" is not null`,
  `create index ledger_by_session on ledger (org, session, seq) where session is not null`,
  `create table ledger_prices (version text primary key, price text not null)`,
]

/** The sums of the lines that are there already are made at once, in the time that it takes. */
const rollupStatements = [
  'alter table ledger add column saved_nano_usd bigint not null default 0',
  createRollups,
  addToRollups('ledger'),
]
