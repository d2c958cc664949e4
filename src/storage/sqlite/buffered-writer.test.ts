/** What the journal's log promises: nothing is lost or written twice, wherever a process or its file ends. */

import assert from 'node:assert/strict'
import {
  closeSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { SQLInputValue } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { seededRandom } from '../../../test/support/random.ts'
import { until } from '../../../test/support/until.ts'
import { createTemporaryFolder } from '../../../test/support/temporary-folder.ts'
import { systemClock } from '../../core/clock.ts'
import type { DirectEntry } from '../../ledger/port.ts'
import { pruneLedger } from '../../ledger/retention.ts'
import { type BufferedWriterOptions, openBufferedWriter } from './buffered-writer.ts'
import { toDirectRow } from './direct-line.ts'
import { createJournalThread, type JournalThread } from './journal-thread.ts'
import { createJournal } from './journal.ts'
import { createLedgerStore } from './ledger-store.ts'
import { createJournalWriter, type Group, type LogPart, type WriteResult } from './journal-writer.ts'
import { ledgerMigrations, settledColumns, sharedColumns } from './ledger-migrations.ts'
import { openStore } from './open.ts'

function open(
  t: TestContext,
  folder = createTemporaryFolder(),
  options: Partial<BufferedWriterOptions> = {},
) {
  const path = join(folder, 'ledger.db')
  const logPath = join(folder, 'ledger.log')
  const database = openStore(path, ledgerMigrations, systemClock)
  t.after(() => database.isOpen && database.close())
  const { writer, damage } = openBufferedWriter({
    database,
    clock: systemClock,
    logPath,
    ...options,
  })
  const column = (sql: string) =>
    database
      .prepare(sql)
      .all()
      .map((row) => Object.values(row)[0])
  return {
    folder,
    path,
    logPath,
    database,
    writer,
    damage,
    lines: () => column('select request_id from ledger order by seq'),
    open: () => column('select request_id from open_attempts order by id'),
  }
}

type Given = Partial<Record<'intents' | 'settlements' | 'broken', readonly number[]>>

/** `broken`: settlements that no table can hold. */
function group({ intents = [], settlements = [], broken = [] }: Given): Group {
  return {
    intents: intents.map(intentRow),
    prices: [],
    marks: [],
    settlements: [...settlements.map((id) => settledRow(id, 5)), ...broken.map((id) => settledRow(id, 0.5))],
    pruneBeforeMs: 0,
  }
}

function intentRow(id: number): SQLInputValue[] {
  const facts: Record<string, SQLInputValue> = {
    org: 'o',
    request_id: `req_${id}`,
    attempt: 1,
    at_ms: 1,
    operation: 'generate',
    dialect: 'd',
    stream: 0,
    provider: 'p',
    model: 'm',
    credential: 'c',
    key_id: 'k',
    key_name: 'k',
    reserved_nano_usd: 9,
    price_version: 'none',
    markup_basis_points: 0,
  }
  return [id, ...sharedColumns.map((name) => facts[name] ?? null), 1, 1]
}

function settledRow(id: number, chargedNanoUsd: number): SQLInputValue[] {
  const figures: Record<string, SQLInputValue> = {
    kind: 'settle',
    settled_at_ms: 2,
    usage_source: 'provider',
    flags: 0,
    input_tokens: 1,
    output_tokens: 1,
    provider_cost_nano_usd: 5,
    charged_nano_usd: chargedNanoUsd,
  }
  return [...settledColumns.map((name) => figures[name] ?? null), id]
}

test('lines without an intent come into the tables once, also where the log is read again', (t) => {
  const killed = open(t)
  // Two corrections of one comparison differ in nothing but what they correct.
  const entries = [directEntry('cached'), directEntry('adjust'), { ...directEntry('adjust'), model: 'other' }]
  const rows = entries.map(toDirectRow)
  const expected = ['req_cached', 'req_adjust', 'req_adjust']
  killed.writer.write({ ...group({}), lines: rows })
  assert.deepEqual(killed.lines(), [])
  killed.database.close()
  const log = readFileSync(killed.logPath)

  const next = open(t, killed.folder)
  assert.deepEqual([next.damage, next.lines()], [[], expected])
  next.database.exec('update journal_place set generation = 0, end_bytes = 0')
  next.database.close()
  writeFileSync(next.logPath, log)

  const again = open(t, killed.folder)
  assert.deepEqual([again.damage, again.lines()], [[], expected])
})

function directEntry(kind: 'cached' | 'adjust'): DirectEntry {
  return {
    kind,
    requestId: `req_${kind}`,
    attempt: 0,
    atMs: 1,
    settledAtMs: 2,
    org: 'o',
    keyId: 'k',
    keyName: 'k',
    tags: [],
    operation: 'generate',
    dialect: 'd',
    stream: false,
    provider: 'p',
    model: 'm',
    credential: 'c',
    usage: { inputTokens: 0, outputTokens: 0 },
    usageSource: 'none',
    flags: 0,
    reservedNanoUsd: 0,
    priceVersion: 'none',
    providerCostNanoUsd: 0,
    chargedNanoUsd: 0,
  }
}

test('what was written when a process was killed is in the tables at the next start, once', (t) => {
  const killed = open(t)
  killed.writer.write(group({ intents: [1, 2, 3] }))
  killed.writer.write(group({ settlements: [2] }))
  killed.writer.bringUp()
  killed.writer.write(group({ settlements: [1], intents: [4, 5] }))
  killed.writer.write(group({ settlements: [5] }))
  assert.deepEqual([killed.lines(), killed.open()], [['req_2'], ['req_1', 'req_3']])
  killed.database.close()

  const next = open(t, killed.folder)
  assert.deepEqual(next.damage, [])
  assert.deepEqual(
    [next.lines(), next.open()],
    [
      ['req_2', 'req_1', 'req_5'],
      ['req_3', 'req_4'],
    ],
  )
  next.database.close()
  assert.equal(open(t, killed.folder).lines().length, 3)
})

test('the log begins anew; one that a kill left as it was changes nothing', (t) => {
  const it = open(t, undefined, { maxLogBytes: 100 })
  it.writer.write(group({ intents: [1] }))
  it.writer.write(group({ settlements: [1], intents: [2] }))
  copyFileSync(it.logPath, `${it.logPath}.before`)
  it.writer.bringUp()
  assert.equal(readFileSync(it.logPath).length, 0)
  it.database.close()
  copyFileSync(`${it.logPath}.before`, it.logPath)

  const next = open(t, it.folder)
  assert.deepEqual([next.lines(), next.open()], [['req_1'], ['req_2']])
  next.writer.write(group({ settlements: [2] }))
  next.writer.close()
  assert.deepEqual([next.lines(), next.open()], [['req_1', 'req_2'], []])
})

test('tables that a power cut set back get again what the log still has, and nothing twice', (t) => {
  const it = open(t, undefined, { maxLogBytes: 100 })
  it.writer.write(group({ intents: [1, 2] }))
  it.writer.bringUp() // the log begins anew
  it.database.exec(`vacuum into '${it.path}.earlier'`)
  it.writer.write(group({ settlements: [1], intents: [3] }))
  it.writer.bringUp() // and again
  it.writer.write(group({ settlements: [2, 3] }))
  it.database.close()
  copyFileSync(`${it.path}.earlier`, it.path)
  for (const suffix of ['-wal', '-shm']) if (existsSync(it.path + suffix)) truncateSync(it.path + suffix)

  const next = open(t, it.folder)
  // What only the log's earlier rounds had is gone with the tables: those calls are settled as open ones are.
  assert.deepEqual([next.lines(), next.open()], [['req_2'], ['req_1']])
})

for (const [damage, spoil, told, kept] of [
  ['its last write did not end', (log: Buffer) => log.subarray(0, -3), /had not ended/, ['req_1']],
  [
    'bytes behind its end',
    (log: Buffer) => Buffer.concat([log, Buffer.from('\0\0x')]),
    /had not ended/,
    ['req_1', 'req_2'],
  ],
  [
    'a broken line in its midst',
    (log: Buffer) => {
      const second = log.indexOf('\n') + 20
      log[second] = log[second]! ^ 1
      return log
    },
    /kept as .*ledger\.log\.damaged-\d+$/,
    ['req_2'],
  ],
] as const) {
  test(`a log with ${damage}: every whole line of it counts, and the damage is told`, (t) => {
    const it = open(t)
    it.writer.write(group({ intents: [1, 2] }))
    it.writer.write(group({ settlements: [1] }))
    it.writer.write(group({ settlements: [2] }))
    it.database.close()
    writeFileSync(it.logPath, spoil(readFileSync(it.logPath)))
    const next = open(t, it.folder)
    assert.match(next.damage.join(), told)
    assert.deepEqual(next.lines(), kept)
  })
}

test('while the tables cannot be written, the log takes one more group and then no other', async (t) => {
  const it = open(t)
  const ids = Array.from({ length: 300 }, (_, n) => n + 1)
  const { page_count: pages } = it.database.prepare('pragma page_count').get() as { page_count: number }
  it.database.exec(`pragma max_page_count = ${pages}`)
  assert.equal(it.writer.write(group({ intents: ids })).is, 'written')
  await setImmediate()
  const refused = it.writer.write(group({ settlements: ids }))
  assert.equal(refused.is, 'failed')
  assert.equal(it.writer.write(group({})).is, 'failed')
  it.database.exec('pragma max_page_count = 100000')
  assert.deepEqual(it.writer.write(group({ settlements: ids })), { is: 'written', refused: [] })
  it.writer.bringUp()
  assert.deepEqual([it.lines().length, it.open().length], [300, 0])
})

test('a log that cannot be written goes on with a handle of its own, once the tables have what it held', (t) => {
  if (!existsSync('/proc/self/fd')) return t.skip('open files are listed on Linux alone')
  const it = open(t)
  it.writer.write(group({ intents: [1, 2] }))
  it.writer.write(group({ settlements: [1] }))
  closeSync(handleOf(it.logPath))
  const failed = it.writer.write(group({ settlements: [2] }))
  assert.match(failed.is === 'failed' ? `${failed.why} ${failed.isFatal}` : '', /EBADF.* false/)
  assert.deepEqual(it.writer.write(group({ settlements: [2] })), { is: 'written', refused: [] })
  assert.deepEqual([it.lines(), it.open()], [['req_1'], ['req_2']])
  it.database.close()
  const next = open(t, it.folder)
  assert.deepEqual([next.damage, next.lines(), next.open()], [[], ['req_1', 'req_2'], []])
})

function handleOf(path: string): number {
  const handles = readdirSync('/proc/self/fd')
  return Number(handles.find((handle) => targetOf(handle) === path))
}

function targetOf(handle: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${handle}`)
  } catch {
    return undefined // that of the folder's listing itself
  }
}

for (const [what, when] of [
  ['before the thread has begun', 'before'],
  ['when the thread has ended', 'after'],
] as const) {
  test(`what is asked for ${what} comes into the tables once`, async (t) => {
    const asked: { part: LogPart; answer: (result: WriteResult) => void }[] = []
    const thread: Pick<JournalThread, 'take'> = {
      take: (part) => new Promise((answer) => asked.push({ part, answer })),
    }
    const it = open(t, undefined, { thread, maxRows: 2 })
    const other = openStore(it.path, ledgerMigrations, systemClock)
    t.after(() => other.close())
    const second = createJournalWriter(other)
    it.writer.write(group({ intents: [1, 2] }))
    it.writer.write(group({ settlements: [1], broken: [2] }))
    assert.equal(asked.length, 1, 'one part at a time')
    const [{ part, answer }] = asked as [(typeof asked)[0]]
    if (when === 'before') it.writer.bringUp()
    answer(second.take(part))
    await setImmediate()
    if (when === 'after') it.writer.bringUp()
    assert.deepEqual([it.lines(), it.open()], [['req_1'], ['req_2']])
    const told = it.writer.write(group({ intents: [3] }))
    assert.match(told.is === 'written' ? told.refused.join() : told.why, /REAL/)
    it.writer.bringUp()
    assert.deepEqual(it.open(), ['req_2', 'req_3'])
  })
}

test('beside a thread that writes, whoever reads has every line, and each once', async (t) => {
  const folder = createTemporaryFolder()
  const thread = createJournalThread({ path: join(folder, 'ledger.db'), isPowerSafe: false })
  const it = open(t, folder, { thread, maxRows: 20, maxLogBytes: 20_000 })
  await thread.take({ groups: [], place: { generation: 0, end: 0 } }) // it has started
  const random = seededRandom('thread')
  const settled: string[] = []
  for (let id = 1; id <= 2_000; id += 2) {
    it.writer.write(group({ intents: [id, id + 1] }))
    if (random() < 0.3) await setImmediate()
    it.writer.write(group({ settlements: [id, id + 1] }))
    settled.push(`req_${id}`, `req_${id + 1}`)
    if (random() > 0.05) continue
    it.writer.bringUp()
    assert.deepEqual([it.lines().length, it.open()], [settled.length, []])
  }
  it.writer.close()
  await thread.close()
  assert.deepEqual([it.lines().length, new Set(it.lines())], [settled.length, new Set(settled)])
})

test('the log begins anew also where the thread has taken each group before the next one comes', async (t) => {
  const folder = createTemporaryFolder()
  const path = join(folder, 'ledger.db')
  const other = openStore(path, ledgerMigrations, systemClock)
  t.after(() => other.close())
  const second = createJournalWriter(other)
  const thread = { take: (part: LogPart) => Promise.resolve(second.take(part)) }
  const maxLogBytes = 2_000
  const it = open(t, folder, { thread, maxRows: 1, maxLogBytes })
  let longest = 0
  for (let id = 1; id <= 100; id++) {
    it.writer.write(group({ intents: [id] }))
    longest = Math.max(longest, readFileSync(it.logPath).length)
    await setImmediate() // nothing waits now
  }
  const groupBytes = JSON.stringify(group({ intents: [100] })).length + 50
  assert.ok(longest <= maxLogBytes + groupBytes, `${longest} bytes`)
  assert.equal(it.open().length, 100)
})

test('old lines are deleted by the thread alone, all of them in one go', async (t) => {
  const folder = createTemporaryFolder()
  const other = openStore(join(folder, 'ledger.db'), ledgerMigrations, systemClock)
  t.after(() => other.close())
  const second = createJournalWriter(other)
  const thread = { take: (part: LogPart) => Promise.resolve(second.take(part)) }
  const it = open(t, folder, { thread })
  const ids = Array.from({ length: 1_300 }, (_, n) => n + 1)
  it.writer.write(group({ intents: ids, settlements: ids }))
  await it.writer.caughtUp()
  assert.equal(it.lines().length, 1_300)
  const written = () => it.database.prepare('select total_changes() as rows').get()!['rows']
  const before = written()
  const journal = createJournal({
    write: (each) => it.writer.write(each),
    onState: () => undefined,
    onRefused: (why) => assert.fail(why),
  })
  await pruneLedger({
    journal,
    store: createLedgerStore(it.database),
    caughtUp: () => it.writer.caughtUp(),
    clock: systemClock,
    retentionDays: () => 1,
  })
  assert.equal(it.lines().length, 1, 'the last line keeps its number taken')
  assert.equal(written(), before)
})

test('a thread that has ended is replaced, and what it was given is written once', async (t) => {
  const folder = createTemporaryFolder()
  const thread = createJournalThread({ path: join(folder, 'nowhere', 'ledger.db'), isPowerSafe: false })
  const it = open(t, folder, { thread, maxRows: 2 })
  t.after(() => thread.close())
  it.writer.write(group({ intents: [1, 2] }))
  const next = await until('the next group to be let in', () => {
    const result = it.writer.write(group({ settlements: [1] }))
    return result.is === 'written' && it.open().length > 0 ? result : undefined
  })
  assert.deepEqual(next, { is: 'written', refused: [] })
  it.writer.bringUp()
  assert.deepEqual([it.lines(), it.open()], [['req_1'], ['req_2']])
})

test('a settlement that no table can hold is told, and keeps its intent open', (t) => {
  const it = open(t)
  it.writer.write(group({ intents: [1, 2] }))
  it.writer.write(group({ broken: [1], settlements: [2] }))
  it.writer.bringUp()
  const result = it.writer.write(group({ intents: [3] }))
  assert.match(result.is === 'written' ? result.refused.join() : result.why, /REAL/)
  it.writer.close()
  assert.deepEqual([it.lines(), it.open()], [['req_2'], ['req_1', 'req_3']])
})
