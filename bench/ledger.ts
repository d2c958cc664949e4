/**
 * `node bench/ledger.ts`: how long reports take over 10 million lines of the ledger, on SQLite and on a PostgreSQL of its
 * own, and for how long they hold up the event loop. `--quick` has 200,000 lines; `--write` puts the figures into
 * docs/benchmarks.md.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { DatabaseSync } from 'node:sqlite'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { startPostgres, stop } from '../scripts/servers.ts'
import { systemClock } from '../src/core/clock.ts'
import type { UsagePage, UsageQuery } from '../src/ledger/port.ts'
import { exactFilter } from '../src/records/filter.ts'
import { openPostgres } from '../src/storage/sql/postgres.ts'
import { createSharedLedger } from '../src/storage/sql/ledger-store.ts'
import { addToRollups } from '../src/storage/sql/ledger-rollups.ts'
import { migrations } from '../src/storage/sql/migrations.ts'
import { ledgerMigrations } from '../src/storage/sqlite/ledger-migrations.ts'
import { createLedgerStore } from '../src/storage/sqlite/ledger-store.ts'
import { openStore } from '../src/storage/sqlite/open.ts'
import { createReader } from '../src/storage/sqlite/reader.ts'
import { createRoller } from '../src/storage/sqlite/rollups.ts'
import { settingLine, settingOf, table, writePage } from './report.ts'

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
})
const lines = values.quick ? 200_000 : 10_000_000
const targetMs = 300
const rounds = 11

/** Ninety days that end on a full hour, the lines spread evenly. */
const endMs = Date.UTC(2026, 10, 27, 13)
const spanMs = 90 * 86_400_000
const linesPerStatement = 100_000

const reports: readonly { readonly name: string; readonly query: Partial<UsageQuery> }[] = [
  { name: 'by model', query: { by: ['model'] } },
  { name: 'by day and model', query: { by: ['day', 'model'] } },
  { name: 'by key', query: { by: ['key'] } },
  { name: 'by model, of one team', query: { by: ['model'], where: { team: exactFilter('team-3') } } },
  { name: 'by hour, of the last day', query: { by: ['hour'], fromMs: endMs - 86_400_000 } },
  { name: 'by user', query: { by: ['user'] } },
  { name: 'by session', query: { by: ['session'] } },
  { name: 'by tag', query: { by: ['tag'] } },
]

/**
 * Line n of 4 providers, 20 models, 50 keys of 10 teams, 1,000 users, 20 tags, and of a session of 50 lines of one key. In
 * words of both databases.
 */
function selectLines(from: number, to: number, series: string): string {
  const step = Math.floor(spanMs / lines)
  return `select 'default', 'req_' || n, 1, ${endMs - spanMs} + n * ${step}, 'generate', 'openai-chat', 0,
      'provider-' || (n % 4), 'model-' || (n % 20), 'key-1', 'key-' || (n % 50), 'key ' || (n % 50),
      'team-' || (n % 10), 'user-' || (n * 7919 % 1000), 5000000, 'none', 'settle',
      ${endMs - spanMs} + n * ${step} + 900, 'provider', 0, 1000 + n % 500, 200 + n % 300, 2000000 + n % 1000,
      2000000 + n % 1000, 'session-' || (n % 50 + 50 * (n / 2500)), '["tag-' || (n % 20) || '"]'
    from ${series.replace('FROM', String(from)).replace('TO', String(to - 1))}`
}

const columns =
  `org, request_id, attempt, at_ms, operation, dialect, stream, provider, model, credential, key_id, key_name, ` +
  `team, "user", reserved_nano_usd, price_version, kind, settled_at_ms, usage_source, flags, input_tokens, ` +
  `output_tokens, provider_cost_nano_usd, charged_nano_usd, session, tags`

interface Outcome {
  readonly name: string
  readonly p50Ms: number
  readonly worstMs: number
  /** The longest time in which the event loop did nothing else. */
  readonly heldMs: number
}

type Ask = (query: UsageQuery) => Promise<UsagePage>

