/** Sums of the shared ledger by hour and by day, made in the transaction that adds the lines. */

import { rollupKeys, rollupSums, spansMs } from '../sqlite/rollups.ts'

/** Corrections included, so that it can be held against the lines. */
const sums = { ...rollupSums, lines: 'count(*)' } as const

const keys = ['kind', 'span', 'at_ms', ...rollupKeys] as const
const sumNames = Object.keys(sums)

export const createRollups = `create table ledger_rollups (
  kind text not null,
  span text not null,
  at_ms bigint not null,
  ${rollupKeys.map((key) => `${key} text not null`).join(', ')},
  key_name text not null,
  ${sumNames.map((name) => `${name} bigint not null`).join(', ')},
  primary key (${keys.join(', ')})
)`

/**
 * Adds the lines of `source`, a table or a named query, to the sums. Whoever runs it holds the lock of those who add
 * lines: two at a time could wait for each other's rows.
 */
export function addToRollups(source: string): string {
  return `
    insert into ledger_rollups (${keys.join(', ')}, key_name, ${sumNames.join(', ')})
    select kind_of_sum, span.name, at_ms - at_ms % span.ms, org, value, provider, model, key_id,
      coalesce(team, ''), coalesce(route, ''), max(key_name), ${Object.values(sums).join(', ')}
    from (${valuesOf(source)}) as line
    cross join (values ('hour', ${spansMs.hour}), ('day', ${spansMs.day})) as span (name, ms)
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
    on conflict (${keys.join(', ')}) do update set key_name = excluded.key_name,
      ${sumNames.map((name) => `${name} = ledger_rollups.${name} + excluded.${name}`).join(', ')}`
}

/** Each line once for each value that it is summed under. */
export function valuesOf(source: string): string {
  return `
    select 'all' as kind_of_sum, '' as value, line.* from ${source} as line
    union all
    select 'user', "user", line.* from ${source} as line where "user" is not null
    union all
    select 'session', session, line.* from ${source} as line where session is not null
    union all
    select 'tag', tag.value, line.* from ${source} as line,
      json_array_elements_text(line.tags::json) as tag (value) where tags is not null`
}

/** As texts: they may be more than a number holds. */
export const sumRollups = `
  select coalesce(sum(lines), 0)::text as lines, coalesce(sum(charged_nano_usd), 0)::text as charged,
    coalesce(sum(provider_cost_nano_usd), 0)::text as cost
  from ledger_rollups where kind = 'all' and span = 'day'`
