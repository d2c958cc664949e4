/** A dispatcher over the real rows: what it asks the store for, what it holds in memory, and what processes' ends do. */

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { type Batch, noUsage, suspectAfter } from '../../src/batch/batch.ts'
import type { ReadyLine } from '../../src/batch/batch-input.ts'
import { Dispatcher, type DispatcherParts } from '../../src/batch/dispatcher.ts'
import { openFileFolder } from '../../src/batch/file-folder.ts'
import type { BatchStore, Lease } from '../../src/batch/port.ts'
import { createStoreQueue } from '../../src/batch/store-queue.ts'
import { createTryLine } from '../../src/batch/try-line.ts'
import type { TryOutcome } from '../../src/batch/try-outcome.ts'
import { systemClock } from '../../src/core/clock.ts'
import { parseJson } from '../../src/core/json.ts'
import { createBatchStore } from '../../src/storage/sql/batch-store.ts'
import { migrations } from '../../src/storage/sql/migrations.ts'
import { openSqlite } from '../../src/storage/sql/sqlite.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'
import { plainBatch } from '../support/plain-batch.ts'

const holder = 'instance'
const leaseOf = () => ({ holder, nowMs: Date.now(), leaseMs: 60_000 })

async function openStore(t: TestContext) {
  const root = createTemporaryFolder()
  const database = openSqlite(join(root, 'weir.sqlite'), migrations, systemClock)
  const dispatchers: Dispatcher[] = []
  t.after(async () => {
    await Promise.all(dispatchers.map((dispatcher) => dispatcher.close(AbortSignal.abort())))
    await database.close()
  })
  const start = (parts: DispatcherParts) => {
    const dispatcher = new Dispatcher(parts)
    dispatchers.push(dispatcher)
    return dispatcher
  }
  const store = createBatchStore(database)
  const folder = openFileFolder(join(root, 'files'))
  /** Each text is the whole of one body. */
  const add = async (id: string, texts: readonly string[]): Promise<Batch> => {
    const lines = texts.map((text, n) =>
      JSON.stringify({
        custom_id: `${id}-${n}`,
        method: 'POST',
        url: '/v1/chat/completions',
        body: { model: 'm', text },
      }),
    )
    const batch = { ...template, id, inputFileId: `file-${id}`, total: lines.length }
    writeFileSync(join(root, 'files', batch.inputFileId), lines.join('\n'))
    await store.create(batch)
    let offset = 0
    const places = lines.map((line, n) => {
      const place = { line: n + 1, offset, bytes: Buffer.byteLength(line) }
      offset += place.bytes + 1
      return place
    })
    await store.addLines(id, places)
    return batch
  }
  return { store, folder, add, start }
}

function partsOf(
  store: BatchStore,
  more: Partial<DispatcherParts> & Pick<DispatcherParts, 'folder' | 'tryLine'>,
) {
  return {
    queue: createStoreQueue(store),
    clock: systemClock,
    random: () => 0.5,
    leaseOf,
    maxRunning: () => 8,
    parse: (text: Buffer) => parseJson(text.toString()) ?? null,
    waysOf: () => [],
    claimSuspects: store.claimSuspects,
    findDue: store.findDue,
    extend: store.extend,
    giveBack: (id: string, lines: Parameters<BatchStore['giveBack']>[2]) => store.giveBack(id, holder, lines),
    giveBackOthers: (id: string, lines: readonly number[]) => store.giveBackOthers(id, leaseOf(), lines),
    hold: (id: string, lines: Parameters<BatchStore['hold']>[2]) => store.hold(id, leaseOf(), lines),
    onProgress: () => undefined,
    onError: (cause: unknown) => assert.fail(String(cause)),
    ...more,
  } satisfies DispatcherParts
}

