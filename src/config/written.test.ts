/** What a file sets is told by its names alone. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writtenPaths } from './written.ts'

test('each setting of a file is told once, and none of its values', () => {
  const document = {
    server: { port: 4000 },
    routes: { chat: { targets: ['a/b', { target: 'c/d' }] } },
    cache: {},
    admin: { token: 'plain:secret' },
  }
  assert.deepEqual(writtenPaths(document), [
    ['server', 'port'],
    ['routes', 'chat', 'targets'],
    ['cache'],
    ['admin', 'token'],
  ])
})

test('an empty file sets nothing, nor does what is no mapping', () => {
  for (const document of [{}, null, undefined, 'text', []]) assert.deepEqual(writtenPaths(document), [])
})
