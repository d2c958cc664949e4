/** Runs come back as they were stored, newest first; rows in the order in which they were written, each once. */

import assert from 'node:assert/strict'
import { testStore } from '../../../test/support/databases.ts'
import type { CaseRow, StoredRun } from '../../evals/port.ts'
import { createEvalStore } from './eval-store.ts'

const run = (id: string, given: Partial<StoredRun> = {}): StoredRun => ({
  org: 'default',
  id,
  name: 'billing',
  suiteHash: 'abc',
  status: 'running',
  createdAtMs: 1_700_000_000_000,
  settings: '{"entry":"suite.yaml"}',
  ...given,
})

const row = (caseId: string, repeat: number, given: Partial<CaseRow> = {}): CaseRow => ({
  caseId,
  inputHash: 'h',
  cluster: caseId,
  tags: ['a'],
  isCritical: false,
  arm: 'candidate',
  repeat,
  status: 'graded',
  pass: true,
  score: 1,
  asserts: [],
  replies: [{ output: 'Grüße\n"x"', toolCalls: [] }],
  gradingNanoUsd: 0,
  costNanoUsd: 12_345,
  isCached: false,
  ...given,
})

testStore('runs: as they were stored, changed in part, newest first, per organisation', async (database) => {
  const store = createEvalStore(database)
  for (const id of ['run_1', 'run_2', 'run_3']) await store.addRun(run(id))
  await store.addRun(run('run_2', { org: 'other' }))
  assert.deepEqual(await store.run('default', 'run_1'), run('run_1'))
  assert.equal(await store.run('default', 'run_9'), undefined)
  const change = {
    status: 'finished',
    endedAtMs: 5,
    verdict: 'pass',
    reason: 'because',
    report: '{}',
  } as const
  await store.changeRun('default', 'run_2', change)
  assert.deepEqual(await store.run('default', 'run_2'), run('run_2', change))
  assert.deepEqual(await store.run('other', 'run_2'), run('run_2', { org: 'other' }))
  const first = await store.runs('default', { limit: 2 })
  assert.deepEqual(
    first.data.map(({ id }) => id),
    ['run_3', 'run_2'],
  )
  const second = await store.runs('default', { limit: 2, cursor: first.nextCursor! })
  assert.deepEqual(
    second.data.map(({ id }) => id),
    ['run_1'],
  )
  assert.equal(second.nextCursor, undefined)
})

testStore('rows: each once, the later one wins, in their order and in pages', async (database) => {
  const store = createEvalStore(database)
  await store.putRows('default', 'run_1', [row('b', 0), row('a', 0)])
  await store.putRows('default', 'run_1', [
    row('b', 1),
    row('a', 0, { pass: false }),
    row('b', 0, { arm: 'baseline' }),
  ])
  await store.putRows('default', 'run_2', [row('z', 0)])
  await store.putRows('other', 'run_1', [row('z', 0)])
  const first = await store.rows('default', 'run_1', { limit: 3 })
  assert.deepEqual(
    first.data.map(({ caseId, repeat, arm, pass }) => [caseId, repeat, arm, pass]),
    [
      ['b', 0, 'candidate', true],
      ['a', 0, 'candidate', false],
      ['b', 1, 'candidate', true],
    ],
  )
  const rest = await store.rows('default', 'run_1', { limit: 3, cursor: first.nextCursor! })
  assert.deepEqual(rest.data, [row('b', 0, { arm: 'baseline' })])
  assert.equal(rest.nextCursor, undefined)
  const ofCase = await store.rowsOfCase('default', 'run_1', 'b')
  assert.deepEqual(
    ofCase.map(({ repeat, arm }) => [repeat, arm]),
    [
      [0, 'candidate'],
      [1, 'candidate'],
      [0, 'baseline'],
    ],
  )
  assert.deepEqual(await store.rowsOfCase('default', 'run_1', 'z'), [])
})

testStore(
  'verdicts: the newest one of a target; kept answers: the last one, and none after a month',
  async (database) => {
    const store = createEvalStore(database)
    const verdict = { target: 'billing@8', runId: 'run_1', verdict: 'fail', hash: 'a', atMs: 1_000 } as const
    await store.addVerdict('default', verdict)
    await store.addVerdict('default', { ...verdict, runId: 'run_2', verdict: 'pass', atMs: 2_000 })
    await store.addVerdict('default', { ...verdict, target: 'billing@9', atMs: 9_000 })
    await store.addVerdict('other', { ...verdict, atMs: 9_000 })
    assert.equal((await store.newestVerdict('default', 'billing@8'))?.runId, 'run_2')
    await store.addVerdict('default', { ...verdict, atMs: 3_000 })
    assert.deepEqual(await store.newestVerdict('default', 'billing@8'), { ...verdict, atMs: 3_000 })
    assert.equal(await store.newestVerdict('default', 'billing@7'), undefined)

    await store.keepAnswer('default', 'key', 'one', 1_000)
    await store.keepAnswer('default', 'key', 'two', 2_000)
    assert.equal(await store.keptAnswer('default', 'key'), 'two')
    assert.equal(await store.keptAnswer('other', 'key'), undefined)
    await store.keepAnswer('default', 'later', 'three', 2_001 + 30 * 86_400_000)
    assert.equal(await store.keptAnswer('default', 'key'), undefined)
  },
)

testStore('one leads a run until its lease has run out, and the answers of old runs go', async (database) => {
  const store = createEvalStore(database)
  await store.addRun(run('run_1', { lease: { holder: 'a', untilMs: 1_000 } }))
  const lead = (holder: string, nowMs: number) =>
    store.lead('default', 'run_1', { holder, untilMs: nowMs + 100 }, nowMs)
  assert.equal(await lead('b', 999), false)
  assert.equal(await lead('a', 999), true)
  assert.deepEqual((await store.run('default', 'run_1'))?.lease, { holder: 'a', untilMs: 1_099 })
  assert.equal(await lead('b', 1_099), true)
  await store.release('default', 'run_1', 'a')
  assert.equal(await lead('a', 1_100), false)
  await store.release('default', 'run_1', 'b')
  assert.equal((await store.run('default', 'run_1'))?.lease, undefined)

  await store.addRun(run('run_2', { createdAtMs: 1_800_000_000_000 }))
  for (const id of ['run_1', 'run_2']) await store.putRows('default', id, [row('c1', 0), row('c2', 0)])
  assert.equal(await store.pruneRows(1_750_000_000_000, 1), 1)
  assert.equal(await store.pruneRows(1_750_000_000_000, 10), 1)
  assert.equal(await store.pruneRows(1_750_000_000_000, 10), 0)
  const left = async (id: string) => (await store.rows('default', id, { limit: 10 })).data.length
  assert.deepEqual([await left('run_1'), await left('run_2')], [0, 2])
})
