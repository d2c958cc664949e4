/** Sums of the ledger by hour and by day, so that reports need not read its lines. */

import type { DatabaseSync } from 'node:sqlite'
import { CompiledQuery } from 'kysely'
import { flagBits } from '../../ledger/port.ts'
import type { Migration } from '../migration.ts'
import { transact } from './open.ts'

export const spansMs = { hour: 3_600_000, day: 86_400_000 } as const

/**
 * What a line is summed under. Users, sessions and tags are many: each has rows of its own, so that reports that do
 * not ask for them need not add them up.
 */
export const rollupKinds = ['all', 'user', 'session', 'tag'] as const

export type RollupKind = (typeof rollupKinds)[number]

/** What tells the rows of one kind, span and time apart. Empty where a line has none. */
export const rollupKeys = ['org', 'value', 'provider', 'model', 'key_id', 'team', 'route'] as const

/** The sums, and how each is made of lines, in words of SQLite and PostgreSQL alike. */
const firstSums = {
  requests: `count(*) filter (where kind <> 'adjust' and attempt <= 1)`,
  // A correction is no attempt, and neither is an answer of the cache.
  attempts: `count(*) filter (where kind not in ('adjust', 'cached'))`,
  errors: `count(*) filter (where kind <> 'adjust' and code is not null)`,
  estimated: `count(*) filter (where flags & ${flagBits.estimate} <> 0)`,
  input_tokens: 'sum(input_tokens)',
  output_tokens: 'sum(output_tokens)',
  cache_read_tokens: 'sum(coalesce(cache_read_tokens, 0))',
  cache_write_tokens: 'sum(coalesce(cache_write_tokens, 0) + coalesce(cache_write_1h_tokens, 0))',
  reasoning_tokens: 'sum(coalesce(reasoning_tokens, 0))',
  provider_cost_nano_usd: 'sum(provider_cost_nano_usd)',
  charged_nano_usd: 'sum(charged_nano_usd)',
} as const

/** In the order of the columns. */
export const rollupSums = {
  ...firstSums,
  cached: `count(*) filter (where kind = 'cached')`,
  unpriced: `count(*) filter (where flags & ${flagBits.unpriced} <> 0)`,
  saved_nano_usd: 'sum(saved_nano_usd)',
} as const

const sumNames = Object.keys(rollupSums)

export const rollupMigration: Migration = {
  name: 'ledger-0002-rollups',
  statements: () =>
    [
      `create table rollups (
        kind text not null,
        span text not null,
        at_ms integer not null,
        ${rollupKeys.map((key) => `${key} text not null`).join(', ')},
        key_name text not null,
        ${Object.keys(firstSums)
          .map((sum) => `${sum} integer not null`)
          .join(', ')},
        primary key (kind, span, at_ms, ${rollupKeys.join(', ')})
      ) strict, without rowid`,
      // The last line that the sums hold: changed in the transaction that changes them. Lines of attempts from before
      // `pruned_before_ms` may have been deleted.
      `create table rollup_state (seq integer not null, pruned_before_ms integer not null) strict`,
      `insert into rollup_state values (0, 0)`,
    ].map((text) => CompiledQuery.raw(text)),
}

/** Lines of answers that cost nothing, and in the sums what they saved, and how many lines had no price. */
export const savingMigration: Migration = {
  name: 'ledger-0004-savings',
  statements: () =>
    [
      'alter table ledger add column saved_nano_usd integer not null default 0',
      'alter table rollups add column cached integer not null default 0',
      'alter table rollups add column unpriced integer not null default 0',
      'alter table rollups add column saved_nano_usd integer not null default 0',
      ...addsOf(
        `flags & ${flagBits.unpriced} <> 0 and seq <= (select seq from rollup_state)`,
        'unpriced = excluded.unpriced',
      ),
    ].map((text) => CompiledQuery.raw(text)),
}

/**
 * Where the values of a kind stand in a line, as `from` and an expression. The plus keeps SQLite from the index of all users,
 * or sessions, where only the newest lines are asked for (sqlite.org/optoverview.html#disqualifying_where_clause_terms_using_unary_).
 */
export const linesOf: Readonly<Record<RollupKind, { readonly from: string; readonly value: string }>> = {
  all: { from: 'ledger where true', value: `''` },
  user: { from: 'ledger where +user is not null', value: 'user' },
  session: { from: 'ledger where +session is not null', value: 'session' },
  tag: { from: 'ledger, json_each(ledger.tags) as each where tags is not null', value: 'each.value' },
}

/** Lines grouped as the table has them; `condition` goes on where `from` ends. */
export function groupedLines(kind: RollupKind, span: keyof typeof spansMs, condition: string): string {
  const { from, value } = linesOf[kind]
  return `select '${kind}' as kind, '${span}' as span, at_ms - at_ms % ${spansMs[span]} as at_ms, org,
    ${value} as value, provider, model, key_id, coalesce(team, '') as team, coalesce(route, '') as route,
    max(key_name) as key_name, ${Object.entries(rollupSums)
      .map(([name, sum]) => `${sum} as ${name}`)
      .join(', ')}
    from ${from} and ${condition}
    group by 3, 4, 5, 6, 7, 8, 9, 10`
}

