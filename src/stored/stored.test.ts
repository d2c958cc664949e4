/** What is kept comes back to its owner whole, and to nobody else, not later, and not once it was touched. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import type { JsonObject } from '../core/json.ts'
import type { Part } from '../core/request.ts'
import { migrations } from '../storage/sql/migrations.ts'
import { openSqlite } from '../storage/sql/sqlite.ts'
import { createStoredResponseStore } from '../storage/sql/stored-response-store.ts'
import type { StoredResponseStore } from './port.ts'
import { seal, unseal } from './seal.ts'
import {
  createStoredResponses,
  type StoredResponse,
  type StoredResponses,
  type StoredResponsesOptions,
} from './stored.ts'

interface Bench {
  readonly path: string
  /** The same file, for whoever looks or tampers from outside. */
  readonly database: DatabaseSync
  readonly store: StoredResponseStore
  readonly clock: { now: number; nowMs(): number; monotonicMs(): number }
  readonly errors: unknown[]
  open(options?: Partial<StoredResponsesOptions>): StoredResponses
}

const key = randomBytes(32)
const startMs = 1_700_000_000_000

function createBench(t: TestContext): Bench {
  const path = join(createTemporaryFolder(), 'weir.db')
  const clock = { now: startMs, nowMs: () => clock.now, monotonicMs: () => 0 }
  const opened = openSqlite(path, migrations, clock)
  const database = new DatabaseSync(path)
  t.after(async () => {
    database.close()
    await opened.close()
  })
  const store = createStoredResponseStore(opened)
  const errors: unknown[] = []
  return {
    path,
    database,
    store,
    clock,
    errors,
    open(options = {}) {
      const stored = createStoredResponses({
        store,
        key,
        clock,
        ttlSeconds: 3600,
        maxBytes: 1_000_000,
        onError: (cause) => errors.push(cause),
        ...options,
      })
      t.after(() => stored.close())
      return stored
    },
  }
}

const owner = { org: 'default', keyId: 'key-1', id: 'resp_1' }

const responseOf = (text: string): StoredResponse => ({
  conversation: { turns: [{ role: 'user', parts: [{ type: 'text', text }] }] },
  answer: { id: 'resp_1', object: 'response', output: [{ text }] },
})

const json = fc.json().map((text) => JSON.parse(text) as JsonObject)
const signature = fc.record({ dialect: fc.constant('gemini' as const), value: fc.string() })
const nativeFields = fc.record({
  dialect: fc.constant('gemini' as const),
  fields: fc.dictionary(fc.string(), json),
})
const unit = 'binary' as const
const leaf: fc.Arbitrary<unknown> = fc.oneof(
  fc.record({ type: fc.constant('text'), text: fc.string({ unit }), signature, native: nativeFields }),
  fc.record({
    type: fc.constant('media'),
    media: fc.constantFrom('image', 'audio', 'video', 'document'),
    source: fc.record({ at: fc.constant('base64'), mimeType: fc.string(), data: fc.base64String() }),
  }),
  fc.record({ type: fc.constant('reasoning'), text: fc.string({ unit }), signature }),
  fc.record({ type: fc.constant('refusal'), text: fc.string({ unit }) }),
  fc.record({ type: fc.constant('tool-call'), callId: fc.string(), name: fc.string(), arguments: fc.json() }),
  fc.record({ type: fc.constant('native'), dialect: fc.constant('gemini'), value: json }),
)
const part = fc.oneof(
  leaf,
  fc.record({ type: fc.constant('tool-result'), callId: fc.string(), content: fc.array(leaf) }),
) as fc.Arbitrary<Part>

