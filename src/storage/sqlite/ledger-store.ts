/** What is read of the ledger in SQLite: its lines, what is open, and what they sum up to. */

import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'
import { type CompiledQuery, type Expression, expressionBuilder, sql, type SqlBool } from 'kysely'
import { GatewayError } from '../../core/error.ts'
import { defined } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import {
  type EntryKind,
  flagBits,
  type Intent,
  type LedgerCounts,
  type LedgerEntry,
  type LedgerQuery,
  type LedgerStore,
  type OpenIntent,
  type PastCall,
  type PromptBytes,
  type UsageSource,
} from '../../ledger/port.ts'
import { createCharges } from './charges.ts'
import { createQueryBuilder } from './kysely.ts'
import type { EntryRow, LedgerTables, OpenAttemptRow } from './ledger-migrations.ts'
import type { Reader } from './reader.ts'
import { createUsage } from './usage.ts'

/** How many lines one step of a search looks at: some 10 ms of the event loop at most. */
export const searchWindow = 20_000

/** So many lines in a row from before a time, and those before them are older still: more calls do not run at once. */
const maxOlderInARow = 5_000

const builder = createQueryBuilder<LedgerTables>()
const eb = expressionBuilder<LedgerTables, 'ledger'>()

interface Compilable {
  compile(): CompiledQuery
}

export interface LedgerStoreOptions {
  /** What makes reports; absent: the connection itself does, and everybody waits for it. */
  readonly reader?: Pick<Reader, 'all'>
  /** For tests. */
  readonly window?: number
  readonly linesPerCount?: number
}

/** The store over a database that `openStore` opened with `ledgerMigrations`. */
export function createLedgerStore(
  database: DatabaseSync,
  { reader = inline(database), window = searchWindow, linesPerCount = 20_000 }: LedgerStoreOptions = {},
): LedgerStore {
  const select = (query: Compilable): unknown[] => {
    const { sql: text, parameters } = query.compile()
    return database.prepare(text).all(...(parameters as readonly SQLInputValue[]))
  }
  const sumOfRequest = database.prepare(
    // The index of identities leaves corrections out.
    `select sum(charged_nano_usd) as nanoUsd from ledger where request_id = ? and kind <> 'adjust'`,
  )
  const findLine = database.prepare(
    `select 1 from ledger where request_id = ? and attempt = ? and kind <> 'adjust'`,
  )
  const findFirst = database.prepare('select seq, at_ms from ledger order by seq limit 1')
  // Attempts settle out of order, but not by more than there are under way.
  const findLast = database.prepare(
    'select max(at_ms) as at_ms from (select at_ms from ledger order by seq desc limit 10000)',
  )
  const findLatest = database.prepare(
    `select provider, model, at_ms, input_tokens + output_tokens as tokens from ledger
     where kind = 'settle' order by seq desc limit ?`,
  )
  const findLastSeq = database.prepare('select coalesce(max(seq), 0) as seq from ledger')
  const countOpen = database.prepare('select count(*) as open from open_attempts')
  const findPrices = database.prepare('select price from price_versions where version = ?')
  return {
    openIntents: () =>
      (select(builder.selectFrom('open_attempts').selectAll()) as OpenAttemptRow[]).map(toOpenIntent),
    search(query) {
      const filters = filtersOf(query)
      const inScan = builder
        .selectFrom('ledger')
        .where(eb.and(scanOf(query)))
        .orderBy('seq', directionOf(query))
      // Without filters the limit alone bounds the work.
      const [floor] = (
        filters.length === 0
          ? []
          : select(
              inScan
                .select('seq')
                .limit(1)
                .offset(window - 1),
            )
      ) as Pick<EntryRow, 'seq'>[]
      const inWindow = floor === undefined ? [] : [withinStep(query, floor.seq)]
      const found = select(
        inScan
          .where(eb.and([...filters, ...inWindow]))
          .selectAll()
          .limit(query.limit + 1),
      ) as EntryRow[]
      const data = found.slice(0, query.limit).map(toEntry)
      const end = found.length > query.limit ? data.at(-1)?.seq : floor?.seq
      return end === undefined ? { data } : { data, nextCursor: String(end) }
    },
    entriesAfter(seq, limit) {
      const query = builder
        .selectFrom('ledger')
        .selectAll()
        .where('seq', '>', seq)
        .orderBy('seq')
        .limit(limit)
      return (select(query) as EntryRow[]).map(toEntry)
    },
    *counts() {
      const statement = database.prepare(countsSql)
      statement.setReadBigInts(true)
      const last = Number(findLastSeq.get()!['seq'])
      for (let from = 0; from <= last; from += linesPerCount) {
        yield toCounts(statement.get(from, from + linesPerCount)!)
      }
    },
    openCount: () => Number(countOpen.get()!['open']),
    chargedFor: (requestId) => Number(sumOfRequest.get(requestId)?.['nanoUsd'] ?? 0),
    latestCalls(limit, sinceMs) {
      const calls: PastCall[] = []
      let olderInARow = 0
      for (const row of findLatest.iterate(limit)) {
        const atMs = Number(row['at_ms'])
        olderInARow = atMs < sinceMs ? olderInARow + 1 : 0
        // They are in the order in which they ended.
        if (olderInARow > maxOlderInARow) break
        if (atMs < sinceMs) continue
        const [provider, model] = [String(row['provider']), String(row['model'])]
        calls.push({ provider, model, atMs, tokens: Number(row['tokens']) })
      }
      return calls.toReversed()
    },
    ...createCharges(database, reader),
    oldest() {
      const row = findFirst.get()
      return row && { seq: Number(row['seq']), atMs: Number(row['at_ms']) }
    },
    lastAtMs: () => Number(findLast.get()?.['at_ms'] ?? 0),
    hasLine: (requestId, attempt) => findLine.get(requestId, attempt) !== undefined,
    atOnce(look) {
      database.exec('begin')
      try {
        return look()
      } finally {
        database.exec('commit')
      }
    },
    usage: createUsage(reader),
    prices: (version) => findPrices.get(version)?.['price'] as string | undefined,
  }
}