async function measure(ask: Ask): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const { name, query } of reports) {
    const whole = {
      org: 'default',
      by: [],
      where: {},
      fromMs: endMs - spanMs,
      toMs: endMs,
      limit: 100,
      offset: 0,
    }
    const times: number[] = []
    const loop = monitorEventLoopDelay({ resolution: 1 })
    loop.enable()
    for (let round = 0; round < rounds; round++) {
      const from = performance.now()
      const { data } = await ask({ ...whole, ...query })
      times.push(performance.now() - from)
      await setImmediate()
      if (data.length === 0) throw new Error(`the report ${name} is empty`)
      const isWhole = name === 'by model' || name === 'by key'
      const counted = data.reduce((sum, row) => sum + row.attempts, 0)
      if (isWhole && counted !== lines)
        throw new Error(`${counted} of ${lines} lines are in the report ${name}`)
    }
    loop.disable()
    times.sort((one, other) => one - other)
    outcomes.push({ name, p50Ms: times[times.length >> 1]!, worstMs: times.at(-1)!, heldMs: loop.max / 1e6 })
  }
  return outcomes
}

function note(text: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${text}`)
}

async function onSqlite(folder: string): Promise<Outcome[]> {
  const path = join(folder, 'ledger.db')
  const database = openStore(path, ledgerMigrations, systemClock)
  const reader = createReader(path)
  try {
    fillSqlite(database)
    note('SQLite: summing')
    createRoller(database).catchUp()
    return await measure(createLedgerStore(database, { reader }).usage)
  } finally {
    await reader.close()
    database.close()
  }
}

function fillSqlite(database: DatabaseSync): void {
  const series =
    '(with recursive s(n) as (select FROM union all select n + 1 from s where n < TO) select n from s)'
  for (let from = 0; from < lines; from += linesPerStatement) {
    if (from % 1_000_000 === 0) note(`SQLite: ${from} lines`)
    const select = selectLines(from, Math.min(lines, from + linesPerStatement), series)
    database.exec(`insert into ledger (${columns}) ${select}`)
  }
}

/** The reason where there is no server. */
async function onPostgres(folder: string): Promise<Outcome[] | string> {
  const server = await startPostgres(folder)
  if (typeof server === 'string') return server
  try {
    const database = await openPostgres(server.url, migrations, systemClock, () => undefined)
    // To fill ten million lines in takes longer than the gateway's own connections may wait.
    const filler = new pg.Client(server.url)
    await filler.connect()
    const shared = createSharedLedger(database, { clock: { nowMs: () => endMs }, instance: 'bench' })
    for (let at = endMs - spanMs; at < endMs; at += 20 * 86_400_000) {
      const month = createSharedLedger(database, { clock: { nowMs: () => at }, instance: 'bench' })
      await month.add({ lines: [], prices: [], lastSeq: 0 })
    }
    for (let from = 0; from < lines; from += linesPerStatement) {
      if (from % 1_000_000 === 0) note(`PostgreSQL: ${from} lines`)
      const select = selectLines(
        from,
        Math.min(lines, from + linesPerStatement),
        'generate_series(FROM::bigint, TO) as s(n)',
      )
      await filler.query(`with added as (
          insert into ledger (correction, ${columns}) select 0, line.* from (${select}) as line returning *
        ) ${addToRollups('added')}`)
    }
    await filler.query('analyze')
    await filler.end()
    const outcomes = await measure((query) => shared.usage(query))
    await database.close()
    return outcomes
  } finally {
    await stop(server)
  }
}

const setting = settingOf(values.quick ? 'quick' : 'full')
const folder = mkdtempSync(join(tmpdir(), 'weir-bench-ledger-'))
try {
  const stores = [
    ['SQLite', await onSqlite(folder)],
    ['PostgreSQL', await onPostgres(folder)],
  ] as const
  const rows = stores.flatMap(([store, outcomes]) =>
    typeof outcomes === 'string'
      ? [[`${store}: left out, because ${outcomes}`, '', '', '', '', '']]
      : outcomes.map(({ name, p50Ms, worstMs, heldMs }) => [
          `${store}: ${name}`,
          `${p50Ms.toFixed(1)} ms`,
          `${worstMs.toFixed(1)} ms`,
          `${heldMs.toFixed(1)} ms`,
          ...(name === 'by model' ? [`≤ ${targetMs} ms`, worstMs <= targetMs ? 'met' : 'missed'] : ['', '']),
        ]),
  )
  const head = [`${lines.toLocaleString('en')} lines`, 'p50', 'slowest', 'loop held', 'target', '']
  const text = `${settingLine(setting)}\n\n${table(head, ['---', '---:', '---:', '---:', '---:', '---'], rows)}`
  console.log(text)
  if (values.write) writePage('node bench/ledger.ts --write', text)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
