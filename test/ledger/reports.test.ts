/** Reports over a large ledger hold up nobody: they are made beside the thread that serves requests. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { systemClock } from '../../src/core/clock.ts'
import { asArray, asObject } from '../../src/core/json.ts'
import { ledgerMigrations } from '../../src/storage/sqlite/ledger-migrations.ts'
import { openStore } from '../../src/storage/sqlite/open.ts'
import { startStack } from '../support/stack.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const users = 30_000
const dayMs = 86_400_000
const todayMs = Math.floor(Date.now() / dayMs) * dayMs

const dataDir = createTemporaryFolder()
fillWithSums(join(dataDir, 'ledger.db'))
const stack = await startStack({ after }, { dataDir })

/** Five days of many users: a sum over all of them takes a while. */
function fillWithSums(path: string): void {
  const database = openStore(path, ledgerMigrations, systemClock)
  database.exec(`insert into rollups (kind, span, at_ms, org, value, provider, model, key_id, team, route, key_name,
      requests, attempts, errors, estimated, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
      reasoning_tokens, provider_cost_nano_usd, charged_nano_usd)
    with recursive s(n) as (select 0 union all select n + 1 from s where n < ${5 * users - 1})
    select 'user', 'day', ${todayMs} - (1 + n % 5) * ${dayMs}, 'default', 'user-' || (n / 5), 'openai', 'm', 'k', '', '',
      'key', 1, 1, 0, 0, 10, 10, 0, 0, 0, 1000, 1000 from s`)
  database.close()
}

test('other requests are answered while a report is made', async () => {
  let isDone = false
  let answered = 0
  const report = stack
    .admin(`/usage?by=user&limit=1000&from=${todayMs - 10 * dayMs}&to=${todayMs}`)
    .finally(() => (isDone = true))
  while (!isDone) {
    assert.equal((await fetch(`${stack.gateway.url}/health/live`)).status, 200)
    if (!isDone) answered++
  }
  const { data } = await report
  assert.equal(asArray(data)!.length, 1000)
  assert.equal(asObject(asArray(data)![0])!['requests'], 5)
  assert.equal(asObject(asArray(data)![0])!['last_at'], new Date(todayMs - dayMs).toISOString())
  assert.ok(answered >= 5, `${answered} requests were answered meanwhile`)
})