test('a conversation of any parts comes back as it was, for any owner', async (t) => {
  const stored = createBench(t).open()
  const turn = fc.record({ role: fc.constantFrom('user', 'assistant', 'tool'), parts: fc.array(part) })
  const whose = fc.record({ org: fc.string({ unit }), keyId: fc.string({ unit }), id: fc.string({ unit }) })
  const given = fc
    .record({ conversation: fc.record({ turns: fc.array(turn) }), answer: fc.dictionary(fc.string(), json) })
    .map((value) => JSON.parse(JSON.stringify(value)) as StoredResponse) // objects as a parser makes them
  await fc.assert(
    fc.asyncProperty(whose, given, async (to, response) => {
      assert.equal(await stored.keep(to, response), true)
      assert.deepEqual(await stored.find(to), response)
      assert.equal(await stored.remove(to), true)
      assert.equal(await stored.find(to), undefined)
    }),
    { numRuns: 100 },
  )
})

test('another key, organisation or id finds and removes nothing', async (t) => {
  const stored = createBench(t).open()
  await stored.keep(owner, responseOf('a'))
  for (const other of [{ keyId: 'key-2' }, { org: 'other' }, { id: 'resp_2' }]) {
    assert.equal(await stored.find({ ...owner, ...other }), undefined)
    assert.equal(await stored.remove({ ...owner, ...other }), false)
  }
  assert.deepEqual(await stored.find(owner), responseOf('a'))
})

test('two keys may keep the same id, and the last answer of one key counts', async (t) => {
  const stored = createBench(t).open()
  const other = { ...owner, keyId: 'key-2' }
  await stored.keep(owner, responseOf('a'))
  await stored.keep(other, responseOf('b'))
  await stored.keep(owner, responseOf('c'))
  assert.deepEqual([await stored.find(owner), await stored.find(other)], [responseOf('c'), responseOf('b')])
})

test('after its time a response is gone, also before it is deleted', async (t) => {
  const bench = createBench(t)
  const stored = bench.open()
  await stored.keep(owner, responseOf('a'))
  bench.clock.now = startMs + 3_599_999
  assert.notEqual(await stored.find(owner), undefined)
  bench.clock.now = startMs + 3_600_000
  assert.equal(await stored.find(owner), undefined)
  assert.equal(await stored.remove(owner), false)
  assert.equal(bench.database.prepare('select count(*) c from stored_responses').get()?.['c'], 1)
})

test('what has expired is deleted step by step, and a failing store is tried again', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const bench = createBench(t)
  const { store } = bench
  let isBroken = true
  const stored = bench.open({
    store: {
      ...store,
      async prune(nowMs, limit) {
        if (isBroken) throw new Error('disk full')
        return store.prune(nowMs, limit)
      },
    },
  })
  for (let n = 0; n < 250; n++) await stored.keep({ ...owner, id: `resp_${n}` }, responseOf('a'))
  bench.clock.now += 1_800_000
  await stored.keep({ ...owner, id: 'young' }, responseOf('a'))
  bench.clock.now += 1_800_000
  const count = (): unknown => bench.database.prepare('select count(*) c from stored_responses').get()?.['c']
  const pass = async (ms: number): Promise<unknown> => {
    t.mock.timers.tick(ms)
    await setImmediate() // SQLite's steps wait for nothing but each other
    return count()
  }
  assert.deepEqual([await pass(60_000), bench.errors.length], [251, 1])
  isBroken = false
  assert.equal(await pass(60_000), 151)
  assert.equal(await pass(25), 51)
  assert.equal(await pass(25), 1)
  assert.notEqual(await stored.find({ ...owner, id: 'young' }), undefined)
})

test('a row that was changed or moved in any way is a miss', async (t) => {
  const { database, open } = createBench(t)
  const stored = open()
  const changes = [
    `update stored_responses set conversation = (select conversation from stored_responses where id = 'resp_2')`,
    'update stored_responses set conversation = answer, answer = conversation',
    'update stored_responses set expires_at_ms = expires_at_ms + 1',
    'update stored_responses set created_at_ms = 0',
    `update stored_responses set answer = x''`,
    'update stored_responses set answer = substr(answer, 1, length(answer) - 1)',
    'update stored_responses set answer = zeroblob(length(answer))',
  ]
  for (const change of changes) {
    await stored.keep(owner, responseOf('a'))
    await stored.keep({ ...owner, id: 'resp_2' }, responseOf('b'))
    database.exec(`${change} where id = 'resp_1'`)
    assert.equal(await stored.find(owner), undefined, change)
    assert.notEqual(await stored.find({ ...owner, id: 'resp_2' }), undefined, change)
  }
  await stored.keep(owner, responseOf('a'))
  database.exec(`update stored_responses set key_id = 'key-2' where id = 'resp_1'`)
  assert.equal(await stored.find({ ...owner, keyId: 'key-2' }), undefined)
})

