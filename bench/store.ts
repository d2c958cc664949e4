/**
 * `node bench/store.ts`: how long the writes of the journal and of the request records hold the event loop at 2,000
 * requests a second. `--quick` takes 5 s; `--write` puts the figures into docs/benchmarks.md.
 */

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { systemClock } from '../src/core/clock.ts'
import { createIdFactory } from '../src/core/id.ts'
import { dialects } from '../src/dialects/registry.ts'
import { parseBody } from '../src/http/body.ts'
import type { Intent, Settlement } from '../src/ledger/port.ts'
import { createRecorder } from '../src/records/recorder.ts'
import { openBufferedWriter } from '../src/storage/sqlite/buffered-writer.ts'
import { createCheckpointer } from '../src/storage/sqlite/checkpointer.ts'
import { createJournalThread } from '../src/storage/sqlite/journal-thread.ts'
import { createJournal } from '../src/storage/sqlite/journal.ts'
import { openStore } from '../src/storage/sqlite/open.ts'
import { openLedger } from '../src/storage/sqlite/open-ledger.ts'
import { recordMigrations } from '../src/storage/sqlite/record-migrations.ts'
import { createRecordStore } from '../src/storage/sqlite/record-store.ts'
import { createRequestRecord } from '../test/support/request-record.ts'
import { quantile } from './load.ts'
import { settingLine, settingOf, table, writePage } from './report.ts'
import { chatRequest } from './requests.ts'

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
})
const perSecond = 2_000
const warmUpMs = 5_000
const measuredMs = values.quick ? 5_000 : 60_000
const targets = { p99Ms: 0.5, p999Ms: 10 }
/** Calls last long enough for intents to be in the tables before their settlements come. */
const leastCallMs = 100
const mostCallMs = 900

interface Held {
  /** Milliseconds of each write. */
  readonly journal: number[]
  readonly records: number[]
}

interface Stores {
  readonly held: Held
  call(n: number): Promise<void>
  close(): Promise<void>
}

function openStores(folder: string): Stores {
  const held: Held = { journal: [], records: [] }
  const clock = systemClock
  const path = join(folder, 'ledger.db')
  const { database } = openLedger(path, clock)
  const thread = createJournalThread({ path, isPowerSafe: false })
  const { writer } = openBufferedWriter({ database, clock, logPath: join(folder, 'ledger.log'), thread })
  const fail = (cause: unknown) => {
    throw new Error(`a store failed: ${String(cause)}`)
  }
  const journal = createJournal({
    write: (group) => timed(held.journal, () => writer.write(group)),
    onState: fail,
    onRefused: fail,
  })
  const recordBase = openStore(join(folder, 'records.db'), recordMigrations, clock)
  const recordCheckpointer = createCheckpointer(recordBase)
  const store = createRecordStore(recordBase, { checkpointer: recordCheckpointer })
  const recorder = createRecorder({
    store: { ...store, insert: (records) => timed(held.records, () => store.insert(records)) },
    clock,
    onError: fail,
    retention: { days: 30, maxBytes: 2 ** 30 },
  })
  const newId = createIdFactory(randomBytes, clock)
  return {
    held,
    async call(n) {
      const requestId = newId()
      workOfOneRequest()
      journal.open(intentOf(n, requestId))
      await journal.commit()
      await delay(leastCallMs + Math.random() * (mostCallMs - leastCallMs))
      workOfOneRequest()
      journal.settle(settlementOf(n))
      await journal.commit()
      recorder.record(createRequestRecord(clock.nowMs(), { id: requestId }))
    },
    async close() {
      recorder.close()
      await journal.close()
      writer.close()
      await Promise.all([thread.close(), recordCheckpointer.close()])
      database.close()
      recordBase.close()
    },
  }
}

function timed<Value>(into: number[], work: () => Value): Value {
  const fromMs = performance.now()
  const value = work()
  into.push(performance.now() - fromMs)
  return value
}

const body = Buffer.from(chatRequest('assistant', 60).body)

/** A store that has the processor's caches to itself is faster than one between requests. */
function workOfOneRequest(): void {
  const request = dialects['openai-chat'].request.decode(parseBody(body, 64))
  JSON.stringify(dialects['anthropic-messages'].request.encode(request, { model: 'm' }).body)
}

