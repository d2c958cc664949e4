/** A PostgreSQL server of the test's own, which it may stop and start again. */

import type { TestContext } from 'node:test'
import pg from 'pg'
import { startPostgres, type Started, stop } from '../../scripts/servers.ts'
import { assertNoTexts, isTableOfTexts, type Leaving, rowText } from './leavings.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

export interface TestPostgres {
  readonly url: string
  /** Ends in order, but at once: connections break. */
  stop(): Promise<void>
  /** Ends as in a crash. */
  kill(): Promise<void>
  start(): Promise<void>
}

/** Gives the reason where it cannot be started. */
export async function openPostgres(t: TestContext): Promise<TestPostgres | string> {
  let running: Started | undefined
  // Before the folder goes: what is told first is done first.
  t.after(async () => {
    if (!running) return
    const tables = await readTables(running.url)
    await stop(running)
    assertNoTexts(tables)
  })
  const folder = createTemporaryFolder()
  const first = await startPostgres(folder)
  if (typeof first === 'string') return first
  running = first
  return {
    url: first.url,
    stop: () => stop(running!),
    async kill() {
      const gone = new Promise((resolve) => running!.process.once('exit', resolve))
      running!.process.kill('SIGKILL')
      await gone
    },
    async start() {
      const again = await startPostgres(folder, first.port)
      if (typeof again === 'string') throw new Error(again)
      running = again
    },
  }
}

/** Every table where no texts belong; none where the server does not run. */
async function readTables(url: string): Promise<Leaving[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 })
  // A server that the test stopped breaks the connection off.
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch {
    return []
  }
  const { rows } = await client.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema')`,
  )
  const leavings: Leaving[] = []
  for (const { name } of rows) {
    if (isTableOfTexts(name.split('.').at(-1)!)) continue
    const found = await client.query<object>(`select * from ${name} limit 20000`)
    leavings.push({ place: `PostgreSQL, table ${name}`, text: found.rows.map(rowText).join('\n') })
  }
  await client.end()
  return leavings
}