/** Adds the lines of the condition to the sums; `change` is what becomes of a row that is there. */
function addsOf(condition: string, change: string): string[] {
  return rollupKinds.flatMap((kind) =>
    (['hour', 'day'] as const).map(
      (
        span,
      ) => `insert into rollups (kind, span, at_ms, ${rollupKeys.join(', ')}, key_name, ${sumNames.join(', ')})
        ${groupedLines(kind, span, condition)}
        on conflict do update set ${change}`,
    ),
  )
}

interface Adder {
  /** Within a transaction: adds the lines behind `from`, up to `to`. */
  add(kind: RollupKind, from: number, to: number): void
}

/** Lines are read once, and summed up by hour in memory; days are sums of these few. */
function createAdder(database: DatabaseSync): Adder {
  const columns = ['kind', 'span', 'at_ms', ...rollupKeys, 'key_name', ...sumNames].join(', ')
  const change = sumNames.map((sum) => `${sum} = ${sum} + excluded.${sum}`).join(', ')
  const intoRollups = (select: string) =>
    database.prepare(
      `insert into rollups (${columns}) ${select}
      on conflict do update set key_name = excluded.key_name, ${change}`,
    )
  database.exec(`pragma temp_store = memory; create temp table if not exists step_sums (${columns})`)
  const read = new Map(
    rollupKinds.map((kind) => [
      kind,
      database.prepare(
        `insert into step_sums (${columns}) ${groupedLines(kind, 'hour', 'seq > ? and seq <= ?')}`,
      ),
    ]),
  )
  const addHours = intoRollups(`select ${columns} from step_sums where true`)
  const addDays = intoRollups(
    `select kind, 'day', at_ms - at_ms % ${spansMs.day} as day, ${rollupKeys.join(', ')}, max(key_name),
    ${sumNames.map((sum) => `sum(${sum})`).join(', ')} from step_sums group by kind, day, ${rollupKeys.join(', ')}`,
  )
  const empty = database.prepare('delete from step_sums')
  return {
    add(kind, from, to) {
      read.get(kind)!.run(from, to)
      addHours.run()
      addDays.run()
      empty.run()
    },
  }
}

export interface Roller {
  /** Adds the next lines; a bounded number of them. False where it failed: nothing is changed then. */
  step(): boolean
  /** Deletes the first of the lines that the sums hold, where they are of attempts from before this time. */
  prune(beforeMs: number): void
  /** Adds all that are missing: at the start, before there is anything else to do. */
  catchUp(): void
}

const linesPerStep = 1_024
/** Of `catchUp`, which holds up nobody: sums of more lines at a time are fewer rows to change. */
const linesPerCatchUp = 32_768
const linesPerPrune = 500

export function createRoller(database: DatabaseSync): Roller {
  const findState = database.prepare('select seq from rollup_state')
  const findEnd = database.prepare(
    `select max(seq) as seq from (select seq from ledger where seq > ? order by seq limit ?)`,
  )
  const setState = database.prepare('update rollup_state set seq = ?')
  const setPruned = database.prepare('update rollup_state set pruned_before_ms = max(pruned_before_ms, ?)')
  // Of the first lines only: what is older than a line before it waits until that one goes. The last line stays, since
  // numbers would begin anew without it, and the marks by number would then lie.
  const deleteFirst = database.prepare(
    `delete from ledger where seq in (select seq from ledger order by seq limit ${linesPerPrune})
    and at_ms < ? and seq <= (select seq from rollup_state) and seq < (select max(seq) from ledger)`,
  )
  const adder = createAdder(database)
  // Many gateways are never told of users, sessions or tags: then six statements of eight would read for nothing.
  const findKinds = database.prepare(
    `select true as "all", max(user is not null) as user, max(session is not null) as session,
    max(tags is not null) as tag from ledger where seq > ? and seq <= ?`,
  )
  /** How many lines there were. */
  const add = (maxLines: number): number => {
    let count = 0
    transact(database, () => {
      const from = Number(findState.get()!['seq'])
      const to = findEnd.get(from, maxLines)!['seq']
      if (to === null) return
      count = Number(to) - from
      const has = findKinds.get(from, Number(to))!
      for (const kind of rollupKinds) if (has[kind] === 1) adder.add(kind, from, Number(to))
      setState.run(Number(to))
    })
    return count
  }
  return {
    step() {
      try {
        add(linesPerStep)
        return true
      } catch {
        return false
      }
    },
    prune(beforeMs) {
      if (!this.step()) return
      transact(database, () => {
        setPruned.run(beforeMs)
        deleteFirst.run(beforeMs)
      })
    },
    catchUp() {
      while (add(linesPerCatchUp) > 0);
    },
  }
}
