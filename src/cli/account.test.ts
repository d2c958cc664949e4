/** `weir account` without a running gateway: the first person, before anybody can sign in. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'

const binary = resolve(import.meta.dirname, '../../bin/weir')

test('an account is made, given another role, listed and removed', () => {
  const folder = createTemporaryFolder()
  writeFileSync(
    join(folder, 'weir.yaml'),
    'providers: { sim: { type: sim } }\nadmin: { url: https://weir.example/ }\n',
  )
  const weir = (...words: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(binary, ['account', ...words], {
      cwd: folder,
      encoding: 'utf8',
    })
    return { status, stdout, stderr }
  }
  const made = weir('create', 'ada@example.com', '--name', 'Ada')
  assert.equal(made.status, 0, made.stderr)
  assert.match(made.stdout, /^https:\/\/weir\.example\/invitation#[A-Za-z0-9_-]{43}\n$/)
  assert.equal(weir('role', 'Ada@Example.com', '--role', 'viewer').status, 0)
  assert.match(weir('list').stdout, /^ada@example\.com +Ada +viewer +nothing-yet$/m)
  assert.equal(weir('remove', 'ada@example.com').status, 0)
  assert.equal(weir('invite', 'ada@example.com').status, 1)
})
