/** What was charged to each subject of a scope, for counters that are counted again. */

import type { DatabaseSync } from 'node:sqlite'
import type { BudgetScope, Charge, ChargeQuery, LedgerStore } from '../../ledger/port.ts'
import type { Reader } from './reader.ts'
import { linesOf, type RollupKind, spansMs } from './rollups.ts'

/** In which rows a scope stands, and in which column of them (of both databases) and of SQLite's lines. */
export const scopes: Readonly<
  Record<BudgetScope, { readonly kind: RollupKind; readonly rollup: string; readonly line: string }>
> = {
  organisation: { kind: 'all', rollup: 'org', line: 'org' },
  team: { kind: 'all', rollup: 'team', line: `coalesce(team, '')` },
  key: { kind: 'all', rollup: 'key_id', line: 'key_id' },
  user: { kind: 'user', rollup: 'value', line: 'user' },
  session: { kind: 'session', rollup: 'value', line: 'session' },
  tag: { kind: 'tag', rollup: 'value', line: 'each.value' },
  model: { kind: 'all', rollup: `provider || '/' || model`, line: `provider || '/' || model` },
  provider: { kind: 'all', rollup: 'provider', line: 'provider' },
  route: { kind: 'all', rollup: 'route', line: `coalesce(route, '')` },
}

type Charges = Pick<LedgerStore, 'charges' | 'chargesBeside' | 'chargesSince'>

export function createCharges(database: DatabaseSync, reader: Pick<Reader, 'all'>): Charges {
  const ask = (text: string, from: number, after = 0): Charge[] =>
    toCharges(database.prepare(text).all(...(text.includes('?2') ? [from, after] : [from])))
  return {
    charges: (query) => ask(wholeOf(query), query.fromMs),
    async chargesBeside(query) {
      // One statement sees one moment: these charges are those of the lines up to that one.
      const text = `select last.seq as last_seq, sums.* from (select coalesce(max(seq), 0) as seq from ledger) as last
        left join (${wholeOf(query)}) as sums on true`
      const rows = await reader.all(text, [query.fromMs])
      return { charges: toCharges(rows), seq: Number(rows[0]!['last_seq']) }
    },
    chargesSince: (query, seq) => ask(sinceOf(query), query.fromMs, seq),
  }
}

function wholeOf(query: ChargeQuery): string {
  const isFine = query.stepMs !== undefined && query.stepMs < spansMs.hour
  return isFine ? fromLines(query) : fromRollups(query)
}

/** The sums, and the lines that are not in them yet. */
function fromRollups(query: ChargeQuery): string {
  const { scope, fromMs, stepMs } = query
  const { kind, rollup } = scopes[scope]
  const isOfDays = fromMs % spansMs.day === 0 && (stepMs === undefined || stepMs % spansMs.day === 0)
  return summed(
    `select org, ${rollup} as subject, key_name, ${bucket(stepMs)} as bucket, charged_nano_usd as charged
    from rollups where kind = '${kind}' and span = '${isOfDays ? 'day' : 'hour'}' and at_ms >= ?1
    union all
    ${linesBehind(query, '(select seq from rollup_state)')}`,
  )
}

/** A line is settled after it began: the first from the end that was settled before `from` ends the search. */
function fromLines(query: ChargeQuery): string {
  return summed(
    linesBehind(
      query,
      'coalesce((select seq from ledger where settled_at_ms < ?1 order by seq desc limit 1), 0)',
    ),
  )
}

function sinceOf(query: ChargeQuery): string {
  return summed(linesBehind(query, '?2'))
}

function linesBehind({ scope, stepMs }: ChargeQuery, seq: string): string {
  const { kind, line } = scopes[scope]
  return `select org, ${line} as subject, key_name, ${bucket(stepMs)} as bucket, charged_nano_usd as charged
    from ${linesOf[kind].from} and seq > ${seq} and at_ms >= ?1`
}

function bucket(stepMs: number | undefined): string {
  return stepMs === undefined ? '0' : `at_ms - at_ms % ${stepMs}`
}

function summed(rows: string): string {
  return `select org, subject, max(key_name) as key_name, bucket, sum(charged) as charged
    from (${rows}) group by org, subject, bucket`
}

/** A subject is empty where a line has none, and null where there was nothing to join. */
function toCharges(rows: readonly Record<string, unknown>[]): Charge[] {
  return rows.filter((row) => row['subject'] !== '' && row['subject'] !== null).map(toCharge)
}

function toCharge(row: Record<string, unknown>): Charge {
  return {
    org: String(row['org']),
    subject: String(row['subject']),
    name: String(row['key_name']),
    bucketMs: Number(row['bucket']),
    chargedNanoUsd: Number(row['charged']),
  }
}
