/** Reports of what was used, from the rollups and from the lines that are not in them yet. */

import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { GatewayError } from '../../core/error.ts'
import type {
  LedgerStore,
  UsageDimension,
  UsageFilter,
  UsageQuery,
  UsageRow,
  UsageSums,
} from '../../ledger/port.ts'
import { groupedLines, type RollupKind, rollupSums, spansMs } from './rollups.ts'

/** Where each dimension stands in a row. */
const columns: Readonly<Record<UsageDimension, string>> = {
  hour: 'at_ms',
  day: `at_ms - at_ms % ${spansMs.day}`,
  provider: 'provider',
  model: 'model',
  route: 'route',
  key: 'key_id',
  team: 'team',
  user: 'value',
  session: 'value',
  tag: 'value',
}

export function createUsage(database: DatabaseSync): LedgerStore['usage'] {
  return (query) => {
    const kind = kindOf(query)
    const values: SQLInputValue[] = []
    const keys = query.by.map((dimension) => `${columns[dimension]} as "${dimension}"`)
    const time = query.by.find((dimension) => dimension === 'hour' || dimension === 'day')
    const sums = Object.keys(rollupSums).map((sum) => `sum(${sum}) as ${sum}`)
    const text = `select ${[...keys, 'max(key_name) as key_name', ...sums].join(', ')}
      from (${sourceOf(query, kind, values)})
      ${query.by.length === 0 ? '' : `group by ${query.by.map((_, at) => at + 1).join(', ')}`}
      having sum(attempts) > 0 or sum(charged_nano_usd) <> 0
      order by ${time === undefined ? '' : `"${time}", `} charged_nano_usd desc, requests desc
      limit ? offset ?`
    values.push(query.limit + 1, query.offset)
    const statement = database.prepare(text)
    statement.setReadBigInts(true)
    const rows = statement.all(...values) as Record<string, string | bigint>[]
    return {
      data: rows.slice(0, query.limit).map((row) => toUsageRow(row, query.by)),
      hasMore: rows.length > query.limit,
    }
  }
}

/** Throws `invalid_request`: users, sessions and tags are summed apart from each other. */
function kindOf({ by, where }: UsageQuery): RollupKind {
  const named = new Set([...by, ...Object.keys(where)])
  const kinds = (['user', 'session', 'tag'] as const).filter((kind) => named.has(kind))
  if (kinds.length <= 1) return kinds[0] ?? 'all'
  throw new GatewayError('invalid_request', `Ask by one of ${kinds.join(', ')} at a time.`, { param: 'by' })
}

/** Whole days where time is not asked for by the hour, the hours at both ends, and what is not summed yet. */
function sourceOf(query: UsageQuery, kind: RollupKind, values: SQLInputValue[]): string {
  const [fromMs, toMs] = [down(query.fromMs, spansMs.hour), up(query.toMs, spansMs.hour)]
  const isByHour = query.by.includes('hour')
  const firstDayMs = isByHour ? toMs : Math.min(toMs, up(fromMs, spansMs.day))
  const lastDayMs = Math.max(firstDayMs, down(toMs, spansMs.day))
  const parts: string[] = []
  const add = (table: string, span: 'hour' | 'day', from: number, to: number): void => {
    if (from >= to) return
    values.push(query.org, from, to)
    parts.push(
      `select * from ${table} where kind = '${kind}' and span = '${span}' and org = ? and at_ms >= ? and at_ms < ?
      ${filters(query.where, values)}`,
    )
  }
  add('rollups', 'hour', fromMs, firstDayMs)
  add('rollups', 'day', firstDayMs, lastDayMs)
  add('rollups', 'hour', lastDayMs, toMs)
  add(`(${groupedLines(kind, 'hour', 'seq > (select seq from rollup_state)')})`, 'hour', fromMs, toMs)
  if (parts.length === 0) throw new GatewayError('invalid_request', '`to` is not after `from`.')
  return parts.join(' union all ')
}

function filters(where: UsageFilter, values: SQLInputValue[]): string {
  let text = ''
  for (const [dimension, value] of Object.entries(where)) {
    if (dimension === 'key') {
      text += ' and (key_id = ? or key_name = ?)'
      values.push(value, value)
    } else {
      text += ` and ${columns[dimension as UsageDimension]} = ?`
      values.push(value)
    }
  }
  return text
}

function down(ms: number, stepMs: number): number {
  return Math.floor(ms / stepMs) * stepMs
}

function up(ms: number, stepMs: number): number {
  return Math.ceil(ms / stepMs) * stepMs
}

function toUsageRow(row: Record<string, string | bigint>, by: readonly UsageDimension[]): UsageRow {
  const of: Record<string, string | number> = {}
  for (const dimension of by) {
    const value = row[dimension]!
    if (dimension === 'hour' || dimension === 'day') of[`${dimension}Ms`] = Number(value)
    else if (value !== '') of[dimension] = String(value)
  }
  if (by.includes('key')) of['keyName'] = String(row['key_name'])
  const count = (name: string) => Number(row[name])
  const sums: UsageSums = {
    requests: count('requests'),
    attempts: count('attempts'),
    errors: count('errors'),
    estimated: count('estimated'),
    inputTokens: count('input_tokens'),
    outputTokens: count('output_tokens'),
    cacheReadTokens: count('cache_read_tokens'),
    cacheWriteTokens: count('cache_write_tokens'),
    reasoningTokens: count('reasoning_tokens'),
    providerCostNanoUsd: row['provider_cost_nano_usd'] as bigint,
    chargedNanoUsd: row['charged_nano_usd'] as bigint,
  }
  return { ...of, ...sums }
}
