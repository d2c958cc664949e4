/** Golden sets get versions, a slot has one run, a lease one holder; rows come back as they were put. */

import assert from 'node:assert/strict'
import { testStore } from '../../../test/support/databases.ts'
import type { Alarm, Baseline, Run } from '../../drift/port.ts'
import type { Sample } from '../../drift/sample.ts'
import type { Judgement } from '../../drift/verdict.ts'
import { createDriftStore } from './drift-store.ts'

const org = 'default'

const nothingFound: Judgement = {
  verdict: 'ok',
  reasons: [],
  metrics: [],
  omnibus: undefined,
  trends: [],
  baselineRuns: 0,
  lag1: 0,
  confirmed: undefined,
}

const runOf = (id: string, given: Partial<Run> = {}): Run => ({
  org,
  id,
  set: 'support',
  version: 1,
  target: 'sim/clerk',
  kind: 'watch',
  startedAtMs: 1_700_000_000_000,
  expectedRows: 10,
  validRows: 0,
  costNanoUsd: 0,
  ...given,
})

testStore('a golden set gets a new version when its text differs, and only then', async (database) => {
  const store = createDriftStore(database)
  const put = (textDigest: string, name = 'support') =>
    store.putGoldenSet({ org, name, digest: 'd', textDigest, createdAtMs: 1, document: { file: textDigest } })
  assert.equal((await put('one')).version, 1)
  assert.equal((await put('one')).version, 1)
  assert.equal((await put('two')).version, 2)
  assert.equal((await put('one')).version, 3)
  await put('other', 'billing')
  assert.deepEqual((await store.newestGoldenSet(org, 'support'))?.document, { file: 'one' })
  assert.equal(await store.newestGoldenSet('elsewhere', 'support'), undefined)
  const sets = await store.goldenSets(org)
  assert.deepEqual(
    sets.map(({ name, version }) => [name, version]),
    [
      ['billing', 1],
      ['support', 3],
    ],
  )
})

testStore('of two that add the next baseline at once one does', async (database) => {
  const store = createDriftStore(database)
  const baseline: Omit<Baseline, 'number'> = {
    org,
    set: 'support',
    digest: 'd',
    wantedRuns: 20,
    createdAtMs: 5,
    runIds: [],
  }
  const added = await Promise.all([store.addBaseline(baseline, 0), store.addBaseline(baseline, 0)])
  assert.equal(added.filter((one) => one !== undefined).length, 1)
  const next = { ...baseline, acceptedBy: 'ada', reason: 'new snapshot', runIds: ['a', 'b'] }
  assert.equal((await store.addBaseline(next, 1))?.number, 2)
  assert.deepEqual(await store.baseline(org, 'support'), { ...next, number: 2 })
})

testStore(
  'a slot of the schedule has one run; runs without a slot are as many as asked for',
  async (database) => {
    const store = createDriftStore(database)
    assert.equal(await store.startRun(runOf('a', { slotMs: 100 })), true)
    assert.equal(await store.startRun(runOf('b', { slotMs: 100 })), false)
    assert.equal(await store.startRun(runOf('c', { slotMs: 100, set: 'other' })), true)
    assert.equal(await store.startRun(runOf('d')), true)
    assert.equal(await store.startRun(runOf('e')), true)
  },
)

testStore('runs are found by set, kind and baseline, newest first', async (database) => {
  const store = createDriftStore(database)
  const ended = runOf('b', {
    startedAtMs: 2,
    endedAtMs: 9,
    kind: 'baseline',
    baseline: 1,
    verdict: 'ok',
    validRows: 10,
    costNanoUsd: 77,
    judgement: { ...nothingFound, reasons: [] },
  })
  for (const run of [
    runOf('a', { startedAtMs: 1 }),
    runOf('b', { startedAtMs: 2 }),
    runOf('c', { startedAtMs: 3 }),
  ])
    await store.startRun(run)
  await store.endRun(ended)
  const idsOf = async (filter: Partial<Parameters<typeof store.runs>[1]>) =>
    (await store.runs(org, { limit: 10, ...filter })).map(({ id }) => id)
  assert.deepEqual(await idsOf({}), ['c', 'b', 'a'])
  assert.deepEqual(await idsOf({ limit: 2 }), ['c', 'b'])
  assert.deepEqual(await idsOf({ beforeMs: 3 }), ['b', 'a'])
  assert.deepEqual(await idsOf({ kinds: ['baseline'], baseline: 1, set: 'support', isEnded: true }), ['b'])
  assert.deepEqual(await idsOf({ set: 'other' }), [])
  // What is undefined has no place in JSON.
  assert.deepEqual(await store.run(org, 'b'), JSON.parse(JSON.stringify(ended)))
  assert.equal(await store.run('elsewhere', 'b'), undefined)
  assert.deepEqual(await idsOf({ ids: ['a', 'c', 'x'] }), ['c', 'a'])
})

