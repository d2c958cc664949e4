/** Records come back as they went in, found by every filter, page by page, and go when their time has come. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import fc from 'fast-check'
import { createRequestRecord } from '../../../test/support/request-record.ts'
import { createTemporaryFolder } from '../../../test/support/temporary-folder.ts'
import { systemClock } from '../../core/clock.ts'
import { readStatusFilter, readTextFilter } from '../../records/filter.ts'
import type { RecordQuery, RecordStore } from '../../records/port.ts'
import type { RequestRecord } from '../../records/record.ts'
import { openStore } from './open.ts'
import { recordMigrations } from './record-migrations.ts'
import { createRecordStore } from './record-store.ts'

interface Opened {
  readonly path: string
  readonly database: DatabaseSync
  readonly store: RecordStore
}

function open(t: TestContext, window?: number): Opened {
  const path = join(createTemporaryFolder(), 'records.db')
  const database = openStore(path, recordMigrations, systemClock)
  t.after(() => database.close())
  return { path, database, store: createRecordStore(database, { window }) }
}

function everything(
  store: RecordStore,
  query: Omit<RecordQuery, 'limit' | 'org'>,
  limit = 3,
): RequestRecord[] {
  const found: RequestRecord[] = []
  let cursor: string | undefined
  do {
    const page = store.search({ org: 'default', ...query, limit, ...(cursor !== undefined && { cursor }) })
    assert.ok(page.data.length <= limit)
    found.push(...page.data)
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return found
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index)

test('a record comes back as it went in, whole or bare', (t) => {
  const { store } = open(t)
  const whole = createRequestRecord(1, {
    user: 'ü"ser',
    session: "s'1",
    tags: ['a', 'b"c', 'd\\'],
    code: 'upstream_error',
    message: 'line\nbreak',
    dropped: ['top_k'],
  })
  const {
    route: _r,
    provider: _p,
    model: _m,
    usage: _u,
    finish: _f,
    firstTokenMs: _t,
    ...bare
  } = createRequestRecord(2)
  store.insert([whole, { ...bare, attempts: [] }])
  assert.deepEqual(store.get('default', whole.id), whole)
  assert.deepEqual(store.get('default', bare.id), { ...bare, attempts: [] })
  assert.equal(store.get('other', whole.id), undefined)
  assert.equal(store.get('default', 'req_nowhere'), undefined)
})

test('a group is written whole or not at all, and a repeated id changes nothing', (t) => {
  const { store } = open(t)
  const bad = createRequestRecord(2, { status: null as unknown as number })
  assert.throws(() => store.insert([createRequestRecord(1), bad]))
  assert.deepEqual(everything(store, {}), [])
  store.insert([createRequestRecord(1)])
  store.insert([createRequestRecord(1, { status: 500 }), createRequestRecord(3)])
  assert.deepEqual(
    everything(store, {}).map((one) => one.status),
    [200, 200],
  )
})

const needle: Partial<RequestRecord> = {
  route: 'needle',
  model: 'needle',
  provider: 'needle',
  keyId: 'needle-id',
  keyName: 'needle-name',
  user: 'needle',
  session: 'needle',
  status: 429,
  code: 'upstream_rate_limit',
  tags: ['x', 'needle'],
  dialect: 'gemini',
  costNanoUsd: 2_000,
  durationMs: 90_000,
  message: 'Too many at once',
  cache: { outcome: 'hit' },
  contract: 'native',
}
const is = readTextFilter
const status = (written: string) => ({ status: readStatusFilter(written)! })
const filters: Omit<RecordQuery, 'limit' | 'org'>[] = [
  { route: is('needle') },
  { model: is('needle') },
  { provider: is('needle') },
  { key: is('needle-id') },
  { key: is('needle-name') },
  { user: is('needle') },
  { session: is('needle') },
  { session: is('needle'), user: is('needle') },
  status('429'),
  status('4xx'),
  { code: is('upstream_rate_limit') },
  { tag: is('needle') },
  { dialect: is('gemini') },
  { fromMs: 50, toMs: 51 },
  { route: is('needle'), ...status('4xx'), tag: is('x'), fromMs: 10, toMs: 90 },
  { route: is('other,needle'), model: is('nee*'), tag: is('need*,need\\*'), ...status('503,429') },
  { key: is('needle-n*') },
  { user: is('!u'), session: is('!s,other') },
  { route: is('!assistant') },
  { tag: is('!needles') },
  status('!2xx,503'),
  { costAboveNanoUsd: 1_000 },
  { durationAboveMs: 60_000 },
  { text: 'NEEDLE-name' },
  { text: 'too many' },
  { cache: is('hit') },
  { contract: is('native*') },
  { keyIds: new Set(['needle-id', 'no-key']) },
]

test('each filter finds its record, also over many short steps, and only within its organisation', (t) => {
  for (const window of [undefined, 7]) {
    const { store } = open(t, window)
    const others = range(0, 100).filter((n) => n !== 50)
    store.insert(
      others.map((n) =>
        createRequestRecord(n, { tags: ['needles', 'a"needle', ',need'], user: 'u', session: 's' }),
      ),
    )
    store.insert([
      createRequestRecord(50, needle),
      createRequestRecord(1000, { ...needle, atMs: 50, org: 'other' }),
    ])
    for (const filter of filters) {
      const found = everything(store, filter)
      assert.deepEqual(
        found.map((one) => [one.org, one.atMs]),
        [['default', 50]],
        JSON.stringify(filter),
      )
    }
    assert.deepEqual(everything(store, { session: is('needle'), user: is('u') }), [])
    assert.deepEqual(everything(store, { fromMs: 51, toMs: 51 }), [])
  }
})

test('no filter scans the table, sorts, or leaves an index unused', (t) => {
  const { database } = open(t)
  const texts: string[] = []
  const watched = new Proxy(database, {
    get(target, name) {
      if (name !== 'prepare') return Reflect.get(target, name, target)
      return (text: string) => {
        texts.push(text)
        return target.prepare(text)
      }
    },
  })
  const store = createRecordStore(watched)
  for (const filter of [{}, ...filters]) {
    for (const cursor of [undefined, '50.1']) {
      texts.length = 0
      store.search({ org: 'default', limit: 100, ...filter, ...(cursor !== undefined && { cursor }) })
      assert.ok(texts.length > 0)
      for (const text of texts) {
        const plan = database
          .prepare(`explain query plan ${text}`)
          .all()
          .map((row) => String(row['detail']))
        // The second line is of the list of keys, which is JSON.
        const subqueries = plan.slice(1).filter((line) => !/LIST SUBQUERY|json_each|BLOOM FILTER/.test(line))
        assert.deepEqual(subqueries, [], plan.join('; '))
        const isUser = 'user' in filter && !('session' in filter)
        const index = isUser
          ? /by_user \(org=\? AND user=\?/
          : 'session' in filter
            ? /by_session|by_user|by_time/
            : /by_time \(org=\?/
        assert.match(plan[0]!, /^SEARCH request_records USING (COVERING )?INDEX/)
        assert.match(plan[0]!, index)
        if (cursor !== undefined) assert.match(plan[0]!, /at_ms</)
      }
    }
  }
})

test('pages give the newest first, each once, for any times, limit and window', (t) => {
  const atMs = fc.integer({ min: 1, max: 8 })
  const rows = fc.array(fc.record({ atMs, route: fc.constantFrom('a', 'b', 'c') }), { maxLength: 40 })
  let run = 0
  const { database } = open(t)
  fc.assert(
    fc.property(
      rows,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 9 }),
      (given, limit, window) => {
        const store = createRecordStore(database, { window })
        database.exec('delete from request_records')
        run++
        const records = given.map((row, index) => createRequestRecord(run * 1000 + index, row))
        store.insert(records)
        const newestFirst = records.toReversed().toSorted((one, other) => other.atMs - one.atMs)
        assert.deepEqual(everything(store, {}, limit), newestFirst)
        const expected = newestFirst.filter((one) => one.route === 'b' && one.atMs >= 2 && one.atMs < 7)
        assert.deepEqual(everything(store, { route: is('b'), fromMs: 2, toMs: 7 }, limit), expected)
        const upwards = everything(
          store,
          { route: is('b'), order: 'oldest-first', fromMs: 2, toMs: 7 },
          limit,
        )
        assert.deepEqual(upwards, expected.toReversed())
      },
    ),
    { numRuns: 60 },
  )
})

test('records that arrive between two pages neither repeat nor hide others', (t) => {
  const { store } = open(t)
  store.insert(range(0, 10).map((n) => createRequestRecord(n * 10)))
  const first = store.search({ org: 'default', limit: 4 })
  store.insert([createRequestRecord(1000), createRequestRecord(75), createRequestRecord(601, { atMs: 60 })])
  const rest = everything(store, { ...(first.nextCursor !== undefined && { cursor: first.nextCursor }) })
  const seen = [...first.data, ...rest].map((one) => one.atMs)
  assert.deepEqual(seen, [90, 80, 70, 60, 50, 40, 30, 20, 10, 0])
})

test('a cursor that no page named is the caller’s fault', (t) => {
  const { store } = open(t)
  for (const cursor of ['', 'x', '1', '1.2.3', '-1.2', '1.2; drop table request_records', '9'.repeat(40)]) {
    assert.throws(() => store.search({ org: 'default', limit: 1, cursor }), {
      code: 'invalid_request',
      param: 'cursor',
    })
  }
})

test('pruning by age deletes in bounded steps what came before, and nothing else', (t) => {
  const { store } = open(t)
  store.insert(range(0, 500).map((n) => createRequestRecord(n)))
  const steps: number[] = []
  for (let deleted = -1; deleted !== 0;) steps.push((deleted = store.prune({ olderThanMs: 450 })))
  assert.deepEqual(steps, [...range(0, 9).map(() => 50), 0])
  assert.deepEqual(
    everything(store, {}, 1000).map((one) => one.atMs),
    range(450, 500).toReversed(),
  )
})

test('pruning by size deletes the oldest until the rest fits', (t) => {
  const { store } = open(t)
  store.insert(range(0, 2000).map((n) => createRequestRecord(n)))
  const fullBytes = store.sizeBytes()
  const maxBytes = Math.floor(fullBytes / 2)
  while (store.prune({ maxBytes }) > 0) assert.ok(store.sizeBytes() < fullBytes)
  assert.ok(store.sizeBytes() <= maxBytes)
  const left = everything(store, {}, 1000)
  assert.ok(left.length > 500 && left.length < 1500, `${left.length} left`)
  assert.deepEqual(
    left.map((one) => one.atMs),
    range(2000 - left.length, 2000).toReversed(),
  )
  assert.equal(store.prune({ maxBytes }), 0)
})

test('a second connection reads while the first writes, and sees whole groups only', (t) => {
  const { path, database, store } = open(t)
  store.insert(range(0, 10).map((n) => createRequestRecord(n)))
  const second = openStore(path, recordMigrations, systemClock)
  t.after(() => second.close())
  const reader = createRecordStore(second)
  const group = range(10, 20).map((n) => createRequestRecord(n))
  const seenWithin: number[] = []
  store.insert(
    group.map((record) => ({
      ...record,
      get message() {
        seenWithin.push(everything(reader, {}, 100).length) // runs inside the writer's transaction
        return 'read'
      },
    })),
  )
  assert.equal(database.isTransaction, false)
  assert.ok(seenWithin.length >= 10 && seenWithin.every((count) => count === 10))
  assert.equal(everything(reader, {}, 100).length, 20)
})

test('a person is taken out of records step by step, and others stay as they are', (t) => {
  const { store } = open(t, 2)
  const experiment = { name: 'e', arm: 'a', unit: 'u' }
  const mine = { user: 'ada', session: 's', experiment, clientAddress: '192.0.2.1', message: 'said: hello' }
  const attempts = [{ ...createRequestRecord(0).attempts[0]!, message: 'said: hello' }]
  const records = [
    createRequestRecord(1, { ...mine, attempts }),
    createRequestRecord(2, { ...mine, user: 'bob' }),
    createRequestRecord(3, { ...mine, user: 'bob', keyId: 'of-ada' }),
    createRequestRecord(4, { ...mine, org: 'another' }),
    createRequestRecord(5, mine),
  ]
  store.insert(records)
  const ids: string[] = []
  const sessions = new Set<string>()
  for (let after: number | undefined = 0; after !== undefined;) {
    const step = store.requestsOf('default', { user: 'ada', keyIds: ['of-ada'] }, after)
    ids.push(...step.ids)
    for (const session of step.sessions) sessions.add(session)
    after = step.next
  }
  assert.deepEqual(ids, [records[0]!.id, records[2]!.id, records[4]!.id])
  store.forget('default', [...ids, records[3]!.id])
  for (const id of ids) {
    const record = store.get('default', id)!
    const { user, session, clientAddress, message, experiment: place } = record
    assert.deepEqual([user, session, clientAddress, message, place], [...Array(5)])
    assert.ok(record.attempts.every(({ message }) => message === undefined))
  }
  assert.deepEqual([...sessions], ['s'])
  assert.equal(store.get('default', records[1]!.id)!.user, 'bob')
  assert.equal(store.get('another', records[3]!.id)!.user, 'ada')
})
