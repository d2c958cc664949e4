/** `weir batch` as a person runs it, beside a gateway and without one. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { asArray, asObject, asString, type JsonObject, parseJson } from '../../src/core/json.ts'
import { chatLine } from '../support/batches.ts'
import { serveProcess } from '../support/process.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const binary = resolve(import.meta.dirname, '../../bin/weir')
const env = { WEIR_TEST_KEY: 'test-key-of-16-characters', OTHER_KEY: 'another-key-of-16-characters' }
const config = {
  log: { level: 'warn' },
  providers: { sim: { type: 'sim' } },
  models: { 'sim/*': { price: { input: 100, output: 200 } } },
  keys: [
    { name: 'app', secret: 'env:WEIR_TEST_KEY' },
    { name: 'other', secret: 'env:OTHER_KEY' },
  ],
}

async function weir(cwd: string, ...args: string[]) {
  const child = spawn(binary, args, { cwd, env: { PATH: process.env['PATH'], ...env } })
  const closed = new Promise<number>((done) => child.once('close', (code) => done(code ?? -1)))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await closed, stdout, stderr }
}

function writeLines(folder: string, name: string, lines: readonly (JsonObject | string)[]): void {
  const texts = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)))
  writeFileSync(join(folder, name), texts.join('\n'))
}

test('a dry run tells lines, faults and cost and keeps nothing; then it is made, waited for, read and listed', async (t) => {
  const folder = createTemporaryFolder()
  await serveProcess(t, folder, config, env)
  const lines = ['a', 'b', 'c'].map((id) => chatLine(id, 'sim/echo', { max_tokens: 100 }))
  writeLines(folder, 'good.jsonl', lines)
  writeLines(folder, 'bad.jsonl', [...lines, '{"custom_id":', chatLine('a', 'sim/echo')])

  const ambiguous = await weir(folder, 'batch', 'submit', 'good.jsonl')
  assert.equal(ambiguous.code, 1)
  assert.match(ambiguous.stderr, /name the key with --key/)

  const plan = await weir(folder, 'batch', 'submit', 'good.jsonl', '--key', 'app', '--dry-run', '--json')
  assert.equal(plan.code, 0, plan.stderr)
  const planned = asObject(parseJson(plan.stdout))
  assert.deepEqual([planned?.['lines'], planned?.['faults'], planned?.['unpriced']], [3, [], 0])
  // 100 tokens of answer for each line, at 200 USD a million, and the prompt.
  const [prompt, most] = [Number(planned?.['prompt_usd']), Number(planned?.['at_most_usd'])]
  assert.ok(prompt > 0 && prompt < 0.01 && most >= 0.06 && most < 0.2, plan.stdout)

  const faulty = await weir(folder, 'batch', 'submit', 'bad.jsonl', '--key', 'app', '--dry-run')
  assert.equal(faulty.code, 1)
  assert.match(faulty.stdout, /^5 lines\n {2}! line 4: .*\(invalid_json_line\)\n {2}! line 5: .* line 1/)
  assert.match((await weir(folder, 'batch', 'list')).stdout, /^no batches/)

  const made = await weir(folder, 'batch', 'submit', 'good.jsonl', '--key', 'app', '--wait', '--json')
  assert.equal(made.code, 0, made.stderr)
  const batch = asObject(parseJson(made.stdout))
  assert.deepEqual([batch?.['status'], batch?.['completed'], batch?.['key_name']], ['completed', 3, 'app'])
  const cost = Number(batch?.['cost_usd'])
  assert.ok(cost > 0 && cost <= most, `${cost} of ${most}`)

  const id = asString(batch?.['id']) ?? ''
  assert.equal((await weir(folder, 'batch', 'results', id, '-o', 'out.jsonl')).code, 0)
  const results = readFileSync(join(folder, 'out.jsonl'), 'utf8').trimEnd().split('\n')
  assert.deepEqual(
    results.map((line) => asObject(parseJson(line))?.['custom_id']),
    ['a', 'b', 'c'],
  )
  const printed = await weir(folder, 'batch', 'download', id)
  assert.equal(printed.stdout, readFileSync(join(folder, 'out.jsonl'), 'utf8'))
  const listed = await weir(folder, 'batch', 'list', '--json')
  assert.equal(asArray(asObject(parseJson(listed.stdout))?.['data']).length, 1)
  const late = await weir(folder, 'batch', 'cancel', id)
  assert.equal(late.code, 1)
  assert.match(late.stderr, /has ended \(completed\)/)

  const failed = await weir(folder, 'batch', 'submit', 'bad.jsonl', '--key', 'app', '--wait')
  assert.equal(failed.code, 1)
  assert.match(failed.stdout, /failed\n {2}0 of 0 answered.*\n {2}! line 4/)
})

test('without a gateway it is made and left for one, and not waited for', async (t) => {
  const folder = createTemporaryFolder()
  writeFileSync(join(folder, 'weir.yaml'), JSON.stringify({ ...config, keys: config.keys.slice(0, 1) }))
  writeLines(folder, 'good.jsonl', [chatLine('a', 'sim/echo')])
  const waiting = await weir(folder, 'batch', 'submit', 'good.jsonl', '--wait')
  assert.equal(waiting.code, 1)
  assert.match(waiting.stderr, /no gateway runs here/)
  const made = await weir(folder, 'batch', 'submit', 'good.jsonl', '--json')
  assert.equal(made.code, 0, made.stderr)
  assert.equal(asObject(parseJson(made.stdout))?.['status'], 'validating')
  await serveProcess(t, folder, { ...config, keys: config.keys.slice(0, 1) }, env)
  const id = asString(asObject(parseJson(made.stdout))?.['id']) ?? ''
  const done = await weir(folder, 'batch', 'status', id, '--wait')
  assert.equal(done.code, 0, done.stderr)
  assert.match(done.stdout, /completed\n {2}1 of 1 answered, 0 failed/)
})
