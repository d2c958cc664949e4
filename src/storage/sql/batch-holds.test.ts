/** What a batch has cost and what its lines hold are never more than its bound, and never less than what calls have cost. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { testStore } from '../../../test/support/databases.ts'
import { plainBatch } from '../../../test/support/plain-batch.ts'
import type { Batch, BatchStore, Lease, SettledLine } from '../../batch/port.ts'
import { createBatchJobStore } from './batch-job-store.ts'
import { createBatchStore } from './batch-store.ts'

const numRuns = process.env['WEIR_PROVE'] === '1' ? 1000 : 12
const leaseMs = 1000
const lease = (holder: string, nowMs: number): Lease => ({ holder, nowMs, leaseMs })
const result = (line: number, costNanoUsd: number): SettledLine => ({
  line,
  isError: false,
  costNanoUsd,
  usage: { inputTokens: 0, cacheReadTokens: 0, outputTokens: 0, reasoningTokens: 0 },
  part: 'p',
  offset: line * 100,
  bytes: 90,
})

async function openBatch(store: BatchStore, lines: number, maxNanoUsd: number): Promise<Batch> {
  const batch = { ...plainBatch, total: lines, maxNanoUsd }
  await store.create(batch)
  await store.addLines(
    batch.id,
    Array.from({ length: lines }, (_, n) => ({ line: n + 1, offset: n * 10, bytes: 9 })),
  )
  return batch
}

testStore('lines hold what they may cost until they have cost it', async (database) => {
  const store = createBatchStore(database)
  const { id } = await openBatch(store, 5, 100)
  const hold = async (holder: string, line: number, nanoUsd: number, nowMs = 1000) =>
    (await store.hold(id, lease(holder, nowMs), [{ line, nanoUsd }])).answers.get(line)
  const money = async () => {
    const { costNanoUsd, heldNanoUsd } = (await store.get('default', id))!
    return [costNanoUsd, heldNanoUsd]
  }
  await store.claim(id, 2, lease('a', 1000))
  await store.claim(id, 2, lease('b', 1000))
  const wishes = [1, 2, 3].map((line) => ({ line, nanoUsd: 30 }))
  const { answers, batch } = await store.hold(id, lease('a', 1000), wishes)
  assert.deepEqual([...answers.values()], ['held', 'held', 'lost'])
  assert.deepEqual([batch.costNanoUsd, batch.heldNanoUsd], [0, 60])
  assert.equal(await hold('b', 3, 41), 'short')
  assert.equal(await hold('b', 3, 40), 'held')
  // For a further call of the same line.
  assert.equal(await hold('a', 1, 1), 'short')
  await store.settle(id, 'a', [result(2, 7)], 1100)
  assert.deepEqual(await money(), [7, 70])
  assert.equal(await hold('a', 1, 23), 'held')
  const after = await store.giveBack(id, 'a', [{ line: 1, dueAtMs: 1100, tries: 1, spentNanoUsd: 3 }])
  assert.deepEqual([after?.costNanoUsd, after?.heldNanoUsd], [10, 40])
  const unheld = await store.giveBack(id, 'b', [{ line: 4, dueAtMs: 1100, tries: 0 }])
  assert.equal(unheld, undefined)
})

testStore(
  'what a line held that another instance takes, or that is left at the end, is spent',
  async (database) => {
    const store = createBatchStore(database)
    const { id } = await openBatch(store, 3, 100)
    const hold = async (holder: string, line: number, nanoUsd: number, nowMs: number) =>
      (await store.hold(id, lease(holder, nowMs), [{ line, nanoUsd }])).answers.get(line)
    const money = async () => {
      const { costNanoUsd, heldNanoUsd } = (await store.get('default', id))!
      return [costNanoUsd, heldNanoUsd]
    }
    await store.claim(id, 3, lease('a', 1000))
    assert.equal(await hold('a', 1, 40, 1000), 'held')
    assert.equal(await hold('a', 2, 10, 1000), 'held')
    await store.claim(id, 1, lease('b', 2000), [1])
    assert.deepEqual(await money(), [40, 10])
    assert.equal(await hold('b', 1, 30, 2000), 'held')
    // Who lost it neither holds more, nor gives back what the other holds.
    assert.equal(await hold('a', 1, 5, 2000), 'lost')
    await store.giveBack(id, 'a', [{ line: 1, dueAtMs: 0, tries: 1, spentNanoUsd: 9 }])
    assert.deepEqual(await money(), [40, 40])
    // Its result counts, what it cost is charged already, and the other's call is under way all the same.
    await store.settle(id, 'a', [result(1, 4)], 2100)
    assert.deepEqual(await money(), [40, 40])
    await store.settle(id, 'b', [result(1, 30)], 2100)
    assert.deepEqual(await money(), [40, 40])
    // Nobody is under way that could give anything back: the lease of the second line has ended.
    assert.equal(await hold('b', 3, 21, 2100), 'never')
    await store.claim(id, 1, lease('b', 2100), [3])
    assert.equal(await hold('b', 3, 20, 2100), 'held')
    assert.equal(await hold('b', 3, 1, 2100), 'short')
    await store.change(id, ['in_progress'], { status: 'finalizing', stop: 'max_usd' })
    assert.deepEqual(await money(), [40, 60])
    await store.change(id, ['finalizing'], { status: 'completed', endedAtMs: 2200 })
    assert.deepEqual(await money(), [100, 0])
    await store.giveBack(id, 'b', [{ line: 3, dueAtMs: 0, tries: 0, spentNanoUsd: 1 }])
    assert.equal(await hold('b', 3, 0, 2200), 'lost')
    assert.deepEqual(await money(), [100, 0])
  },
)

testStore('what jobs at providers may cost is held too, for as long as they are there', async (database) => {
  const [store, jobs] = [createBatchStore(database), createBatchJobStore(database)]
  const batch = { ...plainBatch, isNative: true, total: 2, maxNanoUsd: 100 }
  await store.create(batch)
  await store.addLines(
    batch.id,
    [1, 2].map((line) => ({ line, offset: line, bytes: 1 })),
  )
  const job = {
    id: 'job_1',
    org: batch.org,
    batchId: batch.id,
    provider: 'openai',
    model: 'm',
    credential: 'c',
    endpoint: '/v1/chat/completions',
    state: 'new',
    lines: 1,
    reservedNanoUsd: 60,
    tries: 0,
    isCancelled: false,
    createdAtMs: 1000,
    dueAtMs: 0,
  } as const
  await jobs.create(job, [1])
  await store.claim(batch.id, 1, lease('a', 1000))
  const hold = async (nanoUsd: number) =>
    (await store.hold(batch.id, lease('a', 1000), [{ line: 2, nanoUsd }])).answers.get(2)
  assert.equal(await hold(41), 'short')
  assert.equal(await hold(40), 'held')
  await jobs.remove(job, 1000)
  assert.equal(await hold(60), 'held')
})

testStore('instances that hold at the same moment never hold more than the bound', async (database) => {
  const store = createBatchStore(database)
  const { id } = await openBatch(store, 60, 100)
  await Promise.all(
    Array.from({ length: 60 }, async (_, n) => {
      const holder = `i${n % 2}`
      const [claim] = await store.claim(id, 1, lease(holder, 1000), [n + 1])
      const { line } = claim!
      const { answers } = await store.hold(id, lease(holder, 1000), [{ line, nanoUsd: 9 }])
      if (answers.get(line) !== 'held') return
      if (n % 3 > 0) await store.settle(id, holder, [result(line, 1)], 1000)
      else await store.giveBack(id, holder, [{ line, dueAtMs: 1000, tries: 0, spentNanoUsd: 2 }])
    }),
  )
  const { costNanoUsd, heldNanoUsd } = (await store.get('default', id))!
  assert.ok(costNanoUsd > 0 && costNanoUsd <= 100, `${costNanoUsd}`)
  assert.equal(heldNanoUsd, 0)
})

/** One line at one instance, from its claim on; `spent` is what its calls have cost in truth. */
interface Try {
  readonly holder: string
  readonly line: number
  held: number
  spent: number
}

