/** What was charged to each subject of a scope, for counters that are counted again. */

import type { DatabaseSync } from 'node:sqlite'
import type { BudgetScope, Charge, ChargeQuery, LedgerStore } from '../../ledger/port.ts'
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

export function createCharges(database: DatabaseSync): Pick<LedgerStore, 'charges'> {
  return {
    charges(query) {
      const { stepMs } = query
      const isFine = stepMs !== undefined && stepMs < spansMs.hour
      const text = isFine ? fromLines(query) : fromRollups(query)
      const rows = database.prepare(text).all({ from: query.fromMs })
      return rows.filter((row) => row['subject'] !== '').map(toCharge)
    },
  }
}

/** The sums, and the lines that are not in them yet. */
function fromRollups({ scope, fromMs, stepMs }: ChargeQuery): string {
  const { kind, rollup, line } = scopes[scope]
  const isOfDays = fromMs % spansMs.day === 0 && (stepMs === undefined || stepMs % spansMs.day === 0)
  const { from } = linesOf[kind]
  return summed(
    `select org, ${rollup} as subject, key_name, ${bucket(stepMs)} as bucket, charged_nano_usd as charged
    from rollups where kind = '${kind}' and span = '${isOfDays ? 'day' : 'hour'}' and at_ms >= :from
    union all
    select org, ${line}, key_name, ${bucket(stepMs)}, charged_nano_usd
    from ${from} and seq > (select seq from rollup_state) and at_ms >= :from`,
  )
}

/** A line is settled after it began: the first from the end that was settled before `from` ends the search. */
function fromLines({ scope, stepMs }: ChargeQuery): string {
  const { kind, line } = scopes[scope]
  const { from } = linesOf[kind]
  return summed(
    `select org, ${line} as subject, key_name, ${bucket(stepMs)} as bucket, charged_nano_usd as charged
    from ${from} and at_ms >= :from and seq > coalesce(
      (select seq from ledger where settled_at_ms < :from order by seq desc limit 1), 0)`,
  )
}

function bucket(stepMs: number | undefined): string {
  return stepMs === undefined ? '0' : `at_ms - at_ms % ${stepMs}`
}

function summed(rows: string): string {
  return `select org, subject, max(key_name) as key_name, bucket, sum(charged) as charged
    from (${rows}) group by org, subject, bucket`
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