test('a line that ends its process is given up; one of another batch that shared each process is answered', async (t) => {
  const { store, folder, add, start } = await openStore(t)
  const batches = [await add('poison', ['poison']), await add('long', ['long'])]
  const results = new Map<string, boolean>()
  const gone = Promise.withResolvers<never>()
  gone.promise.catch(() => undefined)
  let processes = 0
  while (results.size < 2) {
    assert.ok(++processes < 12, `${[...results]}`)
    await store.releaseAll(holder, Date.now())
    let isDead = false
    const killed = Promise.withResolvers<void>()
    const tryLine = createTryLine({
      async makeRequest(_batch, { customId }) {
        if (customId === 'poison-0') {
          isDead = true
          killed.resolve()
        }
        // Long enough for all that would be begun beside it.
        const endsAt = Date.now() + 600
        await until('its answer', () => isDead || Date.now() > endsAt || undefined)
        return isDead
          ? gone.promise
          : { answer: { requestId: 'r', status: 200, body: {} }, costNanoUsd: 0, usage: noUsage }
      },
      results: {
        async append(id, { line, isError, costNanoUsd, usage }) {
          const settled = { line, isError, costNanoUsd, usage, part: 'p', offset: 0, bytes: 1 }
          const batch = await store.settle(id, holder, [settled], Date.now())
          results.set(id, isError)
          return batch
        },
      },
      worstCase: async () => undefined,
      random: () => 0.5,
      maxTries: () => 3,
    })
    const dispatcher = start(
      partsOf(store, {
        folder,
        tryLine,
        // A dead process gives nothing back.
        onError: () => undefined,
        giveBack: (id, lines) => (isDead ? gone.promise : store.giveBack(id, holder, lines)),
      }),
    )
    const open = batches.filter(({ id }) => !results.has(id))
    const look = () => {
      void dispatcher.update(open)
      return results.size === batches.length ? true : undefined
    }
    await Promise.race([until('the results', look, 20_000), killed.promise])
    void dispatcher.close(AbortSignal.abort())
  }
  gone.reject(new Error('the process is gone'))
  assert.deepEqual(Object.fromEntries(results), { poison: true, long: false })
})

