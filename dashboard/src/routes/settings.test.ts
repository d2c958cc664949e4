/** Settings of routes are read as far as they can be, and their differences are told by path. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { differencesOf, lacksGate, settingsOf, standingOf } from './settings.ts'

test('each difference is told once, at its own path', () => {
  const before = { strategy: 'ordered', targets: [{ target: 'a/b' }, { target: 'c/d', weight: 1 }] }
  const after = { strategy: 'weighted', targets: [{ target: 'a/b' }], timeout: { totalMs: 5 } }
  assert.deepEqual(differencesOf(before, after), [
    { path: 'strategy', before: '"ordered"', after: '"weighted"' },
    { path: 'targets[1].target', before: '"c/d"', after: undefined },
    { path: 'targets[1].weight', before: '1', after: undefined },
    { path: 'timeout.totalMs', before: undefined, after: '5' },
  ])
  assert.deepEqual(differencesOf(before, structuredClone(before)), [])
})

test('what is no settings has no targets', () => {
  for (const settings of [undefined, null, 'text', { targets: [null, 7, {}] }]) {
    assert.deepEqual(settingsOf(settings), { strategy: '-', targets: [] })
  }
  assert.deepEqual(settingsOf({ strategy: 'ordered', targets: ['a/b', { target: 'c/d', weight: 2 }] }), {
    strategy: 'ordered',
    targets: [{ target: 'a/b' }, { target: 'c/d', weight: 2 }],
  })
})

test('a protected route lets no revision go live whose gate has not passed', () => {
  const revision = (number: number, verdict?: 'pass' | 'fail', settings: object = {}) => ({
    number,
    source: 'api' as const,
    created_at: '',
    created_by: '',
    settings,
    ...(verdict && { gate: { verdict, run_id: '', hash: '', at: '' } }),
  })
  const revisions = [
    revision(4, undefined, { protected: true }),
    revision(3),
    revision(2, 'fail'),
    revision(1, 'pass'),
  ]
  const lacking = (isProtected: boolean) =>
    [1, 2, 3, 4].filter((number) => lacksGate({ protected: isProtected, revisions }, number))
  assert.deepEqual(lacking(true), [2, 3, 4])
  assert.deepEqual(lacking(false), [4], 'protecting a route is itself protected')
})

test('what was never live waits, and what was is left', () => {
  const move = (from: number, to: number) => ({ at: '', kind: 'promote', actor: '', from, to })
  const route = {
    live: 3,
    canary: { revision: 6, shares: [0.1], step_ms: 1, started_at: '' },
    moves: [move(4, 3), move(1, 4)],
  }
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6].map((number) => standingOf(route, number)),
    ['was left', 'was left', 'live', 'was left', 'waits', 'canary'],
  )
})