const whats = ['claim', 'hold', 'settle', 'giveBack', 'crash', 'lapse'] as const
const steps = fc.array(
  fc.record({
    what: fc.constantFrom<(typeof whats)[number]>('claim', 'claim', 'hold', 'hold', 'hold', ...whats),
    /** Of the instances, or of the tries that are under way. */
    pick: fc.nat(11),
    nanoUsd: fc.integer({ min: 10, max: 70 }),
  }),
  { minLength: 15, maxLength: 50 },
)

/** Two instances at the lines of one batch. */
class World {
  readonly maxNanoUsd = 200
  /**
   * A line went to the other instance and came back, while its first try was under way all the time: what that held was
   * charged, and what it has cost is counted once more.
   */
  hasReturned = false
  readonly #store: BatchStore
  readonly #id: string
  #tries: Try[] = []
  #nowMs = 1000
  /** What calls have cost of which nobody will tell any more. */
  #untoldNanoUsd = 0

  constructor(store: BatchStore, id: string) {
    this.#store = store
    this.#id = id
  }

  async open(): Promise<void> {
    await this.#store.create({ ...plainBatch, id: this.#id, total: 2, maxNanoUsd: this.maxNanoUsd })
    const lines = [1, 2].map((line) => ({ line, offset: line, bytes: 1 }))
    await this.#store.addLines(this.#id, lines)
  }