test('another secret reads nothing, and one of the wrong length is refused', async (t) => {
  const bench = createBench(t)
  await bench.open().keep(owner, responseOf('a'))
  assert.equal(await bench.open({ key: randomBytes(32) }).find(owner), undefined)
  assert.notEqual(await bench.open().find(owner), undefined)
  assert.throws(() => bench.open({ key: randomBytes(16) }), /32 bytes/)
})

test('a response over the bound is not kept', async (t) => {
  const { open, database } = createBench(t)
  const response = responseOf('ü'.repeat(1000))
  const size = Buffer.byteLength(JSON.stringify(response.conversation) + JSON.stringify(response.answer))
  assert.equal(await open({ maxBytes: size - 1 }).keep(owner, response), false)
  assert.equal(database.prepare('select count(*) c from stored_responses').get()?.['c'], 0)
  assert.equal(await open({ maxBytes: size }).keep(owner, response), true)
})

test('a response that is being kept is waited for, and one that could not be kept is not there', async (t) => {
  const { open, store } = createBench(t)
  const gate = Promise.withResolvers<void>()
  const stored = open({
    store: {
      ...store,
      async put(row) {
        await gate.promise
        if (row.id === 'lost') throw new Error('disk full')
        await store.put(row, [])
      },
    },
  })
  const kept = stored.keep(owner, responseOf('a'))
  const lost = stored.keep({ ...owner, id: 'lost' }, responseOf('b'))
  const found = [stored.find(owner), stored.find({ ...owner, id: 'lost' })]
  gate.resolve()
  assert.equal(await kept, true)
  await assert.rejects(lost, /disk full/)
  assert.deepEqual(await Promise.all(found), [responseOf('a'), undefined])
})

test('nothing of a conversation stands in the files', async (t) => {
  const { path, open } = createBench(t)
  await open().keep(owner, responseOf('CANARY'))
  for (const file of [path, `${path}-wal`]) assert.equal(readFileSync(file).includes('CANARY'), false)
})

test('any changed byte of a sealed text is noticed, and no text is sealed twice alike', () => {
  const place = ['org', 1, 'column'] as const
  fc.assert(
    fc.property(fc.string({ unit }), fc.nat(), fc.integer({ min: 1, max: 255 }), (text, at, flip) => {
      const plain = text.toWellFormed()
      const sealed = seal(key, place, plain)
      assert.equal(unseal(key, place, sealed), plain)
      assert.notDeepEqual(seal(key, place, plain), sealed)
      const bad = Buffer.from(sealed)
      bad[at % bad.length]! ^= flip
      assert.equal(unseal(key, place, bad), undefined)
      assert.equal(unseal(key, place, sealed.subarray(0, at % sealed.length)), undefined)
    }),
  )
})

test('a text opens only at its own place, however the names of two places are cut', () => {
  const place = fc.array(fc.oneof(fc.string({ maxLength: 3 }), fc.nat(9)), { maxLength: 4 })
  fc.assert(
    fc.property(place, place, (one, other) => {
      const opened = unseal(key, other, seal(key, one, 'text'))
      assert.equal(opened, JSON.stringify(one) === JSON.stringify(other) ? 'text' : undefined)
    }),
    {
      examples: [
        [['a', 'b'], ['ab']],
        [
          ['a', 1],
          ['a', '1'],
        ],
      ],
    },
  )
})
