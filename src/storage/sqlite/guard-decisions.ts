/** Decisions of guardrails in SQLite, beside the request records whose life they share. */

import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { GatewayError } from '../../core/error.ts'
import type { DecisionCount, DecisionQuery, DecisionStore, GuardDecision } from '../../guardrails/port.ts'
import type { RequestRecord } from '../../records/port.ts'

/** Counting looks at so many decisions: some 20 ms of the event loop at most. */
const countWindow = 50_000
const pruneStep = 200

interface DecisionRow {
  readonly seq: number
  readonly request_id: string
  readonly at_ms: number
  readonly route: string | null
  readonly rule: string
  readonly stage: GuardDecision['stage']
  readonly action: GuardDecision['action']
  readonly found: string
}

/** Over a database that `openStore` opened with `recordMigrations`. */
export interface StoredDecisions extends DecisionStore {
  /** Within the transaction of its record. */
  insert(record: RequestRecord): void
  /** Deletes a bounded number of those whose records are gone. */
  prune(): void
}

export function createGuardDecisions(database: DatabaseSync): StoredDecisions {
  const insert = database.prepare(
    'insert into guard_decisions (org, request_id, at_ms, route, rule, stage, action, found) ' +
      'values (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const newest = 'select at_ms, rule, stage, action from guard_decisions where org = ? and at_ms >= ?'
  const window = `${newest} order by at_ms desc limit ${countWindow}`
  const counts = database.prepare(
    `select rule, stage, action, count(*) as requests from (${window}) group by rule, stage, action`,
  )
  const floor = database.prepare(`${newest} order by at_ms desc limit 1 offset ${countWindow - 1}`)
  const prune = database.prepare(
    'delete from guard_decisions where seq in ' +
      `(select seq from (select seq, at_ms from guard_decisions order by seq limit ${pruneStep}) ` +
      'where at_ms < (select at_ms from request_records order by seq limit 1))',
  )
  return {
    insert({ org, id, atMs, route = null, guardrails = [] }) {
      for (const { rule, stage, action, found } of guardrails) {
        insert.run(org, id, atMs, route, rule, stage, action, JSON.stringify(found))
      }
    },
    prune() {
      prune.run()
    },
    list(query) {
      const { text, values } = listOf(query)
      const rows = database.prepare(text).all(...values) as unknown as DecisionRow[]
      const page = rows.slice(0, query.limit)
      const last = rows.length > query.limit ? page.at(-1) : undefined
      return { data: page.map(toDecision), ...(last && { nextCursor: String(last.seq) }) }
    },
    count(org, fromMs) {
      const found = counts.all(org, fromMs) as unknown as DecisionCount[]
      const last = floor.get(org, fromMs) as Pick<DecisionRow, 'at_ms'> | undefined
      return { counts: found.map((count) => ({ ...count })), fromMs: last?.at_ms ?? fromMs }
    },
  }
}

/** Along the order of arrival: a rare rule is looked for among all decisions, which are few beside the requests. */
function listOf({ org, rule, action, limit, cursor }: DecisionQuery): {
  readonly text: string
  readonly values: readonly SQLInputValue[]
} {
  if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) {
    throw new GatewayError('invalid_request', 'The cursor is not one of this list.', { param: 'cursor' })
  }
  const conditions: readonly (readonly [string, SQLInputValue | undefined])[] = [
    ['org = ?', org],
    ['rule = ?', rule],
    ['action = ?', action],
    ['seq < ?', cursor === undefined ? undefined : Number(cursor)],
  ]
  const given = conditions.flatMap(([text, value]) => (value === undefined ? [] : [{ text, value }]))
  const where = given.map(({ text }) => text).join(' and ')
  return {
    text: `select * from guard_decisions where ${where} order by seq desc limit ?`,
    values: [...given.map(({ value }) => value), limit + 1],
  }
}

function toDecision({ request_id: requestId, at_ms: atMs, route, rule, stage, action, found }: DecisionRow) {
  return {
    requestId,
    atMs,
    rule,
    stage,
    action,
    found: JSON.parse(found) as GuardDecision['found'],
    ...(route !== null && { route }),
  }
}
