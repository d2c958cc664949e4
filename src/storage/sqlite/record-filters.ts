/** What a search of request records asks for, as conditions of SQL. */

import { expressionBuilder, type Expression, type RawBuilder, sql, type SqlBool } from 'kysely'
import type { RecordFilters, StatusFilter, TextFilter, TextPattern } from '../../records/port.ts'
import type { RecordTables } from './record-migrations.ts'

type Condition = Expression<SqlBool>

const eb = expressionBuilder<RecordTables, 'request_records'>()

/** What an index answers by itself: the range of time, and the session or else the user that one looks for. */
export function scanOf({ org, user, session, fromMs, toMs }: RecordFilters): Condition[] {
  const ofSession = onlyTextOf(session)
  const ofUser = ofSession === undefined ? onlyTextOf(user) : undefined
  return [
    eb('org', '=', org),
    ...(ofSession === undefined ? [] : [eb('session', '=', ofSession)]),
    ...(ofUser === undefined ? [] : [eb('user', '=', ofUser)]),
    ...(fromMs === undefined ? [] : [eb('at_ms', '>=', fromMs)]),
    ...(toMs === undefined ? [] : [eb('at_ms', '<', toMs)]),
  ]
}

/** What each entry that the index gives is then held against. */
export function filtersOf(query: RecordFilters): Condition[] {
  const { user, session, keyIds } = query
  const rest = {
    ...query,
    session: onlyTextOf(session) === undefined ? session : undefined,
    user: onlyTextOf(session) === undefined && onlyTextOf(user) !== undefined ? undefined : user,
  }
  return [
    ...textColumns.flatMap((name) =>
      textCondition(rest[name], ({ text, isBeginning }) => {
        const column = sql.ref<string | null>(name)
        return isBeginning ? begins(column, text) : sql<SqlBool>`${column} = ${text}`
      }),
    ),
    ...textCondition(query.key, ({ text, isBeginning }) =>
      isBeginning
        ? sql<SqlBool>`(${begins(sql.ref('key_id'), text)} or ${begins(sql.ref('key_name'), text)})`
        : sql<SqlBool>`(key_id = ${text} or key_name = ${text})`,
    ),
    ...textCondition(query.tag, tagCondition),
    ...(query.status === undefined ? [] : [statusCondition(query.status)]),
    ...(query.durationAboveMs === undefined ? [] : [sql<SqlBool>`${durationMs} > ${query.durationAboveMs}`]),
    ...(query.costAboveNanoUsd === undefined ? [] : [eb('cost_nano_usd', '>', query.costAboveNanoUsd)]),
    ...(keyIds === undefined
      ? []
      : [sql<SqlBool>`key_id in (select value from json_each(${JSON.stringify([...keyIds])}))`]),
    ...textCondition(query.cache, bodyCondition('$.cache.outcome')),
    ...textCondition(query.contract, bodyCondition('$.contract')),
    ...(query.text === undefined ? [] : [occurs(query.text)]),
  ]
}

/** Whether more has to be read than the index by time holds. */
export function readsBodies({ user, session, cache, contract, text }: RecordFilters): boolean {
  const isBesideIndex = (filter: TextFilter | undefined) =>
    filter !== undefined && onlyTextOf(filter) === undefined
  return (
    cache !== undefined ||
    contract !== undefined ||
    text !== undefined ||
    isBesideIndex(user) ||
    isBesideIndex(session)
  )
}

/** Rows of older versions have it in their body alone. */
export const durationMs = sql<number>`ifnull(duration_ms, body ->> '$.durationMs')`

const textColumns = ['route', 'model', 'provider', 'code', 'dialect', 'user', 'session'] as const

/** The one text that it must be. */
function onlyTextOf(filter: TextFilter | undefined): string | undefined {
  const [first, second] = filter?.anyOf ?? []
  const isOnly = first !== undefined && second === undefined && !first.isBeginning && !filter!.isExcluded
  return isOnly ? first.text : undefined
}

function textCondition(
  filter: TextFilter | undefined,
  conditionOf: (pattern: TextPattern) => RawBuilder<SqlBool>,
): Condition[] {
  if (filter === undefined || filter.anyOf.length === 0) return []
  const any = sql.join(filter.anyOf.map(conditionOf), sql` or `)
  // What is not there is none of them.
  return [filter.isExcluded ? sql<SqlBool>`not ifnull((${any}), 0)` : sql<SqlBool>`(${any})`]
}

function begins(column: RawBuilder<unknown>, text: string): RawBuilder<SqlBool> {
  return sql<SqlBool>`substr(${column}, 1, length(${text})) = ${text}`
}

function statusCondition({ anyOf, isExcluded }: StatusFilter): Condition {
  const any = sql.join(
    anyOf.map(({ min, max }) => sql`status between ${min} and ${max}`),
    sql` or `,
  )
  return isExcluded ? sql<SqlBool>`not (${any})` : sql<SqlBool>`(${any})`
}

/** A quote that is not escaped begins or ends an element of the array's text, so each is met at its beginning. */
function tagCondition({ text, isBeginning }: TextPattern): RawBuilder<SqlBool> {
  const quoted = isBeginning ? JSON.stringify(text).slice(0, -1) : JSON.stringify(text)
  return sql<SqlBool>`(instr(tags, ${`[${quoted}`}) = 1 or instr(tags, ${`,${quoted}`}) > 0)`
}

function bodyCondition(path: string): (pattern: TextPattern) => RawBuilder<SqlBool> {
  const value = sql`body ->> ${sql.lit(path)}`
  return ({ text, isBeginning }) =>
    isBeginning ? begins(sql`(${value})`, text) : sql<SqlBool>`(${value}) = ${text}`
}

function occurs(text: string): Condition {
  const places = ['id', 'key_name', 'tags', 'route', 'model', 'provider', 'user', 'session', 'code'] as const
  const all = sql.join(
    [
      ...places.map((name) => sql`ifnull(${sql.ref(name)}, '')`),
      sql`ifnull(body ->> '$.requestedModel', '')`,
      sql`ifnull(body ->> '$.message', '')`,
    ],
    sql` || char(10) || `,
  )
  return sql<SqlBool>`instr(lower(${all}), ${text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())}) > 0`
}