test('batches that wait with all that they have cost the store next to nothing', async (t) => {
  const { store, folder, add, start } = await openStore(t)
  const batches: Batch[] = []
  for (let n = 0; n < 30; n++) batches.push(await add(`one-${n}`, ['x']))
  const later = Date.now() + 3_600_000
  for (const { id } of batches.slice(10)) {
    await store.claim(id, 1, leaseOf())
    await store.giveBack(id, holder, [{ line: 1, dueAtMs: later, tries: 0 }])
  }
  let statements = 0
  const counted = <A extends unknown[], R>(work: (...of: A) => R) => {
    return (...of: A): R => {
      statements++
      return work(...of)
    }
  }
  let running = 0
  let nowMs = 0
  const dispatcher = start(
    partsOf(store, {
      folder,
      clock: { ...systemClock, monotonicMs: () => nowMs },
      maxRunning: () => 100,
      queue: {
        ...createStoreQueue(store),
        take: counted((id, limit, lease) => store.claim(id, limit, lease)),
      },
      claimSuspects: counted(store.claimSuspects),
      findDue: counted(store.findDue),
      async tryLine(_batch, _line, { signal }) {
        running++
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        return { kind: 'left', waitMs: 0 }
      },
    }),
  )
  await dispatcher.update(batches)
  await until('ten under way', () => (running === 10 && statements >= 30 ? true : undefined))
  const before = statements
  for (let look = 0; look < 20; look++) {
    nowMs += 500
    await dispatcher.update(batches)
    await store.findDue([], 0)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.ok(statements - before <= 21, `${statements - before} statements in 20 looks at 30 batches`)
})

test('of large lines only so many are taken as there is memory for, and all are done', async (t) => {
  const { store, folder, add, start } = await openStore(t)
  const mebibytes = 3
  const batch = await add(
    'large',
    Array.from({ length: 12 }, () => 'x'.repeat(mebibytes * 1024 * 1024)),
  )
  let mostAtOnce = 0
  const done: number[] = []
  let parsed = 0
  const dispatcher = start(
    partsOf(store, {
      folder,
      maxRunning: () => 1,
      parse(text) {
        parsed += text.length
        return parseJson(text.toString()) ?? null
      },
      async tryLine({ id }, { line, request }: ReadyLine) {
        assert.equal(request?.customId, `large-${line - 1}`)
        mostAtOnce = Math.max(mostAtOnce, await store.underWay(id, Date.now()))
        const settled = {
          line,
          isError: false,
          costNanoUsd: 0,
          usage: noUsage,
          part: 'p',
          offset: 0,
          bytes: 1,
        }
        const now = await store.settle(id, holder, [settled], Date.now())
        done.push(line)
        return { kind: 'done', batch: now }
      },
    }),
  )
  void dispatcher.update([batch])
  await until('all of them', () => {
    dispatcher.pump()
    return done.length === batch.total ? true : undefined
  })
  // Two are ready within 8 MiB, one is under way, and one more may have been taken as that began.
  assert.ok(mostAtOnce <= 4, `${mostAtOnce} of 12`)
  // Once to know where it may go, and once as it begins.
  assert.ok(parsed <= 2 * batch.total * (mebibytes + 1) * 1024 * 1024)
})

/** Lines that are under way until the test ends them, one after another. */
class HeldLines {
  readonly begun: string[] = []
  readonly #store: BatchStore
  readonly #ends: (() => void)[] = []

  constructor(store: BatchStore) {
    this.#store = store
  }

  readonly tryLine: DispatcherParts['tryLine'] = async ({ id }, { line }, { signal }) => {
    this.begun.push(`${id} ${line}`)
    await new Promise<void>((resolve) => {
      this.#ends.push(resolve)
      signal.addEventListener('abort', () => resolve())
    })
    if (signal.aborted) return { kind: 'left', waitMs: 0 } satisfies TryOutcome
    return { kind: 'done', batch: await this.#store.settle(id, holder, [settledLine(line)], Date.now()) }
  }

  /** Ends the one that began first. */
  endOne(): void {
    this.#ends.shift()!()
  }
}

function settledLine(line: number) {
  return { line, isError: false, costNanoUsd: 0, usage: noUsage, part: 'p', offset: 0, bytes: 1 }
}

test('what has not begun when its lease has ended is not begun: another instance may have it', async (t) => {
  const { store, folder, add, start } = await openStore(t)
  const batch = await add('stalled', ['1', '2', '3', '4', '5'])
  let nowMs = 1_000_000
  const leaseAt = (who: string) => ({ holder: who, nowMs, leaseMs: 60_000 })
  const lines = new HeldLines(store)
  const parts = { folder, tryLine: lines.tryLine, maxRunning: () => 1, leaseOf: () => leaseAt(holder) }
  const dispatcher = start(partsOf(store, parts))
  await dispatcher.update([batch])
  await until('the first', () => (lines.begun.length === 1 ? true : undefined))
  // Prolonged once, as by each beat of the heart; then the process stands still.
  nowMs += 59_999
  await dispatcher.prolong()
  nowMs += 59_999
  assert.deepEqual(await store.claim(batch.id, 9, leaseAt('other')), [])
  nowMs += 1
  const taken = await store.claim(batch.id, 9, leaseAt('other'))
  assert.equal(taken.length, 5)
  lines.endOne()
  await dispatcher.prolong()
  await store.settle(batch.id, 'other', [2, 3, 4].map(settledLine), nowMs)
  await store.giveBack(batch.id, 'other', [{ line: 5, tries: 0, dueAtMs: nowMs }])
  await until('the line that the other gave back', () => {
    dispatcher.pump()
    return lines.begun.length > 1 ? true : undefined
  })
  assert.deepEqual(lines.begun, ['stalled 1', 'stalled 5'])
  lines.endOne()
})

test('a line that is under way here is not begun a second time when its lease has ended', async (t) => {
  const { store, folder, add, start } = await openStore(t)
  const batch = await add('long', ['1', '2'])
  let nowMs = 1_000_000
  await store.claim(batch.id, 1, { holder: 'other', nowMs, leaseMs: 3_600_000 }, [2])
  const lines = new HeldLines(store)
  const leaseOfNow = () => ({ holder, nowMs, leaseMs: 60_000 })
  const dispatcher = start(partsOf(store, { folder, tryLine: lines.tryLine, leaseOf: leaseOfNow }))
  await dispatcher.update([batch])
  await until('its beginning', () => (lines.begun.length === 1 ? true : undefined))
  nowMs += 60_000
  const pumpUntil = (what: string, isSo: () => boolean) =>
    until(what, () => {
      dispatcher.pump()
      return isSo() ? true : undefined
    })
  dispatcher.pump()
  await store.giveBack(batch.id, 'other', [{ line: 2, tries: 0, dueAtMs: nowMs }])
  await pumpUntil('the other line', () => lines.begun.includes('long 2'))
  assert.deepEqual(lines.begun, ['long 1', 'long 2'])
  lines.endOne()
  lines.endOne()
})

test('lines that the store gave and the network lost are given back, and no others', async (t) => {
  const { store, folder, add, start } = await openStore(t)
  const batch = await add(
    'cut',
    Array.from({ length: 6 }, () => 'x'),
  )
  const lines = new HeldLines(store)
  const taken: number[][] = []
  const errors: unknown[] = []
  const queue = {
    ...createStoreQueue(store),
    async take(id: string, _limit: number, lease: Lease) {
      const claims = await store.claim(id, 2, lease)
      taken.push(claims.map(({ line }) => line))
      if (taken.length === 2) throw new Error('the answer is lost')
      return claims
    },
  }
  const onError = (cause: unknown) => errors.push(cause)
  const dispatcher = start(partsOf(store, { folder, tryLine: lines.tryLine, queue, onError }))
  await until('all of them', async () => {
    // As each look does, and each beat of the heart.
    await dispatcher.update([batch])
    await dispatcher.prolong()
    return lines.begun.length === batch.total ? true : undefined
  })
  assert.deepEqual(taken.slice(0, 2), [
    [1, 2],
    [3, 4],
  ])
  assert.deepEqual(
    lines.begun.toSorted(),
    [1, 2, 3, 4, 5, 6].map((line) => `cut ${line}`),
  )
  assert.equal(errors.length, 1)
  assert.equal(await store.underWay(batch.id, Date.now()), batch.total)
})

test('a suspect waits for a moment without other lines for a minute, and is then given one', async (t) => {
  const { store, folder, add, start } = await openStore(t)
  const batches = [
    await add(
      'busy',
      Array.from({ length: 40 }, () => 'x'),
    ),
    await add('suspect', ['x']),
  ]
  for (let end = 0; end < suspectAfter; end++) {
    await store.claim('suspect', 1, leaseOf())
    await store.releaseAll(holder, Date.now())
  }
  let nowMs = 0
  let searches = 0
  const lines = new HeldLines(store)
  const dispatcher = start(
    partsOf(store, {
      folder,
      tryLine: lines.tryLine,
      maxRunning: () => 2,
      clock: { ...systemClock, monotonicMs: () => nowMs },
      async findDue(...query) {
        const found = await store.findDue(...query)
        searches++
        return found
      },
    }),
  )
  const begunAre = (count: number) =>
    until(`${count} lines`, () => {
      dispatcher.pump()
      return lines.begun.length === count ? true : undefined
    })
  await dispatcher.update(batches)
  await begunAre(2)
  await until('the search that finds the suspect', () => (searches === 1 ? true : undefined))
  for (nowMs = 10_000; nowMs < 60_000; nowMs += 10_000) {
    const { length } = lines.begun
    lines.endOne()
    await begunAre(length + 1)
  }
  assert.deepEqual(
    lines.begun.filter((line) => line.startsWith('suspect')),
    [],
  )
  const { length } = lines.begun
  nowMs = 60_000
  dispatcher.pump()
  lines.endOne()
  lines.endOne()
  await until('the suspect', () => {
    nowMs += 250
    dispatcher.pump()
    return lines.begun.length > length ? true : undefined
  })
  assert.deepEqual(lines.begun.slice(length), ['suspect 1'])
  // By itself, until it has ended.
  assert.equal(await store.underWay('busy', Date.now()), 0)
  lines.endOne()
  await until('the others', () => {
    nowMs += 250
    dispatcher.pump()
    return lines.begun.length === length + 3 ? true : undefined
  })
})

const template: Batch = { ...plainBatch, id: '', dialect: 'deferred', inputFileId: '', expiresAtMs: 9e15 }
