/** What each instance has charged to each subject of a scope, for counters that are counted again. */

import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { BudgetScope, ChargeQuery, InstanceCharge } from '../../ledger/port.ts'
import { scopes } from '../sqlite/charges.ts'
import { spansMs } from '../sqlite/rollups.ts'

/** What a line names as the subject of a scope; null where it has none. */
const subjects: Readonly<Record<BudgetScope, RawBuilder<unknown>>> = {
  organisation: sql`org`,
  team: sql`team`,
  key: sql`key_id`,
  user: sql`"user"`,
  session: sql`session`,
  tag: sql`tag`,
  model: sql`provider || '/' || model`,
  provider: sql`provider`,
  route: sql`route`,
}

interface ChargeRow {
  readonly instance: string
  readonly org: string
  readonly subject: string
  readonly name: string
  readonly bucket: number
  readonly charged: string
}

/** No statement reads the lines of more than this: each is given only so much time. */
const spanMs = 7 * spansMs.day

/**
 * Reads every line since `fromMs`, and what is kept of dropped months, in several steps; a subject may come once for each.
 * Only the first of all instances that asks for a budget has to.
 */
export async function sharedCharges(
  db: Kysely<never>,
  query: ChargeQuery,
  nowMs: number,
): Promise<readonly InstanceCharge[]> {
  const { rows } = await sql<{ first: number | null }>`
    select least((select min(at_ms) from ledger), (select min(at_ms) from ledger_kept_charges)) as first`.execute(
    db,
  )
  const first = rows[0]?.first ?? nowMs
  const charges: InstanceCharge[] = []
  // What is kept has days alone: no step may begin within one of them.
  const firstDayMs = first - (first % spansMs.day)
  for (let fromMs = Math.max(query.fromMs, firstDayMs); fromMs <= nowMs; fromMs += spanMs) {
    // Clocks differ: the last step has no end.
    const toMs = fromMs + spanMs > nowMs ? Number.MAX_SAFE_INTEGER : fromMs + spanMs
    charges.push(...(await chargesBetween(db, query, fromMs, toMs)))
  }
  return charges
}

async function chargesBetween(
  db: Kysely<never>,
  { scope, stepMs }: ChargeQuery,
  fromMs: number,
  toMs: number,
): Promise<InstanceCharge[]> {
  const bucket = stepMs === undefined ? sql`0::bigint` : sql`at_ms - at_ms % ${sql.lit(stepMs)}::bigint`
  const from =
    scope === 'tag'
      ? sql`ledger, json_array_elements_text(tags::json) as tag where tags is not null`
      : sql`ledger where true`
  const within = sql`at_ms >= ${sql.lit(fromMs)} and at_ms < ${sql.lit(toMs)}`
  const { kind, rollup } = scopes[scope]
  const { rows } = await sql<ChargeRow>`
    select instance, org, subject, max(key_name) as name, bucket, sum(charged)::text as charged
    from (
      select instance, org, ${subjects[scope]} as subject, key_name, ${bucket} as bucket, charged_nano_usd as charged
      from ${from} and ${within} and at_ms >= (select summed_before_ms from ledger_retention)
      union all
      select instance, org, ${sql.raw(rollup)}, key_name, ${bucket}, charged_nano_usd
      from ledger_kept_charges where kind = ${sql.lit(kind)} and ${within}
    ) as charge
    where instance is not null and subject <> ''
    group by 1, 2, 3, 5`.execute(db)
  return rows.map(({ charged, bucket: bucketMs, ...row }) => ({
    ...row,
    bucketMs,
    chargedNanoUsd: Number(charged),
  }))
}
