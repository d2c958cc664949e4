/** Watches the queries of the stores' tests: each one on a table of organisations names the organisation, or is on a list. */

import {
  type KyselyPlugin,
  type PluginTransformQueryArgs,
  type PluginTransformResultArgs,
  type QueryResult,
  type RootOperationNode,
  SqliteQueryCompiler,
  type UnknownRow,
} from 'kysely'
import type { Database } from '../../src/storage/sql/database.ts'

/** Has no organisation: counters of changes, the head of the audit's chain, leases and places of the whole gateway. */
const tablesOfAll: ReadonlySet<string> = new Set([
  'access_changes',
  'audit_head',
  'drift_leases',
  'information_schema',
  'ledger_journals',
  'ledger_prices',
  'ledger_retention',
  'migrations',
  'rollout_changes',
])

/** Queries that name no organisation, as `verb table by columns`, with the reason for each group. */
const queriesOfAll: readonly (readonly [reason: string, queries: readonly string[]])[] = [
  [
    'What is due, has expired or is too old, whoever it belongs to: work in the background.',
    [
      'delete access_tickets by ends_at_ms',
      'delete alert_spend by hour',
      'delete alerts by resolved_at_ms',
      'delete cache_questions by expires_at_ms',
      'delete drift_traffic by hour_ms',
      'delete eval_answers by at_ms',
      'delete feedback by at_ms',
      'delete feedback by at_ms, subject',
      'delete payloads by at_ms, id',
      'select alert_deliveries by due_at_ms',
      'select batches by batch_id, folder, status',
      'select batches by folder, status',
      'select batches by status',
      'select eval_rows by created_at_ms',
      'select feedback by at_ms, subject',
      'select files by expires_at_ms, folder',
      'select idempotency_claims by answer_bytes',
      'select idempotency_claims by expires_at_ms',
      'select payloads by at_ms',
      'select stored_responses by expires_at_ms',
      'update alert_deliveries by due_at_ms, id',
      'update batch_lines by batch_id, holder, state, status',
    ],
  ],
  [
    'How much there is of all: bounds and sums of the gateway itself.',
    [
      'select idempotency_claims by nothing',
      'select ledger by at_ms',
      'select ledger by nothing',
      'select ledger by request_id',
      'select ledger_rollups by kind, span',
      'select payloads by nothing',
      'select stored_responses by nothing',
    ],
  ],
  [
    'What every instance holds in memory of all organisations, each row with its own.',
    [
      'select access_teams by seq',
      'select access_users by seq',
      'select alert_spend by hour',
      'select api_keys by seq',
      'select budgets by nothing',
      'select drift_traffic by hour_ms',
      'select experiments by nothing',
      'select route_pointers by seq',
      'select route_revisions by seq',
    ],
  ],
  [
    'The chain of the audit is one: it is verified from its first record on.',
    ['select audit_records by seq'],
  ],
  [
    'By a value that begins with the organisation, or that only its owner holds.',
    [
      'delete access_tickets by digest, kind',
      'delete cache_questions by key, partition',
      'select cache_questions by dims, expires_at_ms, partition',
      'select access_tickets by digest, kind',
      'select alerts by open_as',
      'update alerts by last_at_ms, open_as',
    ],
  ],
  [
    'By the id of a row that was read, or made, with its organisation just before.',
    [
      'delete alert_deliveries by id',
      'delete batch_jobs by id',
      'delete batch_lines by batch_id, line',
      'delete eval_rows by seq',
      'select batch_jobs by batch_id',
      'select batch_lines by batch_id',
      'select batch_lines by batch_id, due_at_ms, state',
      'select batch_lines by batch_id, crashes, due_at_ms, holder, line, state',
      'select batch_lines by batch_id, crashes, due_at_ms, holder, state',
      'select batch_lines by batch_id, due_at_ms, held_nano_usd, state',
      'select batch_lines by batch_id, crashes, due_at_ms, state',
      'select batch_lines by batch_id, due_at_ms, holder, state',
      'select batch_lines by batch_id, line',
      'select batch_lines by batch_id, result_part',
      'select batches by id',
      'update alert_deliveries by id',
      'update alerts by id',
      'update batch_lines by batch_id, crashes, due_at_ms, holder, line, state',
      'update batch_lines by batch_id, held_nano_usd, holder, line, state',
      'update batch_lines by batch_id, holder, line, state',
      'update batch_lines by batch_id, holder, state',
      'update batch_lines by batch_id, line',
      'update batches by id',
      'update batches by id, leader, led_until_ms',
      'update batches by id, status',
      'update idempotency_claims by request_id',
    ],
  ],
  ['Rows from before the table had the column.', ['delete cache_questions by nothing']],
  [
    'Written by the tests of the stores.',
    [
      'delete ledger by nothing',
      'delete ledger by request_id',
      'delete ledger_kept_charges by nothing',
      'delete ledger_rollups by nothing',
      'select cache_questions by nothing',
      'update cache_questions by nothing',
      'update ledger by request_id',
    ],
  ],
]

const known = new Set(queriesOfAll.flatMap(([, queries]) => queries))

/** The same database; a query that names no organisation where it must fails. */
export function watchScopes(database: Database): Database {
  const plugin = new ScopePlugin()
  return {
    ...database,
    kysely: database.kysely.withPlugin(plugin),
    transaction: (work) => database.transaction((transaction) => work(transaction.withPlugin(plugin))),
  }
}

class ScopePlugin implements KyselyPlugin {
  readonly #compiler = new SqliteQueryCompiler()

  transformQuery({ node, queryId }: PluginTransformQueryArgs): RootOperationNode {
    const fault = faultOf(this.#compiler.compileQuery(node, queryId).sql)
    if (fault !== undefined) throw new Error(`names no organisation, and is not on the list: ${fault}`)
    return node
  }

  async transformResult({ result }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    return result
  }
}

/** `verb table by columns` of a query that names no organisation; undefined where it does, or need not. */
export function faultOf(text: string): string | undefined {
  const query = text.replaceAll('"', '').replaceAll(/\s+/g, ' ').trim().toLowerCase()
  const verb = /^(?:with .*?\) )?(select|insert|update|delete)\b/.exec(query)?.[1]
  if (verb === undefined) return undefined
  const tables = [...query.matchAll(/\b(?:from|join|update|into) (?!set\b)(?:only )?([a-z_]+)/g)].map(
    ([, table]) => table!,
  )
  const table = tables.find((name) => !tablesOfAll.has(name) && !name.startsWith('pg_'))
  if (table === undefined || /\borg\b(?: =| in\b|,|\))/.test(scopeOf(query, verb))) return undefined
  const conditions = scopeOf(query, verb).matchAll(/([a-z_]+) (?:=|<>|!=|<=?|>=?|in|not in|is|like) /g)
  const columns = new Set([...conditions].map(([, column]) => column!))
  const by = [...columns].toSorted((a, b) => (a < b ? -1 : 1)).join(', ')
  const shape = `${verb} ${table} by ${by === '' ? 'nothing' : by}`
  return known.has(shape) ? undefined : shape
}

/** The part of a query that says whose rows it touches: what it inserts, or its conditions. */
function scopeOf(query: string, verb: string): string {
  if (verb === 'insert') return query
  const at = query.indexOf(' where ')
  return at < 0 ? '' : query.slice(at)
}
