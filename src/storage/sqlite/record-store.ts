/** Request records in SQLite. */

import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import {
  type CompiledQuery,
  expressionBuilder,
  type Expression,
  type SelectQueryBuilder,
  type SqlBool,
} from 'kysely'
import { type ErrorCode, GatewayError } from '../../core/error.ts'
import type { Whose } from '../../core/whose.ts'
import type { RecordStore, RequestRecord } from '../../records/port.ts'
import type { Checkpointer } from './checkpointer.ts'
import type { StoredDecisions } from './guard-decisions.ts'
import { createQueryBuilder } from './kysely.ts'
import { transact } from './open.ts'
import { filtersOf, readsBodies, scanOf } from './record-filters.ts'
import type { RecordRow, RecordTables } from './record-migrations.ts'
import { createVacuum } from './vacuum.ts'
import { createTimings } from './record-timings.ts'

/** How many index entries one step of a search reads: some 10 ms of the event loop at most. */
const searchWindow = 20_000
/** How many records it reads whole, where what is asked stands in no index: as long at most. */
const bodyWindow = 2_000
/** How many records one step deletes: a millisecond's worth. */
const pruneStep = 50

const builder = createQueryBuilder<RecordTables>()

/** A place in the order of a search: newest first, and among equals the last to arrive. */
interface Position {
  readonly at_ms: number
  readonly seq: number
}

interface Compilable {
  compile(): CompiledQuery
}

export interface RecordStoreOptions {
  /** Absent: SQLite makes its checkpoints itself, within a commit. */
  readonly checkpointer?: Checkpointer
  /** Where what guardrails decided is kept beside. */
  readonly decisions?: StoredDecisions
  /** For tests. */
  readonly window?: number | undefined
}

/** The store over a database that `openStore` opened with `recordMigrations`. */
export function createRecordStore(
  database: DatabaseSync,
  { checkpointer, decisions, window = searchWindow }: RecordStoreOptions = {},
): RecordStore {
  const insert = database.prepare(insertSql())
  const pageCount = database.prepare('pragma page_count')
  const freeCount = database.prepare('pragma freelist_count')
  const vacuum = createVacuum(database)
  const pageBytes = onlyNumber(database.prepare('pragma page_size').get())

  const select = (query: Compilable): unknown[] => {
    const { sql: text, parameters } = query.compile()
    return database.prepare(text).all(...(parameters as readonly SQLInputValue[]))
  }
  const change = (query: Compilable): number => {
    const { sql: text, parameters } = query.compile()
    return Number(database.prepare(text).run(...(parameters as readonly SQLInputValue[])).changes)
  }
  const sizeBytes = (): number => (onlyNumber(pageCount.get()) - onlyNumber(freeCount.get())) * pageBytes

  return {
    insert(records) {
      transact(database, () => {
        for (const record of records) {
          const { changes } = insert.run(...toColumns(record))
          if (record.guardrails && changes > 0) decisions?.insert(record)
        }
      })
      checkpointer?.note(records.length)
    },
    search(query) {
      const filters = filtersOf(query)
      const { cursor, order } = query
      const isUp = order === 'oldest-first'
      const after = cursor === undefined ? [] : [compare(isUp ? '>' : '<', readCursor(cursor))]
      const inScan = builder.selectFrom('request_records').where(eb.and([...scanOf(query), ...after]))
      const most = readsBodies(query) ? Math.min(window, bodyWindow) : window
      // Without filters the limit alone bounds the work.
      const floors = filters.length === 0 ? [] : (select(floorOf(inScan, most, isUp)) as Position[])
      const floor = floors[0]
      const inWindow = floor === undefined ? [] : [compare(isUp ? '<=' : '>=', floor)]
      const rows = select(
        inOrder(inScan.where(eb.and([...filters, ...inWindow])).selectAll(), isUp).limit(query.limit + 1),
      ) as RecordRow[]
      const page = rows.slice(0, query.limit)
      const end = rows.length > query.limit ? page.at(-1) : floor
      const data = page.map(toRecord)
      return end === undefined ? { data } : { data, nextCursor: cursorOf(end) }
    },
    get(org, id) {
      const [row] = select(whole.where('org', '=', org).where('id', '=', id)) as RecordRow[]
      return row && toRecord(row)
    },
    cursorAt(org, id) {
      const query = builder.selectFrom('request_records').select(['at_ms', 'seq'])
      const [row] = select(query.where('org', '=', org).where('id', '=', id)) as Position[]
      return row && cursorOf(row)
    },
    requestsOf(org, whose, after) {
      const rows = select(personalOf(org, whose, after, window)) as Pick<RecordRow, 'id' | 'session'>[]
      const next = after + window
      const [last] = select(
        builder.selectFrom('request_records').select('seq').orderBy('seq', 'desc').limit(1),
      )
      const isEnd = last === undefined || (last as RecordRow).seq <= next
      const sessions = new Set(rows.flatMap(({ session }) => (session === null ? [] : [session])))
      return { ids: rows.map(({ id }) => id), sessions: [...sessions], ...(!isEnd && { next }) }
    },
    forget(org, ids) {
      if (ids.length === 0) return
      transact(database, () => {
        const rows = select(whole.where('org', '=', org).where('id', 'in', ids)) as RecordRow[]
        for (const { seq, body } of rows) change(impersonal(seq, body))
      })
      checkpointer?.note(ids.length)
    },
    timings: createTimings(database),
    prune({ olderThanMs, maxBytes }) {
      vacuum.step()
      decisions?.prune()
      const byAge = olderThanMs === undefined ? 0 : change(pruneOf(olderThanMs))
      if (byAge > 0 || maxBytes === undefined || sizeBytes() <= maxBytes) return byAge
      return change(pruneOf(Number.MAX_SAFE_INTEGER))
    },
    sizeBytes,
  }
}