/** Of 20 models, 50 keys of 10 teams, 1,000 users: the sums have rows of two kinds. */
function intentOf(n: number, requestId: string): Intent {
  return {
    id: n,
    requestId,
    attempt: 1,
    atMs: systemClock.nowMs(),
    org: 'default',
    keyId: `key-${n % 50}`,
    keyName: `key ${n % 50}`,
    team: `team-${n % 10}`,
    user: `user-${(n * 7919) % 1000}`,
    tags: [],
    dialect: 'openai-chat',
    operation: 'generate',
    stream: false,
    provider: `provider-${n % 4}`,
    model: `model-${n % 20}`,
    credential: 'key-1',
    inputBound: 500,
    outputBound: 4_096,
    reservedNanoUsd: 5_000_000,
    priceVersion: 'none',
  }
}

function settlementOf(id: number): Settlement {
  return {
    id,
    kind: 'settle',
    atMs: systemClock.nowMs(),
    usage: { inputTokens: 250, outputTokens: 120 },
    usageSource: 'provider',
    flags: 0,
    providerCostNanoUsd: 2_000_000,
    chargedNanoUsd: 2_000_000,
    reportedModel: `model-${id % 20}`,
    status: 200,
    providerRequestId: 'chatcmpl-abcdefghijkl',
  }
}

interface Measured {
  readonly requests: number
  /** Of all threads, for each request: the work of parsing and encoding that stands in for the gateway's included. */
  readonly cpuUs: number
}

/** Calls come when they are due, whether others have ended or not. */
async function run(stores: Stores): Promise<Measured> {
  const startMs = performance.now()
  const calls = new Set<Promise<void>>()
  let asked = 0
  let warm: number | undefined
  let cpu = process.cpuUsage()
  for (let nowMs = 0; nowMs < warmUpMs + measuredMs; nowMs = performance.now() - startMs) {
    if (warm === undefined && nowMs >= warmUpMs) {
      warm = asked
      cpu = process.cpuUsage()
      stores.held.journal.length = 0
      stores.held.records.length = 0
    }
    for (; asked < (nowMs * perSecond) / 1_000; asked++) {
      const call: Promise<void> = stores.call(asked + 1).finally(() => calls.delete(call))
      calls.add(call)
    }
    await delay(1)
  }
  const requests = asked - warm!
  const { user, system } = process.cpuUsage(cpu)
  await Promise.all(calls)
  return { requests, cpuUs: (user + system) / requests }
}

function rowOf(name: string, heldMs: readonly number[]): string[] {
  const sorted = heldMs.toSorted((one, other) => one - other)
  const ms = (value: number) => `${value.toFixed(3)} ms`
  const total = heldMs.reduce((sum, each) => sum + each, 0)
  const seconds = measuredMs / 1_000
  return [
    name,
    (heldMs.length / seconds).toFixed(0),
    ...[0.5, 0.99, 0.999].map((share) => ms(quantile(sorted, share))),
    ms(sorted.at(-1) ?? Number.NaN),
    `${(total / seconds).toFixed(1)} ms`,
  ]
}

function targetRow(heldMs: readonly number[]): string[] {
  const sorted = heldMs.toSorted((one, other) => one - other)
  const judge = (share: number, limitMs: number) =>
    `≤ ${limitMs} ms: ${quantile(sorted, share) <= limitMs ? 'met' : 'missed'}`
  return ['target, of both', '', '', judge(0.99, targets.p99Ms), judge(0.999, targets.p999Ms), '', '']
}

const setting = settingOf(values.quick ? 'quick' : 'full')
const folder = mkdtempSync(join(tmpdir(), 'weir-bench-store-'))
try {
  const stores = openStores(folder)
  const { requests, cpuUs } = await run(stores)
  await stores.close()
  const { journal, records } = stores.held
  const rows = [
    rowOf('journal', journal),
    rowOf('request records', records),
    rowOf('both', [...journal, ...records]),
    targetRow([...journal, ...records]),
    ['CPU of all threads per request', `${cpuUs.toFixed(0)} µs`, '', '', '', '', ''],
  ]
  const rate = Math.round(requests / (measuredMs / 1_000)).toLocaleString('en')
  const head = [`${rate} requests a second`, 'writes/s', 'p50', 'p99', 'p99.9', 'longest', 'held per second']
  const text = `${settingLine(setting)}\n\n${table(head, ['---', ...Array<string>(6).fill('---:')], rows)}`
  console.log(text)
  if (values.write) writePage('node bench/store.ts --write', text)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