const countsSql = `select
  count(*) filter (where kind = 'settle') as settled,
  count(*) filter (where kind = 'void') as voided,
  count(*) filter (where kind = 'adjust') as adjusted,
  count(*) filter (where kind = 'cached') as cached,
  count(*) filter (where flags & ${flagBits.estimate}) as estimated,
  count(*) filter (where flags & ${flagBits.unpriced}) as unpriced,
  count(*) filter (where flags & ${flagBits.recovered}) as recovered,
  coalesce(sum(charged_nano_usd), 0) as chargedNanoUsd,
  coalesce(sum(provider_cost_nano_usd), 0) as providerCostNanoUsd
  from ledger where seq > ? and seq <= ?`

function toCounts(row: Record<string, SQLOutputValue>): LedgerCounts {
  const { chargedNanoUsd, providerCostNanoUsd, ...lines } = row as Record<keyof LedgerCounts, bigint>
  const numbers = Object.fromEntries(Object.entries(lines).map(([name, n]) => [name, Number(n)]))
  return { ...(numbers as Record<keyof typeof lines, number>), chargedNanoUsd, providerCostNanoUsd }
}

function inline(database: DatabaseSync): Pick<Reader, 'all'> {
  return { all: (text, parameters) => Promise.resolve(database.prepare(text).all(...parameters)) }
}

export function directionOf({ order }: LedgerQuery): 'asc' | 'desc' {
  return order === 'oldest-first' ? 'asc' : 'desc'
}

/** Whether a line is no further on than the one that a step of the search ends at. */
export function withinStep({ order }: LedgerQuery, endSeq: number): Expression<SqlBool> {
  return eb('seq', order === 'oldest-first' ? '<=' : '>=', endSeq)
}

/** What an index answers by itself: the session, or else the user, in the order of settlement. */
export function scanOf({ org, user, session, order, cursor }: LedgerQuery): Expression<SqlBool>[] {
  return [
    eb('org', '=', org),
    ...(session === undefined ? [] : [eb('session', '=', session)]),
    ...(user === undefined || session !== undefined ? [] : [eb('user', '=', user)]),
    ...(cursor === undefined ? [] : [eb('seq', order === 'oldest-first' ? '>' : '<', readCursor(cursor))]),
  ]
}