  /** What all calls that were made may have cost in the end. */
  get mayCostNanoUsd(): number {
    return this.#tries.reduce((sum, { held }) => sum + held, this.#untoldNanoUsd)
  }

  async take({ what, pick, nanoUsd }: { what: (typeof whats)[number]; pick: number; nanoUsd: number }) {
    const holder = pick % 2 === 0 ? 'a' : 'b'
    if (what === 'lapse') this.#nowMs += leaseMs
    else if (what === 'claim') await this.#claim(holder)
    else if (what === 'crash') await this.#crash(holder)
    else if (this.#tries.length > 0) await this.#goOn(what, this.#tries[pick % this.#tries.length]!, nanoUsd)
  }

  async #claim(holder: string): Promise<void> {
    const claims = await this.#store.claim(this.#id, 1, lease(holder, this.#nowMs))
    for (const { line } of claims) {
      if (this.#tries.some((each) => each.holder === holder && each.line === line)) this.hasReturned = true
      else this.#tries.push({ holder, line, held: 0, spent: 0 })
    }
  }

  /** Its calls go on at the provider, and cost all that they can. */
  async #crash(holder: string): Promise<void> {
    for (const each of this.#tries) if (each.holder === holder) this.#untoldNanoUsd += each.held
    this.#tries = this.#tries.filter((each) => each.holder !== holder)
    await this.#store.releaseAll(holder, this.#nowMs)
  }

  async #goOn(what: 'hold' | 'settle' | 'giveBack', course: Try, nanoUsd: number): Promise<void> {
    const { holder, line, spent } = course
    if (what === 'hold') {
      const wishes = [{ line, nanoUsd }]
      const { answers } = await this.#store.hold(this.#id, lease(holder, this.#nowMs), wishes)
      if (answers.get(line) !== 'held') return
      course.held += nanoUsd
      course.spent += Math.floor(nanoUsd / 2)
      return
    }
    this.#tries.splice(this.#tries.indexOf(course), 1)
    this.#untoldNanoUsd += spent
    const back = { line, dueAtMs: this.#nowMs, tries: 0, spentNanoUsd: spent }
    if (what === 'giveBack') await this.#store.giveBack(this.#id, holder, [back])
    else await this.#store.settle(this.#id, holder, [result(line, spent)], this.#nowMs)
  }
}

testStore(
  'whatever instances do and whenever they are killed, all calls together stay within the bound',
  async (database) => {
    const store = createBatchStore(database)
    let runs = 0
    const property = fc.asyncProperty(steps, async (made) => {
      const id = `batch-${runs++}`
      const world = new World(store, id)
      await world.open()
      for (const step of made) {
        await world.take(step)
        const { costNanoUsd, heldNanoUsd } = (await store.get(plainBatch.org, id))!
        assert.ok(costNanoUsd >= 0 && heldNanoUsd >= 0)
        const isBounded = costNanoUsd + heldNanoUsd <= world.maxNanoUsd || world.hasReturned
        assert.ok(isBounded, `${costNanoUsd} and ${heldNanoUsd}`)
        const { mayCostNanoUsd } = world
        assert.ok(
          mayCostNanoUsd <= costNanoUsd + heldNanoUsd,
          `${mayCostNanoUsd} of ${costNanoUsd} and ${heldNanoUsd}`,
        )
      }
    })
    await fc.assert(property, { numRuns })
  },
)
