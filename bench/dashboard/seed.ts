/** Fills the files of a gateway that is not running: a month of the ledger's lines, and records of the last days. */

import { join } from 'node:path'
import { createRecordStore } from '../../src/storage/sqlite/record-store.ts'
import { recordMigrations } from '../../src/storage/sqlite/record-migrations.ts'
import { openLedger } from '../../src/storage/sqlite/open-ledger.ts'
import { openStore } from '../../src/storage/sqlite/open.ts'
import { createRoller } from '../../src/storage/sqlite/rollups.ts'
import { systemClock } from '../../src/core/clock.ts'
import { createRequestRecord } from '../../test/support/request-record.ts'

const dayMs = 86_400_000
const batch = 2_000

/** The id of a record that every load has. */
export const seededRequest = createRequestRecord(7).id

export interface Sizes {
  readonly lines: number
  readonly requests: number
}

export function seed(dataDir: string, { lines, requests }: Sizes): void {
  seedLedger(join(dataDir, 'ledger.db'), lines)
  seedRecords(join(dataDir, 'records.db'), requests)
}

/** Twelve models, 40 keys, 500 users, 2,000 sessions and 20 tags, spread over 30 days. */
function seedLedger(path: string, count: number): void {
  const { database } = openLedger(path, systemClock)
  database
    .prepare(
      `with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < ?)
      insert into ledger (org, request_id, attempt, at_ms, operation, dialect, stream, route, provider, model,
        credential, key_id, key_name, team, user, session, tags, reserved_nano_usd, price_version, kind,
        settled_at_ms, usage_source, flags, input_tokens, output_tokens, provider_cost_nano_usd, charged_nano_usd,
        status)
      select 'default', 'req_seed' || i, 1, ? + i * ?, 'generate', 'openai-chat', 1, 'route-' || (i % 5),
        'provider-' || (i % 4), 'model-' || (i % 12), 'default', 'key-' || (i % 40), 'key ' || (i % 40),
        'team-' || (i % 6), 'user-' || (i * 7 % 500), 'session-' || (i * 13 % 2000),
        '["tag-' || (i % 20) || '"]', 900000, 'seed', 'settle', ? + i * ?, 'provider', 0, 800 + i % 400,
        100 + i % 300, 400000 + i % 90000, 400000 + i % 90000, 200 from n`,
    )
    .run(count, startMs(30), (30 * dayMs) / count, startMs(30), (30 * dayMs) / count)
  createRoller(database).catchUp()
  database.close()
}

function seedRecords(path: string, count: number): void {
  const database = openStore(path, recordMigrations, systemClock)
  const store = createRecordStore(database)
  const stepMs = dayMs / count
  for (let from = 0; from < count; from += batch) {
    const records = Array.from({ length: Math.min(batch, count - from) }, (_, index) => {
      const n = from + index
      return createRequestRecord(n, {
        atMs: Math.round(startMs(1) + n * stepMs),
        durationMs: 200 + ((n * 37) % 4_000),
        firstTokenMs: 50 + ((n * 17) % 900),
        status: n % 50 === 0 ? 503 : 200,
        provider: 'sim',
        model: 'echo',
      })
    })
    store.insert(records)
  }
  database.close()
}

/** Whole, so that what is written is whole too. */
function startMs(days: number): number {
  return Math.floor((systemClock.nowMs() - days * dayMs) / 1_000) * 1_000
}