/** What each line is then held against. */
export function filtersOf(query: LedgerQuery): Expression<SqlBool>[] {
  const { fromMs, toMs, key, teams, user, session, tag } = query
  const equal = {
    request_id: query.requestId,
    provider: query.provider,
    model: query.model,
    route: query.route,
    team: query.team,
    kind: query.kind,
    usage_source: query.source,
    user: session === undefined ? undefined : user,
  }
  return [
    ...Object.entries(defined(equal)).map(([column, value]) => eb(column as keyof typeof equal, '=', value)),
    ...(fromMs === undefined ? [] : [eb('at_ms', '>=', fromMs)]),
    ...(toMs === undefined ? [] : [eb('at_ms', '<', toMs)]),
    ...(teams === undefined ? [] : [eb('team', 'in', [...teams])]),
    ...(key === undefined ? [] : [eb.or([eb('key_id', '=', key), eb('key_name', '=', key)])]),
    // A quoted JSON string occurs in the array's text only as a whole element: quotes within one are escaped.
    ...(tag === undefined
      ? []
      : [sql<SqlBool>`replace(${eb.ref('tags')}, ${JSON.stringify(tag)}, '') <> ${eb.ref('tags')}`]),
  ]
}

function readCursor(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor)
  throw new GatewayError('invalid_request', 'The cursor is not one of this list.', { param: 'cursor' })
}

type SharedRow = Omit<OpenAttemptRow, 'id' | 'input_bound' | 'output_bound' | 'marked_tokens'>

function toSpending(row: SharedRow): Omit<Intent, 'id' | 'inputBound' | 'outputBound'> {
  return {
    org: row.org,
    requestId: row.request_id,
    attempt: row.attempt,
    atMs: row.at_ms,
    operation: row.operation,
    dialect: row.dialect,
    stream: row.stream === 1,
    provider: row.provider,
    model: row.model,
    credential: row.credential,
    keyId: row.key_id,
    keyName: row.key_name,
    tags: row.tags === null ? [] : (JSON.parse(row.tags) as string[]),
    reservedNanoUsd: row.reserved_nano_usd,
    priceVersion: row.price_version,
    ...(row.markup_basis_points !== 0 && { markupBasisPoints: row.markup_basis_points }),
    ...(row.prompt_bytes !== null && { promptBytes: JSON.parse(row.prompt_bytes) as PromptBytes }),
    ...(row.route !== null && { route: row.route }),
    ...(row.team !== null && { team: row.team }),
    ...(row.user !== null && { user: row.user }),
    ...(row.session !== null && { session: row.session }),
  }
}

function toOpenIntent(row: OpenAttemptRow): OpenIntent {
  return {
    ...toSpending(row),
    id: row.id,
    inputBound: row.input_bound,
    outputBound: row.output_bound,
    markedTokens: row.marked_tokens,
  }
}

export function toEntry(row: EntryRow): LedgerEntry {
  return {
    ...toSpending(row),
    seq: row.seq,
    kind: row.kind as EntryKind,
    settledAtMs: row.settled_at_ms,
    usage: toUsage(row),
    usageSource: row.usage_source as UsageSource,
    flags: row.flags,
    providerCostNanoUsd: row.provider_cost_nano_usd,
    chargedNanoUsd: row.charged_nano_usd,
    ...(row.reported_model !== null && { reportedModel: row.reported_model }),
    ...(row.tier !== null && { tier: row.tier }),
    ...(row.status !== null && { status: row.status }),
    ...(row.code !== null && { code: row.code }),
    ...(row.provider_request_id !== null && { providerRequestId: row.provider_request_id }),
    ...(row.saved_nano_usd !== 0 && { savedNanoUsd: row.saved_nano_usd }),
  }
}

function toUsage(row: EntryRow): Usage {
  return {
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    ...defined({
      cacheReadTokens: row.cache_read_tokens ?? undefined,
      cacheWriteTokens: row.cache_write_tokens ?? undefined,
      cacheWrite1hTokens: row.cache_write_1h_tokens ?? undefined,
      reasoningTokens: row.reasoning_tokens ?? undefined,
      serviceTier: row.tier ?? undefined,
    }),
    ...(row.more_usage !== null && (JSON.parse(row.more_usage) as Partial<Usage>)),
  }
}
