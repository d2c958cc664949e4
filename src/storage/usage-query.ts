/** The one query of usage reports, in words of SQLite and PostgreSQL alike. */

import { type RawBuilder, sql } from 'kysely'
import { GatewayError } from '../core/error.ts'
import type {
  TextFilter,
  TextPattern,
  UsageDimension,
  UsageFilter,
  UsagePage,
  UsageQuery,
  UsageRow,
} from '../ledger/port.ts'
import { type RollupKind, rollupSums, spansMs } from './sqlite/rollups.ts'

/** Where each dimension stands in a row of the sums. */
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

export interface UsageTables {
  /** The name of the table of sums. */
  readonly sums: string
  /** As a row of sums by the hour: the lines that the table does not have yet. */
  missing?(kind: RollupKind): string
}

/** Numbers come as texts: sums of money may be more than a number holds. */
export type UsageResult = Readonly<Record<string, string | number | null>>

/** Throws `invalid_request`. */
export function usageQuery(query: UsageQuery, tables: UsageTables): RawBuilder<UsageResult> {
  const keys = query.by.map((dimension) => sql.raw(`${columns[dimension]} as "${dimension}"`))
  const sums = Object.keys(rollupSums).map((sum) => sql.raw(`cast(sum(${sum}) as text) as ${sum}`))
  const time = query.by.findIndex((dimension) => dimension === 'hour' || dimension === 'day')
  const groups = query.by.map((_, at) => at + 1)
  return sql`
    select ${sql.join([...keys, sql`max(key_name) as key_name, max(at_ms) as last_ms`, ...sums])}
    from (${sourceOf(query, tables)}) as part
    ${sql.raw(groups.length === 0 ? '' : `group by ${groups.join(', ')}`)}
    having sum(attempts) > 0 or sum(cached) > 0 or sum(charged_nano_usd) <> 0
    order by ${sql.raw(time < 0 ? '' : `${time + 1}, `)} sum(charged_nano_usd) desc, sum(requests) desc
    limit ${query.limit + 1} offset ${query.offset}`
}

export function toUsagePage(rows: readonly UsageResult[], { by, limit }: UsageQuery): UsagePage {
  return { data: rows.slice(0, limit).map((row) => toUsageRow(row, by)), hasMore: rows.length > limit }
}

/** Throws `invalid_request`: users, sessions and tags are summed apart from each other. */
function kindOf({ by, where }: UsageQuery): RollupKind {
  const named = new Set([...by, ...Object.keys(where)])
  const kinds = (['user', 'session', 'tag'] as const).filter((kind) => named.has(kind))
  if (kinds.length <= 1) return kinds[0] ?? 'all'
  throw new GatewayError('invalid_request', `Ask by one of ${kinds.join(', ')} at a time.`, { param: 'by' })
}

/** Whole days where time is not asked for by the hour, the hours at both ends, and what is not summed yet. */
function sourceOf(query: UsageQuery, tables: UsageTables): RawBuilder<unknown> {
  const kind = kindOf(query)
  const [fromMs, toMs] = [down(query.fromMs, spansMs.hour), up(query.toMs, spansMs.hour)]
  const isByHour = query.by.includes('hour')
  const firstDayMs = isByHour ? toMs : Math.min(toMs, up(fromMs, spansMs.day))
  const lastDayMs = Math.max(firstDayMs, down(toMs, spansMs.day))
  const parts: RawBuilder<unknown>[] = []
  const add = (table: string, span: 'hour' | 'day', from: number, to: number): void => {
    if (from >= to) return
    parts.push(sql`
      select ${sql.raw(partColumns)} from ${sql.raw(table)}
      where kind = ${sql.lit(kind)} and span = ${sql.lit(span)} and org = ${query.org}
      and at_ms >= ${from} and at_ms < ${to} ${filters(query.where)}`)
  }
  add(tables.sums, 'hour', fromMs, firstDayMs)
  add(tables.sums, 'day', firstDayMs, lastDayMs)
  add(tables.sums, 'hour', lastDayMs, toMs)
  if (tables.missing) add(`(${tables.missing(kind)})`, 'hour', fromMs, toMs)
  if (parts.length === 0) throw new GatewayError('invalid_request', '`to` is not after `from`.')
  return sql.join(parts, sql` union all `)
}

const partColumns = [
  ...(['at_ms', 'value', 'provider', 'model', 'route', 'key_id', 'key_name', 'team'] as const),
  ...Object.keys(rollupSums),
].join(', ')

function filters(where: UsageFilter): RawBuilder<unknown> {
  const conditions = Object.entries(where).map(([dimension, filter]) => {
    const names = dimension === 'key' ? ['key_id', 'key_name'] : [columns[dimension as UsageDimension]]
    return sql`and ${textCondition(names, filter)}`
  })
  return sql.join(conditions, sql` `)
}

function textCondition(names: readonly string[], { anyOf, isExcluded }: TextFilter): RawBuilder<unknown> {
  if (anyOf.length === 0) return sql`1 = 1`
  const any = sql.join(
    anyOf.flatMap((pattern) => names.map((name) => patternCondition(name, pattern))),
    sql` or `,
  )
  return isExcluded ? sql`not (${any})` : sql`(${any})`
}

function patternCondition(name: string, { text, isBeginning }: TextPattern): RawBuilder<unknown> {
  // Both databases count code points.
  const length = sql.lit(Array.from(text).length)
  return isBeginning ? sql`substr(${sql.raw(name)}, 1, ${length}) = ${text}` : sql`${sql.raw(name)} = ${text}`
}

function down(ms: number, stepMs: number): number {
  return Math.floor(ms / stepMs) * stepMs
}

function up(ms: number, stepMs: number): number {
  return Math.ceil(ms / stepMs) * stepMs
}

function toUsageRow(row: UsageResult, by: readonly UsageDimension[]): UsageRow {
  const of: Record<string, string | number> = {}
  for (const dimension of by) {
    const value = row[dimension]!
    if (dimension === 'hour' || dimension === 'day') of[`${dimension}Ms`] = Number(value)
    else if (value !== '') of[dimension] = String(value)
  }
  if (by.includes('key')) of['keyName'] = String(row['key_name'])
  if (!by.includes('hour') && !by.includes('day')) of['lastMs'] = Number(row['last_ms'])
  const count = (name: keyof typeof rollupSums) => Number(row[name])
  const amount = (name: keyof typeof rollupSums) => BigInt(row[name]!)
  return {
    ...of,
    requests: count('requests'),
    attempts: count('attempts'),
    cached: count('cached'),
    errors: count('errors'),
    estimated: count('estimated'),
    unpriced: count('unpriced'),
    inputTokens: count('input_tokens'),
    outputTokens: count('output_tokens'),
    cacheReadTokens: count('cache_read_tokens'),
    cacheWriteTokens: count('cache_write_tokens'),
    reasoningTokens: count('reasoning_tokens'),
    providerCostNanoUsd: amount('provider_cost_nano_usd'),
    chargedNanoUsd: amount('charged_nano_usd'),
    savedNanoUsd: amount('saved_nano_usd'),
  }
}
