/** The tables of the ledger, step by step. They live in a file of their own, which only grows. */

import { CompiledQuery } from 'kysely'
import type { Migration } from '../migration.ts'
import { rollupMigration, savingMigration } from './rollups.ts'

/** What an intent says, and its final line repeats. */
interface SharedColumns {
  readonly org: string
  readonly request_id: string
  readonly attempt: number
  /** Of the intent: what periods and reports go by. */
  readonly at_ms: number
  readonly operation: string
  readonly dialect: string
  /** 0 or 1. */
  readonly stream: number
  readonly route: string | null
  readonly provider: string
  readonly model: string
  readonly credential: string
  readonly key_id: string
  readonly key_name: string
  readonly team: string | null
  readonly user: string | null
  readonly session: string | null
  /** A JSON array of strings; null for none. */
  readonly tags: string | null
  readonly reserved_nano_usd: number
  readonly price_version: string
  readonly markup_basis_points: number
  /** JSON of the prompt's parts in bytes; null where the call has no session. */
  readonly prompt_bytes: string | null
}

/** In the order in which an intent is bound. */
export const sharedColumns = [
  ...(['org', 'request_id', 'attempt', 'at_ms', 'operation', 'dialect', 'stream', 'route'] as const),
  ...(['provider', 'model', 'credential', 'key_id', 'key_name', 'team', 'user', 'session'] as const),
  ...(['tags', 'reserved_nano_usd', 'price_version', 'markup_basis_points', 'prompt_bytes'] as const),
] as const satisfies readonly (keyof SharedColumns)[]

export interface OpenAttemptRow extends SharedColumns {
  readonly id: number
  readonly input_bound: number
  readonly output_bound: number
  readonly marked_tokens: number
}

export interface EntryRow extends SharedColumns {
  readonly seq: number
  readonly kind: string
  readonly settled_at_ms: number
  readonly usage_source: string
  readonly flags: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cache_read_tokens: number | null
  readonly cache_write_tokens: number | null
  readonly cache_write_1h_tokens: number | null
  readonly reasoning_tokens: number | null
  /** JSON of the counts that few calls have; null for none. */
  readonly more_usage: string | null
  readonly provider_cost_nano_usd: number
  readonly charged_nano_usd: number
  readonly reported_model: string | null
  readonly tier: string | null
  readonly status: number | null
  readonly code: string | null
  readonly provider_request_id: string | null
  /** What an answer of the cache would have cost; 0 on all other lines. */
  readonly saved_nano_usd: number
}

/** In the order in which a settlement is bound. */
export const settledColumns = [
  ...(['kind', 'settled_at_ms', 'usage_source', 'flags', 'input_tokens', 'output_tokens'] as const),
  ...(['cache_read_tokens', 'cache_write_tokens', 'cache_write_1h_tokens', 'reasoning_tokens'] as const),
  ...(['more_usage', 'provider_cost_nano_usd', 'charged_nano_usd', 'reported_model', 'tier'] as const),
  ...(['status', 'code', 'provider_request_id'] as const),
] as const satisfies readonly (keyof EntryRow)[]

export interface LedgerTables {
  readonly open_attempts: OpenAttemptRow
  readonly ledger: EntryRow
  readonly price_versions: { readonly version: string; readonly price: string }
}

const shared = `
  org text not null,
  request_id text not null,
  attempt integer not null,
  at_ms integer not null,
  operation text not null,
  dialect text not null,
  stream integer not null,
  route text,
  provider text not null,
  model text not null,
  credential text not null,
  key_id text not null,
  key_name text not null,
  team text,
  user text,
  session text,
  tags text,
  reserved_nano_usd integer not null,
  price_version text not null,
  markup_basis_points integer not null default 0,
  prompt_bytes text`

/** `strict`: no fraction and no text gets into a column of whole numbers. */
export const ledgerMigrations: readonly Migration[] = [
  {
    name: 'ledger-0001-journal',
    statements: () =>
      [
        // Small and short-lived: an intent is deleted by the transaction that writes its final line.
        `create table open_attempts (
          id integer primary key, ${shared},
          input_bound integer not null,
          output_bound integer not null,
          marked_tokens integer not null default 0
        ) strict`,
        `create table ledger (
          seq integer primary key, ${shared},
          kind text not null,
          settled_at_ms integer not null,
          usage_source text not null,
          flags integer not null,
          input_tokens integer not null,
          output_tokens integer not null,
          cache_read_tokens integer,
          cache_write_tokens integer,
          cache_write_1h_tokens integer,
          reasoning_tokens integer,
          more_usage text,
          provider_cost_nano_usd integer not null,
          charged_nano_usd integer not null,
          reported_model text,
          tier text,
          status integer,
          code text,
          provider_request_id text
        ) strict`,
        // Each attempt is resolved once; a correction is a line of another kind. Ids of requests begin with their
        // time, so that this index grows at its end.
        `create unique index ledger_identity on ledger (request_id, attempt) where kind <> 'adjust'`,
        `create index ledger_by_user on ledger (org, user, seq) where user is not null`,
        `create index ledger_by_session on ledger (org, session, seq) where session is not null`,
        `create table price_versions (
          version text primary key,
          price text not null
        ) strict`,
      ].map((text) => CompiledQuery.raw(text)),
  },
  rollupMigration,
  {
    name: 'ledger-0003-shipping',
    statements: () =>
      [
        // The last line that is known to be in the shared ledger.
        `create table shipping (seq integer not null) strict`,
        `insert into shipping values (0)`,
      ].map((text) => CompiledQuery.raw(text)),
  },
  {
    name: 'ledger-0004-journal-log',
    statements: () =>
      [
        // The tables hold all groups of the journal's log up to this place in it: changed in the transaction that
        // brings them.
        `create table journal_place (generation integer not null, end_bytes integer not null) strict`,
        `insert into journal_place values (0, 0)`,
      ].map((text) => CompiledQuery.raw(text)),
  },
  savingMigration,
  {
    name: 'ledger-0005-corrections',
    statements: () =>
      [
        // The index of the attempts leaves them out, and the journal's log is held against them.
        `create index ledger_corrections on ledger (request_id, at_ms, model) where kind = 'adjust'`,
      ].map((text) => CompiledQuery.raw(text)),
  },
]
