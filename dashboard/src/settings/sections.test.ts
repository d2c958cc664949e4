/** Settings are found by any part of their path or value. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { sectionsOf } from './sections.ts'

const settings = {
  server: { port: 4000, trusted: ['10.0.0.0/8'], tls: {} },
  routes: { a: { targets: [{ target: 'x/y' }] } },
  dataDir: '/data',
}

const all = { settings, written: ['server.port', 'routes.a.targets', 'data'] }

test('every setting has a line, and lists of plain values stay on theirs', () => {
  assert.deepEqual(sectionsOf(all, ''), [
    {
      name: 'server',
      settings: [
        { path: 'port', value: '4000', isSet: true },
        { path: 'trusted', value: '["10.0.0.0/8"]', isSet: false },
        { path: 'tls', value: 'empty', isSet: false },
      ],
    },
    { name: 'routes', settings: [{ path: 'a.targets.0.target', value: '"x/y"', isSet: true }] },
    { name: 'dataDir', settings: [{ path: '(itself)', value: '"/data"', isSet: false }] },
  ])
})

test('a text narrows them down', () => {
  assert.deepEqual(
    sectionsOf(all, 'SERVER.po').map(({ name, settings: found }) => [name, found.length]),
    [['server', 1]],
  )
  assert.deepEqual(sectionsOf(all, 'nothing like this'), [])
})