testStore('answers come back by run and prompt', async (database) => {
  const store = createDriftStore(database)
  const sample: Sample = {
    requestId: 'req_1',
    text: 'Yes – 「はい」',
    toolCalls: [],
    durationMs: 5,
    reading: { version: '1', isRefusal: false, isJson: false, hasFence: false, hasMarkdown: false },
  }
  await store.putSamples(org, 'run', 'p1', [])
  await store.putSamples(org, 'run', 'p1', [sample])
  await store.putSamples(org, 'run', 'p2', [sample, sample])
  await store.putSamples('elsewhere', 'run', 'p1', [sample, sample])
  const found = await store.samples(org, 'run')
  assert.deepEqual(found.get('p1'), [sample])
  assert.equal(found.get('p2')?.length, 2)
  assert.equal((await store.samples(org, 'none')).size, 0)
})

testStore('alarms are changed in place and listed newest first', async (database) => {
  const store = createDriftStore(database)
  const alarm: Alarm = {
    org,
    id: 'a',
    set: 'support',
    runId: 'run',
    state: 'open',
    title: 'length went up',
    createdAtMs: 1,
    changedAtMs: 1,
  }
  await store.putAlarm(alarm)
  await store.putAlarm({ ...alarm, id: 'b', createdAtMs: 2 })
  const silenced: Alarm = { ...alarm, state: 'silenced', changedAtMs: 3, changedBy: 'ada', untilMs: 99 }
  await store.putAlarm(silenced)
  assert.deepEqual(await store.alarms(org), [{ ...alarm, id: 'b', createdAtMs: 2 }, silenced])
  assert.deepEqual(await store.alarms(org, 'other'), [])
})

testStore('old runs go with their answers, those of the newest baseline stay', async (database) => {
  const store = createDriftStore(database)
  const baseline = { org, set: 'support', digest: 'd', wantedRuns: 20, createdAtMs: 5 }
  await store.addBaseline({ ...baseline, runIds: [] }, 0)
  await store.addBaseline({ ...baseline, runIds: ['accepted'] }, 1)
  for (const [id, given] of Object.entries({
    'old baseline': { kind: 'baseline', baseline: 1 },
    'new baseline': { kind: 'baseline', baseline: 2 },
    accepted: { kind: 'watch', baseline: 1 },
    watch: { kind: 'watch', baseline: 2 },
    foreign: { kind: 'watch', org: 'other' },
    young: { kind: 'watch', baseline: 2, startedAtMs: 100 },
  } as const)) {
    const run = runOf(id, { startedAtMs: 1, ...given })
    await store.startRun(run)
    await store.putSamples(run.org, id, 'p', [])
  }
  assert.equal(await store.pruneRuns(org, 100), 2)
  const left = await store.runs(org, { limit: 10 })
  assert.deepEqual(left.map(({ id }) => id).toSorted(), ['accepted', 'new baseline', 'young'])
  const answersLeft = async (run: string) => (await store.samples(org, run)).size
  const counts = await Promise.all(['old baseline', 'watch', 'accepted'].map(answersLeft))
  assert.deepEqual(counts, [0, 0, 1])
  assert.equal((await store.runs('other', { limit: 10 })).length, 1)
  assert.equal(await store.pruneRuns(org, 100), 0)
})

testStore('a lease has one holder until it runs out or is given back', async (database) => {
  const store = createDriftStore(database)
  const take = (holder: string, nowMs: number) => store.takeLease('drift', holder, nowMs, nowMs + 10)
  assert.equal(await take('one', 0), true)
  assert.equal(await take('two', 5), false)
  assert.equal(await take('one', 5), true)
  assert.equal(await take('two', 14), false)
  assert.equal(await take('two', 15), true)
  await store.releaseLease('drift', 'one')
  assert.equal(await take('one', 16), false)
  await store.releaseLease('drift', 'two')
  assert.equal(await take('one', 16), true)
})

testStore('hours of live answers come back by instance, and old ones go', async (database) => {
  const store = createDriftStore(database)
  const row = {
    org,
    route: 'assistant',
    model: 'openai/m',
    hourMs: 5,
    instance: 'one',
    strata: { key: [1, 2, 4] },
  }
  await store.addTraffic({ ...row, hourMs: 1 }, 0)
  await store.addTraffic(row, 2)
  await store.addTraffic({ ...row, instance: 'two' }, 2)
  const found = await store.traffic(0, 9)
  assert.deepEqual(
    found.toSorted((a, b) => (a.instance < b.instance ? -1 : 1)),
    [row, { ...row, instance: 'two' }],
  )
  assert.deepEqual(await store.traffic(6, 9), [])
  await store.addTraffic({ ...row, route: 'other' }, 2)
  const series = { org, route: 'other', model: 'openai/m' }
  assert.deepEqual(await store.traffic(0, 9, series), [{ ...row, route: 'other' }])
})
