/** `weir keys` beside a running gateway and without one: what a person does with keys. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'

const binary = resolve(import.meta.dirname, '../../bin/weir')

function runIn(folder: string, words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(binary, words, { cwd: folder, encoding: 'utf8' })
  return { status, stdout, stderr }
}

test('keys are made, listed, rotated and revoked without a running gateway', () => {
  const folder = createTemporaryFolder()
  writeFileSync(join(folder, 'weir.yaml'), 'providers: { sim: { type: sim } }\n')
  const weir = (...words: readonly string[]) => runIn(folder, ['keys', ...words])
  const made = weir('create', 'app', '--model', 'sim/*', '--rpm', '60')
  assert.equal(made.status, 0, made.stderr)
  assert.match(made.stdout, /^weir_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}\n$/)
  const id = made.stdout.slice(5, 17)
  const listed = weir('list')
  assert.match(listed.stdout, new RegExp(`^${id} +app +active +\\d{4}-\\d\\d-\\d\\d +sim/\\*$`, 'm'))
  const rotated = weir('rotate', id, '--overlap', '0', '--json')
  const { secret, limits } = JSON.parse(rotated.stdout) as { secret: string; limits: unknown }
  assert.notEqual(secret, made.stdout.trim())
  assert.deepEqual(limits, { rpm: 60 })
  assert.equal(weir('revoke', id).stdout, `revoked ${id}\n`)
  assert.match(weir('list').stdout, /revoked/)
  assert.ok(!weir('list', '--json').stdout.includes(secret.slice(18)))
  assert.deepEqual([weir('revoke', 'nosuchkey000').status, weir('create').status], [1, 2])
  assert.match(weir('create', 'x', '--max-usd', 'much').stderr, /max_usd_per_request|decimal/)
})

test('what is wrong is named: an option, a name of several keys, a secret that did not come', () => {
  const folder = createTemporaryFolder()
  writeFileSync(join(folder, 'weir.yaml'), 'providers: { sim: { type: sim } }\n')
  const late = runIn(folder, ['keys', 'create', 'app', '--expires', 'tomorrow'])
  assert.deepEqual([late.status, late.stdout], [1, ''])
  assert.match(late.stderr, /ISO datetime \(expires_at\)/)
  const create = () => runIn(folder, ['keys', 'create', 'app']).status
  assert.deepEqual([create(), create()], [0, 0])
  const several = runIn(folder, ['batch', 'submit', 'lines.jsonl', '--key', 'app'])
  assert.equal(several.status, 1)
  assert.match(several.stderr, /several keys are called app: give the id of one, from `weir keys list`/)
  const nothing = runIn(folder, ['secrets', 'set', 'openai'])
  assert.equal(nothing.status, 1)
  assert.match(nothing.stderr, /nothing came on standard input/)
})
