/** The journal's promises: groups, once and only once, and nothing lost while the disk is full. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createTemporaryFolder } from '../../../test/support/temporary-folder.ts'
import { until } from '../../../test/support/until.ts'
import { systemClock } from '../../core/clock.ts'
import { GatewayError } from '../../core/error.ts'
import type { Intent, Settlement } from '../../ledger/port.ts'
import { recover } from '../../ledger/recovery.ts'
import { pruneLedger } from '../../ledger/retention.ts'
import { verifyLedger } from '../../ledger/verify.ts'
import { createJournalWriter, type Group, type WriteResult } from './journal-writer.ts'
import { createJournal } from './journal.ts'
import { ledgerMigrations } from './ledger-migrations.ts'
import { openLedgerSnapshot } from './ledger-snapshot.ts'
import { createLedgerStore } from './ledger-store.ts'
import { openStore } from './open.ts'
import { createJournalThread } from './journal-thread.ts'

function open(t: TestContext, path = join(createTemporaryFolder(), 'ledger.db')) {
  const database = openStore(path, ledgerMigrations, systemClock)
  const states: (string | undefined)[] = []
  const refused: string[] = []
  const writer = createJournalWriter(database)
  const journal = createJournal({
    write: (group) => writer.write(group),
    retryMs: 5,
    onState: (why) => states.push(why),
    onRefused: (why) => refused.push(why),
  })
  t.after(async () => {
    if (!database.isOpen) return
    await journal.close()
    database.close()
  })
  return { path, database, journal, states, refused, store: createLedgerStore(database) }
}

function intent(id: number, rest: Partial<Intent> = {}): Intent {
  return {
    id,
    requestId: `req_${id}`,
    attempt: 1,
    atMs: 1_000,
    org: 'default',
    keyId: 'k',
    keyName: 'key',
    tags: [],
    dialect: 'openai-chat',
    operation: 'generate',
    stream: false,
    provider: 'openai',
    model: 'm',
    credential: 'key-1',
    inputBound: 100,
    outputBound: 200,
    reservedNanoUsd: 500,
    priceVersion: 'none',
    ...rest,
  }
}

function settlement(id: number, rest: Partial<Settlement> = {}): Settlement {
  return {
    id,
    kind: 'settle',
    atMs: 2_000,
    usage: { inputTokens: 10, outputTokens: 20 },
    usageSource: 'provider',
    flags: 0,
    providerCostNanoUsd: 300,
    chargedNanoUsd: 300,
    ...rest,
  }
}

const lines = ({ store }: ReturnType<typeof open>) =>
  store.search({ org: 'default', limit: 100 }).data.map(({ requestId, kind }) => `${requestId} ${kind}`)

test('what is queued in one turn of the loop is one commit, and its waiters wait for it together', async (t) => {
  const it = open(t)
  it.journal.open(intent(1))
  const first = it.journal.commit()
  it.journal.open(intent(2))
  assert.equal(it.journal.commit(), first)
  assert.equal(it.store.openIntents().length, 0)
  assert.equal(await first, true)
  assert.equal(it.store.openIntents().length, 2)
  it.journal.settle(settlement(1))
  assert.notEqual(it.journal.commit(), first)
  await it.journal.commit()
  assert.deepEqual(lines(it), ['req_1 settle'])
})

test('an intent is settled once, whatever comes twice or late', async (t) => {
  const it = open(t)
  it.journal.open(intent(1))
  await it.journal.commit()
  for (const again of [settlement(1), settlement(1, { chargedNanoUsd: 7 }), settlement(9)]) {
    it.journal.settle(again)
    await it.journal.commit()
  }
  const { data } = it.store.search({ org: 'default', limit: 10 })
  assert.deepEqual(
    data.map(({ chargedNanoUsd }) => chargedNanoUsd),
    [300],
  )
})

test('every field of a line comes back as it was', async (t) => {
  const it = open(t)
  const spent = intent(1, {
    team: 't',
    user: 'u',
    session: 's',
    route: 'r',
    tags: ['a', 'b"c'],
    markupBasisPoints: 250,
    promptBytes: { system: 1, history: 2, tools: 3, retrieved: 4, newTurn: 5 },
    stream: true,
  })
  const ended = settlement(1, {
    usage: {
      inputTokens: 10,
      outputTokens: 20,
      cacheReadTokens: 0,
      cacheWriteTokens: 3,
      cacheWrite1hTokens: 2,
      reasoningTokens: 4,
      outputAudioTokens: 5,
      webSearches: 1,
      serviceTier: 'flex',
    },
    flags: 5,
    tier: 'flex',
    reportedModel: 'm-1',
    status: 200,
    code: 'client_gone',
    providerRequestId: 'p',
  })
  it.journal.open(spent)
  await it.journal.commit()
  it.journal.settle(ended)
  await it.journal.commit()
  const { id: _id, inputBound: _input, outputBound: _output, ...facts } = spent
  const { id: _again, atMs, ...figures } = ended
  assert.deepEqual(it.store.search({ org: 'default', limit: 1 }).data, [
    { ...facts, ...figures, seq: 1, settledAtMs: atMs },
  ])
  for (const found of [{ tag: 'b"c' }, { session: 's' }, { user: 'u' }, { team: 't' }, { key: 'key' }]) {
    assert.equal(it.store.search({ org: 'default', limit: 1, ...found }).data.length, 1)
  }
  assert.equal(it.store.search({ org: 'other', limit: 1 }).data.length, 0)
})

test('pages of lines neither repeat nor leave out', async (t) => {
  const it = open(t)
  for (let id = 1; id <= 25; id++) it.journal.open(intent(id, { model: id % 2 ? 'odd' : 'even' }))
  await it.journal.commit()
  for (let id = 1; id <= 25; id++) it.journal.settle(settlement(id))
  await it.journal.commit()
  const store = createLedgerStore(it.database, { window: 4 }) // small windows: pages of a search may be empty
  const seen: string[] = []
  for (let cursor: string | undefined = ''; cursor !== undefined;) {
    const page = store.search({ org: 'default', model: 'odd', limit: 3, ...(cursor && { cursor }) })
    seen.push(...page.data.map(({ requestId }) => requestId))
    cursor = page.nextCursor
  }
  assert.equal(seen.length, 13)
  assert.equal(new Set(seen).size, 13)
  assert.throws(() => store.search({ org: 'default', limit: 1, cursor: 'x' }), GatewayError)
})

test('a full disk refuses new calls and loses nothing; when there is room, all is written', async (t) => {
  const it = open(t)
  for (let id = 1; id <= 50; id++) it.journal.open(intent(id))
  await it.journal.commit()
  const { page_count: pages } = it.database.prepare('pragma page_count').get() as { page_count: number }
  it.database.exec(`pragma max_page_count = ${pages}`)
  for (let id = 1; id <= 50; id++) it.journal.settle(settlement(id, { reportedModel: 'x'.repeat(4_000) }))
  assert.equal(await it.journal.commit(), false)
  assert.match(String(it.states[0]), /full/)
  assert.equal(it.journal.waiting, 50)
  assert.throws(
    () => it.journal.open(intent(51)),
    (error) => error instanceof GatewayError && error.code === 'ledger_unavailable',
  )
  assert.equal(it.store.openIntents().length, 50)
  it.database.exec('pragma max_page_count = 100000')
  await until('the journal to mend', () => (it.journal.waiting === 0 ? true : undefined))
  assert.equal(it.states.at(-1), undefined)
  assert.equal(lines(it).length, 50)
  it.journal.open(intent(51))
  assert.equal(await it.journal.commit(), true)
})

test('a settlement that no table can hold does not hold up the others, and its intent stays open', async (t) => {
  const it = open(t)
  for (let id = 1; id <= 3; id++) it.journal.open(intent(id))
  await it.journal.commit()
  it.journal.settle(settlement(1))
  it.journal.settle(settlement(2, { chargedNanoUsd: 0.5 }))
  it.journal.settle(settlement(3))
  it.journal.open(intent(4))
  assert.equal(await it.journal.commit(), true)
  assert.deepEqual(lines(it), ['req_3 settle', 'req_1 settle'])
  assert.deepEqual(
    it.store.openIntents().map(({ id }) => id),
    [2, 4],
  )
  assert.equal(it.refused.length, 1)
})

test('after a failed sync nothing more is written, and nothing more is said to be', async (t) => {
  const groups: Group[] = []
  let result: WriteResult = { is: 'written', refused: [] }
  const states: (string | undefined)[] = []
  const journal = createJournal({
    write(group) {
      groups.push(group)
      return result
    },
    retryMs: 1,
    onState: (why) => states.push(why),
    onRefused: () => assert.fail('nothing was refused'),
  })
  t.after(() => journal.close())
  journal.open(intent(1))
  assert.equal(await journal.commit(), true)
  result = { is: 'failed', why: 'disk I/O error', isFatal: true }
  journal.settle(settlement(1))
  assert.equal(await journal.commit(), false)
  result = { is: 'written', refused: [] }
  journal.settle(settlement(2))
  assert.equal(await journal.commit(), false)
  assert.throws(() => journal.open(intent(2)), GatewayError)
  assert.deepEqual([groups.length, states, journal.waiting], [2, ['disk I/O error'], 2])
})

test('in a thread that waits for the disk, what comes in the meantime is the next group', async () => {
  const path = join(createTemporaryFolder(), 'ledger.db')
  const database = openStore(path, ledgerMigrations, systemClock)
  const writer = createJournalThread({ path, isPowerSafe: true })
  let groups = 0
  const journal = createJournal({
    write(group) {
      groups++
      return writer.write(group)
    },
    onState: (why) => assert.fail(why),
    onRefused: (why) => assert.fail(why),
  })
  const store = createLedgerStore(database)
  const calls = Array.from({ length: 200 }, async (_, n) => {
    journal.open(intent(n))
    assert.equal(await journal.commit(), true)
    journal.settle(settlement(n))
    assert.equal(await journal.commit(), true)
    assert.equal(store.search({ org: 'default', requestId: `req_${n}`, limit: 2 }).data.length, 1)
  })
  await Promise.all(calls)
  await journal.close()
  await writer.close()
  database.close()
  assert.ok(groups < 100, `${groups} groups for 400 writes`)
})

test('a thread that cannot open its file fails what it was given, and is closed all the same', async () => {
  const path = join(createTemporaryFolder(), 'gone', 'ledger.db')
  const writer = createJournalThread({ path, isPowerSafe: false })
  const taken = writer.take({ groups: [], place: { generation: 1, end: 0 } })
  await writer.close()
  const result = await taken
  assert.ok(result.is === 'failed' && /unable to open database file/.test(result.why), JSON.stringify(result))
})

test('what a process left open is settled at the next start: by its last mark, else by its bound', async (t) => {
  const it = open(t)
  const price = { periods: [{ tiers: [{ aboveTokens: 0, rates: { input: 1_000_000, output: 2_000_000 } }] }] }
  it.journal.keepPrice('price@1', JSON.stringify(price))
  for (let id = 1; id <= 3; id++) it.journal.open(intent(id, { priceVersion: 'price@1' }))
  it.journal.open(intent(4))
  await it.journal.commit()
  it.journal.mark(2, 50)
  it.journal.mark(2, 60)
  it.journal.settle(settlement(3))
  await it.journal.commit()
  it.database.close() // as a kill does: nothing is written any more

  const next = open(t, it.path)
  assert.equal(await recover(next.store, next.journal, systemClock), 3)
  assert.equal(await recover(next.store, next.journal, systemClock), 0)
  const found = next.store.search({ org: 'default', limit: 10 }).data
  assert.deepEqual(
    found
      .map(({ requestId, usageSource, usage, chargedNanoUsd, flags }) => [
        requestId,
        usageSource,
        usage.outputTokens,
        chargedNanoUsd,
        flags,
      ])
      .sort(([a], [b]) => String(a).localeCompare(String(b))),
    [
      ['req_1', 'bound', 200, 500, 9],
      ['req_2', 'watermark', 200, 100 + 400, 9],
      ['req_3', 'provider', 20, 300, 0],
      ['req_4', 'bound', 200, 500, 13],
    ],
  )
})

test('what is settled while a group is on its way to the disk is in the next one', async () => {
  const groups: Group[] = []
  const answers: ((result: WriteResult) => void)[] = []
  const journal = createJournal({
    write(group) {
      groups.push(structuredClone(group))
      return new Promise((resolve) => answers.push(resolve))
    },
    onState: () => undefined,
    onRefused: () => undefined,
  })
  const written = async (n: number) => {
    await until(`group ${n}`, () => (answers.length >= n ? true : undefined))
    answers[n - 1]!({ is: 'written', refused: [] })
  }
  journal.settle(settlement(1))
  const first = journal.commit()
  await until('the first group', () => (groups.length === 1 ? true : undefined))
  journal.settle(settlement(2))
  const second = journal.commit()
  await written(1)
  assert.equal(await first, true)
  await written(2)
  assert.equal(await second, true)
  assert.deepEqual(
    groups.map(({ settlements }) => settlements.map((row) => row.at(-1))),
    [[1], [2]],
  )
})

test('old lines go a few at a time, and the sums keep what they said', async (t) => {
  const it = open(t)
  const dayMs = 86_400_000
  for (let n = 1; n <= 1_200; n++) {
    it.journal.open(intent(n, { atMs: n <= 1_100 ? dayMs : 9 * dayMs }))
    it.journal.settle(settlement(n))
  }
  await it.journal.commit()
  const usage = () =>
    it.store.usage({
      org: 'default',
      by: ['day'],
      fromMs: 0,
      toMs: 100 * dayMs,
      where: {},
      limit: 10,
      offset: 0,
    })
  const before = await usage()
  assert.deepEqual(
    before.data.map(({ dayMs: day, requests, chargedNanoUsd }) => [day! / dayMs, requests, chargedNanoUsd]),
    [
      [1, 1_100, 330_000n],
      [9, 100, 30_000n],
    ],
  )
  const clock = { nowMs: () => 10 * dayMs, monotonicMs: () => 0 }
  const caughtUp = () => Promise.resolve()
  await pruneLedger({ journal: it.journal, store: it.store, caughtUp, clock, retentionDays: () => 5 })
  assert.equal(
    [...it.store.counts()].reduce((sum, { settled }) => sum + settled, 0),
    100,
  )
  assert.deepEqual(await usage(), before)
  const proof = await verifyLedger({
    store: it.store,
    isOpen: () => false,
    differences: () => [],
    snapshot: () => openLedgerSnapshot(it.path),
  })
  // These lines have a cost and no price; what is proved here is that the sums are theirs.
  assert.deepEqual(
    proof.differences.filter((told) => told.includes('sums')),
    [],
  )
})
