/** What operators hear: of prices between two looks, of those announced, and of models that end, with what to use instead. */

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { handClock } from '../../test/support/routing.ts'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import { createPriceMemoryFile } from '../storage/price-memory-file.ts'
import type { Catalogue } from './catalogue.ts'
import { toPeriod } from './list-price.ts'
import type { ModelInfo } from './model.ts'
import { compareWithMemory, type Notice, noticesOf, toldNotice } from './notices.ts'
import type { PriceTable } from './price.ts'
import { takeSnapshot } from './snapshot.ts'
import { createModelWatch } from './watch.ts'

const nowMs = Date.UTC(2026, 5, 1)
const dayMs = 86_400_000
const price = (input: number): PriceTable => ({ periods: [toPeriod({ input, output: 2 })] })
const model = (name: string, more: Partial<ModelInfo> = {}): ModelInfo => {
  const [provider = '', id = ''] = name.split('/')
  return { provider, id, capabilities: {}, price: price(1), ...more }
}

function catalogueOf(models: readonly ModelInfo[]): Catalogue {
  const list = (provider: string) => models.filter((each) => each.provider === provider)
  return {
    providers: [...new Set(models.map(({ provider }) => provider))],
    list,
    lookup: (provider, id) => list(provider).find((each) => each.id === id),
  }
}

const snapshotOf = (...models: readonly ModelInfo[]) => takeSnapshot(catalogueOf(models))

test('two looks show what has changed; a first look, and a provider that comes or goes, show nothing', () => {
  const first = compareWithMemory(undefined, snapshotOf(model('p/a'), model('p/b'), model('gone/c')), nowMs)
  assert.deepEqual([first.isNew, first.memory.changes], [true, []])
  const same = compareWithMemory(first.memory, snapshotOf(model('p/a'), model('p/b'), model('gone/c')), nowMs)
  assert.equal(same.isNew, false)
  const stored = JSON.parse(JSON.stringify(first.memory)) as typeof first.memory
  const changed = snapshotOf(model('p/a', { price: price(3) }), model('p/new'), model('came/d'))
  const next = compareWithMemory(stored, changed, nowMs + dayMs)
  assert.deepEqual(
    next.memory.changes.map(({ model: name, before, after }) => [
      name,
      before !== undefined,
      after !== undefined,
    ]),
    [
      ['p/a', true, true],
      ['p/b', true, false],
      ['p/new', false, true],
    ],
  )
  const later = compareWithMemory(next.memory, snapshotOf(model('p/a')), nowMs + 92 * dayMs)
  assert.deepEqual(
    later.memory.changes.map(({ model: name }) => name),
    ['p/a', 'p/new'],
    'what is older than 90 days is forgotten',
  )
})

const told = (notices: readonly Notice[]) => notices.map((notice) => toldNotice(notice))

test('endings come with their successors, those in use first and however long ago', () => {
  const models = [
    model('p/soon', { retiresAtMs: nowMs + 10 * dayMs, successor: 'next' }),
    model('p/between', { retiresAtMs: nowMs - 200 * dayMs, successor: 'next' }),
    model('p/later', { retiresAtMs: nowMs + 91 * dayMs }),
    model('p/past', { retiresAtMs: nowMs - dayMs }),
    model('p/long-past', { retiresAtMs: nowMs - 400 * dayMs }),
    model('p/used', { retiresAtMs: nowMs - 400 * dayMs, successor: 'between' }),
  ]
  const parts = { models, inUse: new Set(['p/used', 'p/soon']), changes: [], nowMs, days: 90 }
  assert.deepEqual(told(noticesOf(parts)), [
    'p/used is retired since 2025-04-27; use next instead',
    'p/soon retires on 2026-06-11; use next instead',
    'p/past is retired since 2026-05-31',
  ])
})

test('a price that is announced is told before its day, and one that has changed after it', () => {
  const announced: PriceTable = {
    periods: [
      toPeriod({ input: 1, output: 2 }),
      { ...toPeriod({ input: 2, output: 4 }), fromMs: nowMs + dayMs },
    ],
  }
  const changes = [{ atMs: nowMs - dayMs, model: 'p/b', before: price(1), after: price(3) }]
  const parts = {
    models: [model('p/a', { price: announced })],
    inUse: new Set(['p/b']),
    changes,
    nowMs,
    days: 90,
  }
  const notices = noticesOf(parts)
  assert.deepEqual(told(notices), [
    'the price of p/b has changed (noticed 2026-05-31)',
    'the price of p/a changes on 2026-06-02',
  ])
  const [, coming] = notices
  assert.equal(coming!.before!.periods[0].tiers[0].rates.input, 1_000_000_000)
  assert.equal(coming!.after!.periods[0].tiers[0].rates.input, 2_000_000_000)
  assert.deepEqual(noticesOf({ ...parts, nowMs: nowMs + 365 * dayMs }), [])
})

test('the watch remembers over a restart, tells of models in use alone, and gets over a spoilt file', async (t) => {
  const file = join(createTemporaryFolder(), 'prices.json')
  const clock = handClock(nowMs)
  let models = [model('p/a'), model('p/b', { retiresAtMs: nowMs + 10 * dayMs })]
  const seen: string[] = []
  const errors: unknown[] = []
  const open = () => {
    const watch = createModelWatch({
      catalogue: async () => catalogueOf(models),
      providers: () => ['p'],
      inUse: () => new Set(['p/a']),
      store: createPriceMemoryFile(file),
      clock,
      onNotice: ({ id }) => seen.push(id),
      onError: (cause) => errors.push(cause),
    })
    t.after(() => watch.close())
    return watch
  }
  await open().look()
  assert.deepEqual(seen, [])
  models = [model('p/a', { price: price(5) }), ...models.slice(1)]
  const second = open()
  await second.look()
  await second.look()
  assert.deepEqual(new Set(seen), new Set(['price-changed p/a 2026-06-01']))
  assert.deepEqual(told(await second.list(90)), [
    'the price of p/a has changed (noticed 2026-06-01)',
    'p/b retires on 2026-06-11',
  ])
  writeFileSync(file, '{"version": 1')
  await open().look()
  assert.equal((await open().list(90)).length, 1)
  assert.deepEqual(errors, [])
})

test('the watch looks again each day', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let looks = 0
  const watch = createModelWatch({
    catalogue: async () => {
      looks++
      throw new Error('no catalogue')
    },
    providers: () => [],
    inUse: () => new Set(),
    store: createPriceMemoryFile(join(createTemporaryFolder(), 'prices.json')),
    clock: handClock(nowMs),
    onNotice: () => {},
    onError: () => {},
  })
  t.mock.timers.tick(2 * dayMs)
  assert.equal(looks, 2)
  watch.close()
  t.mock.timers.tick(dayMs)
  assert.equal(looks, 2)
})