function onlyNumber(row: Record<string, unknown> | undefined): number {
  return Number(Object.values(row ?? {})[0])
}

// -- writing

/** What no column holds. */
type Body = Omit<
  RequestRecord,
  | ('id' | 'org' | 'atMs' | 'dialect' | 'route' | 'model' | 'provider' | 'keyId' | 'keyName')
  | ('user' | 'session' | 'status' | 'code' | 'costNanoUsd' | 'tags')
>

const columns = [
  ...(['id', 'org', 'at_ms', 'dialect', 'route', 'model', 'provider', 'key_id', 'key_name'] as const),
  ...(['user', 'session', 'status', 'code', 'duration_ms', 'cost_nano_usd', 'tags', 'body'] as const),
]

function insertSql(): string {
  const row = Object.fromEntries(columns.map((column) => [column, ''])) as unknown as Omit<RecordRow, 'seq'>
  const query = builder.insertInto('request_records').values(row as RecordRow)
  return query.onConflict((conflict) => conflict.column('id').doNothing()).compile().sql
}

/**
 * In the order of `columns`. On the path of every request, so the body is spelled out: leaving the columns out by a
 * rest pattern costs as much as the rest of this function. The type keeps it complete.
 */
function toColumns(record: RequestRecord): SQLInputValue[] {
  const { route = null, model = null, provider = null, user = null, session = null, code = null } = record
  const { costNanoUsd = null } = record
  const body: { readonly [Name in keyof Required<Body>]: Body[Name] | undefined } = {
    operation: record.operation,
    requestedModel: record.requestedModel,
    revision: record.revision,
    decision: record.decision,
    experiment: record.experiment,
    stream: record.stream,
    message: record.message,
    durationMs: record.durationMs,
    firstTokenMs: record.firstTokenMs,
    overheadMs: record.overheadMs,
    // The same as the last attempt's, nearly always: then it is kept there alone.
    usage: record.usage === record.attempts.at(-1)?.usage ? undefined : record.usage,
    dropped: record.dropped,
    finish: record.finish,
    contract: record.contract,
    replayOf: record.replayOf,
    cache: record.cache,
    guardrails: record.guardrails,
    team: record.team,
    isUserClaimed: record.isUserClaimed,
    clientGone: record.clientGone,
    clientAddress: record.clientAddress,
    attempts: record.attempts,
  }
  return [
    record.id,
    record.org,
    record.atMs,
    record.dialect,
    route,
    model,
    provider,
    record.keyId,
    record.keyName,
    user,
    session,
    record.status,
    code,
    record.durationMs,
    costNanoUsd,
    JSON.stringify(record.tags),
    JSON.stringify(body),
  ]
}

