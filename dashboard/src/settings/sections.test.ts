/** Settings are found by any part of their path or value. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { sectionsOf } from './sections.ts'

const settings = {
  server: { port: 4000, trusted: ['10.0.0.0/8'], tls: {} },
  routes: { a: { targets: [{ target: 'x/y' }] } },
  dataDir: '/data',
}

test('every setting has a line, and lists of plain values stay on theirs', () => {
  assert.deepEqual(sectionsOf(settings, ''), [
    {
      name: 'server',
      settings: [
        { path: 'port', value: '4000' },
        { path: 'trusted', value: '["10.0.0.0/8"]' },
        { path: 'tls', value: 'empty' },
      ],
    },
    { name: 'routes', settings: [{ path: 'a.targets.0.target', value: '"x/y"' }] },
    { name: 'dataDir', settings: [{ path: '(itself)', value: '"/data"' }] },
  ])
})

test('a text narrows them down', () => {
  assert.deepEqual(
    sectionsOf(settings, 'SERVER.po').map(({ name, settings: found }) => [name, found.length]),
    [['server', 1]],
  )
  assert.deepEqual(sectionsOf(settings, 'nothing like this'), [])
})
