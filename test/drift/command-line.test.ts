/** `weir drift` as a person runs it: the example, offline, through the built-in simulator. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { asArray, asObject, parseJson } from '../../src/core/json.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const root = resolve(import.meta.dirname, '../..')
const example = join(root, 'examples/drift/golden.yaml')

async function weir(
  cwd: string,
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(join(root, 'bin/weir'), args, { cwd, env: { PATH: process.env['PATH'] } })
  const closed = new Promise<number>((done) => child.once('close', (code) => done(code ?? -1)))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await closed, stdout, stderr }
}

test('the example runs offline: no data, a baseline run, a verdict and a report', async () => {
  const folder = createTemporaryFolder()
  const first = await weir(folder, 'drift', 'run', '--once', example, '--json')
  assert.equal(first.code, 101, first.stderr)
  assert.equal(asObject(parseJson(first.stdout))?.['verdict'], 'no-data')

  const baseline = await weir(folder, 'drift', 'run', '--once', example, '--baseline')
  assert.equal(baseline.code, 0, baseline.stderr)
  assert.match(baseline.stdout, /^shop-golden: ok \(baseline\), 100 of 100 answers\n$/)
  assert.equal(baseline.stderr, '')

  const second = await weir(folder, 'drift', 'run', '--once', example, '--json', '--html', 'report.html')
  assert.equal(second.code, 0, second.stderr)
  const judged = asObject(parseJson(second.stdout))
  assert.equal(judged?.['verdict'], 'warning')
  assert.equal(asObject(asArray(judged?.['reasons'])[0])?.['code'], 'first_look')
  assert.match(readFileSync(join(folder, 'report.html'), 'utf8'), /^<!doctype html>/)

  const status = await weir(folder, 'drift', 'status')
  assert.match(status.stdout, /shop-golden {2}sim\/clerk {2}warning\n {2}1 of 12 baseline runs/)
})

test('a golden set with a fault is bad usage, told with its place', async () => {
  const folder = createTemporaryFolder()
  writeFileSync(
    join(folder, 'golden.yaml'),
    'name: x\ntarget: sim/echo\nsampels: 3\nprompts: [{ prompt: Hi }]\n',
  )
  const { code, stderr } = await weir(folder, 'drift', 'run', '--once', 'golden.yaml')
  assert.equal(code, 2)
  assert.match(
    stderr,
    /golden\.yaml:3:1 sampels: unknown key "sampels"\n {2}The nearest known key is `samples`/,
  )
})