export function toRecord(row: RecordRow): RequestRecord {
  const body = JSON.parse(row.body) as Body
  const usage = body.usage ?? body.attempts.at(-1)?.usage
  return {
    ...body,
    ...(usage && { usage }),
    id: row.id,
    org: row.org,
    atMs: row.at_ms,
    dialect: row.dialect,
    keyId: row.key_id,
    keyName: row.key_name,
    status: row.status,
    tags: JSON.parse(row.tags) as string[],
    ...(row.route !== null && { route: row.route }),
    ...(row.model !== null && { model: row.model }),
    ...(row.provider !== null && { provider: row.provider }),
    ...(row.user !== null && { user: row.user }),
    ...(row.session !== null && { session: row.session }),
    ...(row.code !== null && { code: row.code as ErrorCode }),
    ...(row.cost_nano_usd !== null && { costNanoUsd: row.cost_nano_usd }),
  }
}

// -- searching

type Selection<Output> = SelectQueryBuilder<RecordTables, 'request_records', Output>

const eb = expressionBuilder<RecordTables, 'request_records'>()
const whole = builder.selectFrom('request_records').selectAll()

function compare(operator: '<' | '>=' | '>' | '<=', { at_ms, seq }: Position): Expression<SqlBool> {
  return eb(eb.refTuple('at_ms', 'seq'), operator, eb.tuple(at_ms, seq))
}

function inOrder<O>(query: Selection<O>, isUp: boolean): Selection<O> {
  const direction = isUp ? 'asc' : 'desc'
  return query.orderBy('at_ms', direction).orderBy('seq', direction)
}

function cursorOf({ at_ms: atMs, seq }: Position): string {
  return `${atMs}.${seq}`
}

/** The last entry that a step may look at, in its direction; none when fewer are left. */
function floorOf(query: Selection<object>, window: number, isUp: boolean): Compilable {
  return inOrder(query.select(['at_ms', 'seq']), isUp)
    .limit(1)
    .offset(window - 1)
}

function readCursor(cursor: string): Position {
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(cursor)
  if (match === null) {
    throw new GatewayError('invalid_request', 'The cursor is not one of this list.', { param: 'cursor' })
  }
  return { at_ms: Number(match[1]), seq: Number(match[2]) }
}

// -- forgetting

/** The requests of a person among those that came in next. */
function personalOf(org: string, { user, keyIds }: Whose, after: number, window: number): Compilable {
  const isTheirs = eb.or([eb('user', '=', user), ...(keyIds.length > 0 ? [eb('key_id', 'in', keyIds)] : [])])
  return builder
    .selectFrom('request_records')
    .select(['id', 'session'])
    .where('seq', '>', after)
    .where('seq', '<=', after + window)
    .where(eb.and([eb('org', '=', org), isTheirs]))
}

function impersonal(seq: number, text: string): Compilable {
  const { clientAddress: _, message: _message, experiment: _unit, ...rest } = JSON.parse(text) as Body
  const { isUserClaimed: _claimed, ...body } = rest
  const attempts = body.attempts.map(({ message: _quoted, ...attempt }) => attempt)
  return builder
    .updateTable('request_records')
    .set({ user: null, session: null, body: JSON.stringify({ ...body, attempts }) })
    .where('seq', '=', seq)
}

// -- pruning

/**
 * Deletes, of the first to arrive, those of requests that came before. Arrival follows the request's start by its
 * duration, so an older one behind them waits for a later step at most as long as that.
 */
function pruneOf(olderThanMs: number): Compilable {
  const first = builder.selectFrom('request_records').select(['seq', 'at_ms']).orderBy('seq').limit(pruneStep)
  const old = builder.selectFrom(first.as('first')).select('seq').where('at_ms', '<', olderThanMs)
  return builder.deleteFrom('request_records').where('seq', 'in', old)
}
