/** Figures of a window are those of its sums, and are summed up once for all who ask. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RecordSum, RecordSumsQuery } from './port.ts'
import { windowBetween, WindowFigures } from './window-figures.ts'

const nowMs = Date.UTC(2026, 5, 15, 12)
const dayMs = 86_400_000
const sum: RecordSum = {
  step: 0,
  isError: false,
  durationClass: 60,
  requests: 2,
  costNanoUsd: 0,
  costsUnknown: 0,
}

test('steps, counts and times are those of the sums, now and before', async () => {
  const asked: RecordSumsQuery[] = []
  const figures = new WindowFigures(
    {
      of(query) {
        asked.push(query)
        return Promise.resolve(
          query.fromMs === nowMs - dayMs
            ? [
                { ...sum, firstTokenClass: 50, cache: 'hit', savedNanoUsd: 7 },
                { ...sum, step: 47, isError: true, requests: 3 },
              ]
            : [{ ...sum, step: 1, requests: 5, cache: 'miss' }],
        )
      },
    },
    () => nowMs,
  )
  const window = windowBetween(nowMs - dayMs, nowMs)
  const found = await figures.of({ filters: { org: 'default' }, window, isCompared: true })
  assert.equal(found.steps.length, 48)
  assert.deepEqual(
    [found.now.requests, found.now.errors, found.now.hits, found.now.savedNanoUsd],
    [5, 3, 2, 7],
  )
  assert.equal(found.steps[47]?.errors, 3)
  assert.ok(found.now.firstTokenMs!.p50 < found.now.durationMs!.p50)
  assert.deepEqual([found.before.requests, found.before.misses, found.beforeSteps[1]?.requests], [5, 5, 5])
  assert.deepEqual(
    asked.map(({ fromMs, toMs }) => [fromMs, toMs]),
    [
      [nowMs - dayMs, nowMs],
      [nowMs - 2 * dayMs, nowMs - dayMs],
    ],
  )
})

test('those who ask for the same share a sum, which holds the longer the longer it took', async () => {
  let atMs = nowMs
  let sums = 0
  const figures = new WindowFigures(
    {
      of() {
        sums++
        atMs += 1_000
        return Promise.resolve([])
      },
    },
    () => atMs,
  )
  const query = { filters: { org: 'default' }, window: windowBetween(0, dayMs), isCompared: false }
  const [one, other] = await Promise.all([figures.of(query), figures.of(query)])
  assert.equal(one, other)
  atMs += 19_000
  await figures.of(query)
  assert.equal(sums, 1)
  atMs += 2_000
  await figures.of(query)
  assert.equal(sums, 2)
})

test('a window of any length has as many steps as a chart can show', () => {
  for (const [spanMs, stepMs] of [
    [60_000, 15_000],
    [dayMs, 1_800_000],
    [31 * dayMs, dayMs / 2],
    [366 * dayMs, 7 * dayMs],
  ] as const) {
    assert.equal(windowBetween(nowMs, nowMs + spanMs).stepMs, stepMs)
  }
})

test('those who see other keys share nothing', async () => {
  const figures = new WindowFigures(
    { of: ({ keyIds }) => Promise.resolve([{ ...sum, requests: keyIds!.size }]) },
    () => nowMs,
  )
  const of = async (...ids: string[]) => {
    const filters = { org: 'default', keyIds: new Set(ids) }
    return (await figures.of({ filters, window: windowBetween(0, dayMs), isCompared: false })).now.requests
  }
  assert.deepEqual([await of('a'), await of('a', 'b'), await of()], [1, 2, 0])
})
