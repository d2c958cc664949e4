/** Two days of made-up traffic in the files of a gateway that is not running: lines of the ledger, and a record for each. */

import type { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { systemClock } from '../../src/core/clock.ts'
import type { RequestRecord } from '../../src/records/record.ts'
import { openStore } from '../../src/storage/sqlite/open.ts'
import { openLedger } from '../../src/storage/sqlite/open-ledger.ts'
import { recordMigrations } from '../../src/storage/sqlite/record-migrations.ts'
import { createRecordStore } from '../../src/storage/sqlite/record-store.ts'
import { createRoller } from '../../src/storage/sqlite/rollups.ts'
import { seededRandom } from '../../test/support/random.ts'
import { createRequestRecord } from '../../test/support/request-record.ts'

interface Source {
  readonly provider: string
  readonly model: string
  readonly route: string
  /** Of the requests. */
  readonly share: number
  /** Half of the answers take less. */
  readonly middleMs: number
  /** Nano-dollars a token. */
  readonly inputPrice: number
  readonly outputPrice: number
  /** Of the answers. */
  readonly failing: number
}

const sources: readonly Source[] = [
  {
    provider: 'openai',
    model: 'gpt-5-mini',
    route: 'assistant',
    share: 0.44,
    middleMs: 1_150,
    inputPrice: 250,
    outputPrice: 2_000,
    failing: 0.018,
  },
  {
    provider: 'claude',
    model: 'claude-sonnet-4-5',
    route: 'assistant',
    share: 0.16,
    middleMs: 2_300,
    inputPrice: 3_000,
    outputPrice: 15_000,
    failing: 0.006,
  },
  {
    provider: 'google',
    model: 'gemini-3.6-flash',
    route: 'search',
    share: 0.28,
    middleMs: 620,
    inputPrice: 300,
    outputPrice: 2_500,
    failing: 0.004,
  },
  {
    provider: 'mistral',
    model: 'mistral-small-latest',
    route: 'support',
    share: 0.12,
    middleMs: 840,
    inputPrice: 100,
    outputPrice: 300,
    failing: 0.002,
  },
]
const keys = ['web app', 'mobile app', 'support desk', 'nightly reports', 'data team']
const users = ['ada', 'grace', 'edsger', 'barbara', 'tony', 'radia', 'donald', 'margaret']

const minuteMs = 60_000
const days = 2
const perDay = 40_000
const batch = 2_000

export function seedTraffic(dataDir: string, nowMs: number): void {
  const random = seededRandom('tour')
  const ledger = openLedger(join(dataDir, 'ledger.db'), systemClock).database
  const records = openStore(join(dataDir, 'records.db'), recordMigrations, systemClock)
  const store = createRecordStore(records)
  const book = bookInto(ledger)
  let waiting: RequestRecord[] = []
  ledger.exec('begin')
  let written = 0
  for (const atMs of momentsBefore(nowMs, random)) {
    const record = requestAt(++written, atMs, random)
    book(record)
    waiting.push(record)
    if (waiting.length < batch) continue
    store.insert(waiting)
    waiting = []
  }
  store.insert(waiting)
  ledger.exec('commit')
  createRoller(ledger).catchUp()
  ledger.close()
  records.close()
}

/** Few at night, many in the afternoon, and never quite as many as a minute before. */
function* momentsBefore(nowMs: number, random: () => number): Iterable<number> {
  const count = days * 24 * 60
  for (let minute = 0; minute < count; minute++) {
    const startMs = nowMs - (count - minute) * minuteMs
    const hour = (startMs / 3_600_000) % 24
    const daylight = Math.max(0, Math.sin(((hour - 5) / 17) * Math.PI))
    const wanted = (perDay / 1_440) * (0.25 + 1.3 * daylight) * (0.8 + 0.4 * random())
    for (let n = 0; n < wanted; n++) yield Math.floor(startMs + random() * minuteMs)
  }
}

function requestAt(n: number, atMs: number, random: () => number): RequestRecord {
  const source = pickSource(random())
  const isFailed = random() < source.failing
  const isHit = !isFailed && random() < 0.17
  const inputTokens = Math.round(300 + 1_500 * random() ** 2)
  const outputTokens = Math.round(40 + 420 * random() ** 2)
  const costNanoUsd = inputTokens * source.inputPrice + outputTokens * source.outputPrice
  const durationMs = isHit ? 2 + 6 * random() : source.middleMs * spread(random)
  const user = users[Math.floor(users.length * random() ** 1.6)]!
  const keyName = keys[Math.floor(keys.length * random() ** 1.8)]!
  const { provider, model, route } = source
  return createRequestRecord(n, {
    atMs,
    requestedModel: route,
    route,
    provider,
    model,
    keyId: `seed-${keyName.replace(' ', '-')}`,
    keyName,
    user,
    isUserClaimed: true,
    session: `${user}-${Math.floor(atMs / 3_600_000)}`,
    durationMs,
    firstTokenMs: durationMs * (0.2 + 0.2 * random()),
    attempts: [],
    costNanoUsd: isFailed || isHit ? 0 : costNanoUsd,
    usage: { inputTokens, outputTokens },
    cache: isHit ? { outcome: 'hit', savedNanoUsd: costNanoUsd } : { outcome: 'miss' },
    ...(isFailed && { status: 503, code: 'upstream_overloaded' }),
  })
}

/** A few are slow: about one in fifty takes four times as long as the middle one. */
function spread(random: () => number): number {
  const bell = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return Math.exp(bell * 0.62)
}

function pickSource(at: number): Source {
  let sum = 0
  return sources.find(({ share }) => (sum += share) > at) ?? sources[0]!
}

/** What was answered by the cache was never asked for. */
function bookInto(ledger: DatabaseSync): (record: RequestRecord) => void {
  const insert = ledger.prepare(
    `insert into ledger (org, request_id, attempt, at_ms, operation, dialect, stream, route, provider, model,
      credential, key_id, key_name, user, session, tags, reserved_nano_usd, price_version, kind, settled_at_ms,
      usage_source, flags, input_tokens, output_tokens, provider_cost_nano_usd, charged_nano_usd, status, code)
    values ('default', ?, 1, ?, 'generate', 'openai-chat', 1, ?, ?, ?, 'default', ?, ?, ?, ?, '[]', 0, 'seed', 'settle',
      ?, 'provider', 0, ?, ?, ?, ?, ?, ?)`,
  )
  return (record) => {
    if (record.cache?.outcome === 'hit') return
    const { id, atMs, route, provider, model, keyId, keyName, user, session, usage, costNanoUsd, status } =
      record
    const cost = costNanoUsd ?? 0
    const tokens = status === 200 ? [usage!.inputTokens, usage!.outputTokens] : [0, 0]
    const whose = [keyId, keyName, user!, session!]
    insert.run(
      id,
      atMs,
      route!,
      provider!,
      model!,
      ...whose,
      atMs,
      ...tokens,
      cost,
      cost,
      status,
      record.code ?? null,
    )
  }
}
