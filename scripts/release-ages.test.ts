/** Which versions of a lockfile are new, and which of them were too young. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultOfAge, lockedVersions, newVersions } from './release-ages.ts'

const lock = (packages: object) =>
  JSON.stringify({ lockfileVersion: 3, packages: { '': { name: 'weir' }, ...packages } })
const before = lock({
  'node_modules/a': { version: '1.0.0' },
  'node_modules/@b/c': { version: '2.0.0' },
  'node_modules/a/node_modules/@b/c': { version: '1.9.0' },
})

test('each version once, wherever it is installed, and aliases by what they stand for', () => {
  const now = lock({
    'node_modules/a': { version: '1.0.0' },
    'node_modules/d/node_modules/a': { version: '1.0.0' },
    'node_modules/e': { name: '@real/e', version: '3.0.0' },
  })
  assert.deepEqual(lockedVersions(now), [
    { name: '@real/e', version: '3.0.0' },
    { name: 'a', version: '1.0.0' },
  ])
})

test('what was there before, at another place too, is not new', () => {
  const now = lock({
    'node_modules/a': { version: '1.0.1' },
    'node_modules/@b/c': { version: '1.9.0' },
    'node_modules/f/node_modules/@b/c': { version: '2.0.1' },
  })
  assert.deepEqual(newVersions(before, now), [
    { name: '@b/c', version: '2.0.1' },
    { name: 'a', version: '1.0.1' },
  ])
  assert.deepEqual(newVersions(before, before), [])
})

test('seven days before it was taken up are enough, and an hour less is not', () => {
  const lockedAtMs = Date.UTC(2026, 5, 15)
  const one = { name: 'a', version: '1.0.0' }
  assert.equal(faultOfAge(one, '2026-06-08T00:00:00.000Z', lockedAtMs), undefined)
  assert.match(
    faultOfAge(one, '2026-06-08T01:00:00.000Z', lockedAtMs) ?? '',
    /^a@1\.0\.0 was released on .*: 7\.0 days/,
  )
  assert.match(faultOfAge(one, '2026-06-20T00:00:00.000Z', lockedAtMs) ?? '', /-5\.0 days/)
})
