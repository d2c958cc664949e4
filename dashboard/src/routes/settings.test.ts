/** Settings of routes are read as far as they can be, and their differences are told by path. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { differencesOf, settingsOf } from './settings.ts'

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
