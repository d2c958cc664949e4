/** A key runs once: its answer is given again while it is kept, a run that died is taken over, and nothing grows. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { createClaimStore } from '../storage/sql/idempotency-store.ts'
import { migrations } from '../storage/sql/migrations.ts'
import { openSqlite } from '../storage/sql/sqlite.ts'
import { seal, unseal } from '../stored/seal.ts'
import { handClock } from '../../test/support/routing.ts'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import {
  createIdempotency,
  type IdempotencyOptions,
  type KeyedRequest,
  type KeyedRun,
} from './idempotency.ts'

const ttlMs = 86_400_000

function createBench(t: TestContext) {
  const folder = createTemporaryFolder()
  const clock = handClock()
  const key = randomBytes(32)
  const file = join(folder, 'weir.db')
  const store = createClaimStore(openSqlite(file, migrations, clock))
  const database = new DatabaseSync(file)
  t.after(() => database.close())
  const errors: unknown[] = []
  const open = (options: Partial<IdempotencyOptions> = {}) => {
    const idempotency = createIdempotency({
      store,
      sealer: {
        seal: (place, plain) => seal(key, place, plain),
        unseal: (place, sealed) => unseal(key, place, sealed),
      },
      clock,
      ttlSeconds: ttlMs / 1000,
      maxAnswerBytes: 1_000,
      maxAnswers: 100,
      maxBytes: 1_000_000,
      onError: (cause) => errors.push(cause),
      ...options,
    })
    t.after(() => idempotency.close())
    return idempotency
  }
  const count = () => Number(database.prepare('select count(*) c from idempotency_claims').get()?.['c'])
  return { clock, database, file, store, open, count, errors }
}

const request = (requestId: string, rest: Partial<KeyedRequest> = {}): KeyedRequest => ({
  org: 'default',
  keyId: 'key-1',
  requestId,
  route: 'POST /v1/chat/completions',
  key: 'order-66',
  bodySha256: 'aa',
  ...rest,
})

const answer = (text: string) => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(text),
})

async function runOf(begun: Promise<object>): Promise<KeyedRun> {
  const found = await begun
  assert.ok('run' in found, 'it was to run')
  return found.run as KeyedRun
}

test('the answer is given again, and its bytes are the same', async (t) => {
  const idempotency = createBench(t).open()
  const body = Buffer.from([0, 255, 128, 10])
  await (await runOf(idempotency.begin(request('a')))).keep({ ...answer(''), body })
  assert.deepEqual(await idempotency.begin(request('b')), {
    answer: { ...answer(''), body },
    requestId: 'a',
  })
})

test('a key that runs is in use, with another body it is refused, and released it runs again', async (t) => {
  const idempotency = createBench(t).open()
  const run = await runOf(idempotency.begin(request('a')))
  await assert.rejects(idempotency.begin(request('b')), {
    code: 'idempotency_key_in_use',
    retryAfterMs: 1000,
  })
  await assert.rejects(idempotency.begin(request('c', { bodySha256: 'bb' })), {
    code: 'idempotency_key_reused',
  })
  await run.release()
  const again = await runOf(idempotency.begin(request('d', { bodySha256: 'bb' })))
  await again.keep(answer('yes'))
  await assert.rejects(idempotency.begin(request('e')), { code: 'idempotency_key_reused', status: 422 })
})

test('a key is of one caller and one route', async (t) => {
  const idempotency = createBench(t).open()
  await (await runOf(idempotency.begin(request('a')))).keep(answer('mine'))
  for (const other of [
    { org: 'other' },
    { keyId: 'key-2' },
    { route: 'POST /v1/embeddings' },
    { key: 'x' },
  ]) {
    const run = await runOf(idempotency.begin(request(JSON.stringify(other), other)))
    await run.release()
  }
})

test('keys of 1 to 255 characters', async (t) => {
  const idempotency = createBench(t).open()
  await (await runOf(idempotency.begin(request('a', { key: 'x'.repeat(255) })))).release()
  for (const key of ['', 'x'.repeat(256)]) {
    await assert.rejects(idempotency.begin(request('b', { key })), { code: 'invalid_request' })
  }
})

test('a day later the key is free', async (t) => {
  const bench = createBench(t)
  const idempotency = bench.open()
  await (await runOf(idempotency.begin(request('a')))).keep(answer('yes'))
  bench.clock.advance(ttlMs - 1)
  assert.ok('answer' in (await idempotency.begin(request('b'))))
  bench.clock.advance(1)
  await (await runOf(idempotency.begin(request('c', { bodySha256: 'bb' })))).release()
})

test('a run that ended with its process is taken over after its lease; one that lives is not', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const bench = createBench(t)
  const idempotency = bench.open()
  const alive = await runOf(idempotency.begin(request('a')))
  for (let n = 0; n < 6; n++) {
    bench.clock.advance(20_000)
    t.mock.timers.tick(20_000)
  }
  await assert.rejects(idempotency.begin(request('b')), { code: 'idempotency_key_in_use' })
  void idempotency.close() // nothing renews any more, as after kill -9
  const next = bench.open()
  bench.clock.advance(60_000)
  const run = await runOf(next.begin(request('c')))
  // What the first one brings after all is not what the second one's repeats get.
  await alive.keep(answer('late'))
  await alive.release()
  await run.keep(answer('own'))
  assert.deepEqual(await next.begin(request('d')), { answer: answer('own'), requestId: 'c' })
})

test('an answer that is too large is not kept', async (t) => {
  const bench = createBench(t)
  const idempotency = bench.open()
  await (await runOf(idempotency.begin(request('a')))).keep(answer('x'.repeat(1001)))
  assert.equal(bench.count(), 0)
  await (await runOf(idempotency.begin(request('b')))).keep(answer('x'.repeat(1000)))
  assert.ok('answer' in (await idempotency.begin(request('c'))))
})

test('what is beyond the bounds is deleted, the oldest first, and what has expired', async (t) => {
  const bench = createBench(t)
  const idempotency = bench.open()
  const { store } = bench
  for (let n = 0; n < 30; n++) {
    const run = await runOf(idempotency.begin(request(`r${n}`, { key: `k${n}` })))
    await run.keep(answer('x'.repeat(500)))
    bench.clock.advance(1)
  }
  const nowMs = bench.clock.nowMs()
  assert.equal(await store.prune(nowMs, { maxAnswers: 20, maxBytes: 1e9 }, 100), 10)
  await (await runOf(idempotency.begin(request('again', { key: 'k9' })))).release()
  assert.ok('answer' in (await idempotency.begin(request('there', { key: 'k10' }))))
  const bytes = Number(
    bench.database.prepare('select max(answer_bytes) b from idempotency_claims').get()?.['b'],
  )
  assert.equal(await store.prune(nowMs, { maxAnswers: 20, maxBytes: bytes * 5 }, 100), 15)
  assert.equal(await store.prune(nowMs + ttlMs, { maxAnswers: 20, maxBytes: 1e9 }, 2), 2)
  assert.equal(await store.prune(nowMs + ttlMs, { maxAnswers: 20, maxBytes: 1e9 }, 100), 3)
  assert.equal(bench.count(), 0)
})

test('neither the key nor the answer can be read in the file, and a changed row is no answer', async (t) => {
  const bench = createBench(t)
  const idempotency = bench.open()
  await (await runOf(idempotency.begin(request('a')))).keep(answer('secret canary'))
  bench.database.exec('pragma wal_checkpoint(truncate)')
  const kept = readFileSync(bench.file).toString('latin1')
  for (const canary of ['order-66', 'secret canary', Buffer.from('secret canary').toString('base64')])
    assert.ok(!kept.includes(canary), canary)
  bench.database.exec('update idempotency_claims set expires_at_ms = expires_at_ms + 1')
  await assert.rejects(idempotency.begin(request('b')), /could not be read/)
})

test('closing waits for the deletion that is under way', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  const bench = createBench(t)
  const pruning = Promise.withResolvers<number>()
  const idempotency = bench.open({ store: { ...bench.store, prune: () => pruning.promise } })
  t.mock.timers.tick(60_000)
  let isClosed = false
  const closed = idempotency.close().then(() => (isClosed = true))
  await Promise.resolve()
  assert.equal(isClosed, false)
  pruning.resolve(0)
  await closed
})
