/** Figures count each record once, whenever it is stored, and agree with the records themselves. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RecordTiming } from './port.ts'
import { durationRowsMs } from './tally.ts'
import { createRequestFigures, type FigureSpan, figureSpans, figureWindow } from './figures.ts'

const nowMs = Date.UTC(2026, 5, 15, 12, 34, 56)

function createSource() {
  const stored: RecordTiming[] = []
  return {
    add(...timings: (Omit<RecordTiming, 'seq' | 'keyId'> & { readonly keyId?: string })[]) {
      for (const timing of timings) stored.push({ keyId: 'k1', ...timing, seq: stored.length + 1 })
    },
    stored,
    timings: (_org: string, { limit, ...side }: { limit: number; afterSeq?: number; beforeSeq?: number }) =>
      side.afterSeq !== undefined
        ? stored.filter(({ seq }) => seq > side.afterSeq!).slice(0, limit)
        : stored
            .filter(({ seq }) => seq < side.beforeSeq!)
            .toReversed()
            .slice(0, limit),
  }
}

const answered = { status: 200, durationMs: 100 } as const

test('counts agree with the records, in any order of spans and arrivals', async () => {
  const timing = fc.record({
    agoMs: fc.integer({ min: 0, max: 70 * 86_400_000 }),
    status: fc.constantFrom(200, 429, 503),
  })
  const names = Object.keys(figureSpans) as FigureSpan[]
  const step = fc.record({ added: fc.array(timing, { maxLength: 8 }), span: fc.constantFrom(...names) })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      const source = createSource()
      const figures = createRequestFigures(source, () => nowMs)
      for (const { added, span } of steps) {
        // Records are stored some time after their requests came, in no order of theirs.
        source.add(...added.map(({ agoMs, status }) => ({ atMs: nowMs - agoMs, status, durationMs: 5 })))
        const found = await figures.of('default', span)
        const { fromMs, toMs, beforeFromMs, beforeToMs } = figureWindow(span, nowMs)
        const within = (from: number, to: number) =>
          source.stored.filter(({ atMs }) => atMs >= from && atMs < to)
        // A scan goes back no further than it must: what came an hour before its storing may be missed.
        const inOrder = source.stored.every(
          ({ atMs }, index) => index === 0 || atMs >= source.stored[index - 1]!.atMs - 3_600_000,
        )
        if (!inOrder) continue
        assert.equal(found.now.requests, within(fromMs, toMs).length)
        assert.equal(found.before.requests, within(beforeFromMs, beforeToMs).length)
        assert.equal(found.now.errors, within(fromMs, toMs).filter((row) => row.status >= 400).length)
      }
    }),
  )
})

test('the month so far is held against as much of the month before', () => {
  const day = (month: number, of: number, hour = 0) => Date.UTC(2026, month, of, hour)
  const found = figureWindow('mtd', day(6, 3, 13))
  assert.deepEqual(found, {
    fromMs: day(6, 1),
    toMs: day(6, 4),
    stepMs: 43_200_000,
    beforeFromMs: day(5, 1),
    beforeToMs: day(5, 4),
  })
  // February is shorter than what of March has gone by.
  assert.equal(figureWindow('mtd', day(2, 31)).beforeToMs, day(2, 1))
})

test('a record that is stored between two reads is added, and none is counted twice', async () => {
  const source = createSource()
  source.add({ ...answered, atMs: nowMs - 1_000 })
  const figures = createRequestFigures(source, () => nowMs)
  const [first, second] = await Promise.all([figures.of('default', '24h'), figures.of('default', '15m')])
  assert.deepEqual([first.now.requests, second.now.requests], [1, 1])
  source.add({ ...answered, atMs: nowMs - 1_500 }, { atMs: nowMs, status: 503, durationMs: 1 })
  assert.equal((await figures.of('default', '24h')).now.requests, 3)
  assert.equal((await figures.of('default', '24h')).steps.at(-1)?.errors, 1)
})

test('percentiles are within four per cent, and errors have none', async () => {
  const source = createSource()
  for (let ms = 1; ms <= 1_000; ms++) {
    source.add({ atMs: nowMs - ms, status: 200, durationMs: ms, firstTokenMs: ms / 2 })
  }
  source.add({ atMs: nowMs, status: 503, durationMs: 60_000 })
  const { now } = await createRequestFigures(source, () => nowMs).of('default', '1h')
  for (const [told, exact] of [
    [now.durationMs?.p50, 500],
    [now.durationMs?.p95, 950],
    [now.durationMs?.p99, 990],
    [now.firstTokenMs?.p95, 475],
  ] as const) {
    assert.ok(Math.abs(told! / exact - 1) <= 0.04, `${told} for ${exact}`)
  }
})

test('answers of the cache are told apart from calls, with what they saved', async () => {
  const source = createSource()
  source.add(
    { ...answered, atMs: nowMs, cache: 'hit', savedNanoUsd: 1_000 },
    { ...answered, atMs: nowMs, cache: 'semantic-hit', savedNanoUsd: 500 },
    { ...answered, atMs: nowMs, cache: 'miss' },
    { ...answered, atMs: nowMs, cache: 'off' },
    { ...answered, atMs: nowMs },
  )
  const { hits, misses, savedNanoUsd } = (await createRequestFigures(source, () => nowMs).of('o', '1h')).now
  assert.deepEqual({ hits, misses, savedNanoUsd }, { hits: 2, misses: 1, savedNanoUsd: 1_500 })
})

test('each time lies in its row, and those beyond the rows in the first and the last', async () => {
  const source = createSource()
  const times = [2, 30, 1_100, 20_000, 400_000]
  source.add(...times.map((durationMs) => ({ atMs: nowMs, status: 200, durationMs })))
  source.add({ atMs: nowMs, status: 503, durationMs: 30 })
  const { steps } = await createRequestFigures(source, () => nowMs).of('default', '15m')
  const rows = steps.at(-1)!.durationRows
  assert.equal(rows.length, durationRowsMs.length)
  const found = rows.flatMap((count, row) => (count > 0 ? [[row, count]] : []))
  assert.deepEqual(found, [
    [0, 1],
    [1, 1],
    [8, 1],
    [13, 1],
    [15, 1],
  ])
})

test('figures of some keys are of their requests alone, also when a key joins them', async () => {
  const source = createSource()
  source.add(...['a', 'b', 'c', 'a'].map((keyId) => ({ ...answered, keyId, atMs: nowMs - 1000 })))
  const figures = createRequestFigures(source, () => nowMs)
  const requestsOf = async (...keys: string[]) =>
    (await figures.of('default', '1h', new Set(keys))).now.requests
  assert.equal(await requestsOf('a'), 2)
  assert.equal(await requestsOf('a', 'c'), 3)
  assert.equal(await requestsOf(), 0)
  source.add({ ...answered, keyId: 'a', atMs: nowMs })
  assert.equal(await requestsOf('a'), 3)
  assert.equal((await figures.of('default', '1h')).now.requests, 5)
})
