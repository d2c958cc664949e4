/** `weir eval run` from the command line to the provider and back: verdicts, exit codes, faults, resumption. */

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { until } from '../support/until.ts'
import { evalBench } from './weir.ts'

/** A suite of `n` cases that the model `echo` passes. */
function suite(n: number, more: JsonObject = {}): string {
  return JSON.stringify({
    name: 'echoes',
    prompts: ['{{q}}'],
    tests: Array.from({ length: n }, (_, index) => ({
      id: `case-${index}`,
      vars: { q: `question number ${index}.` },
      assert: [{ type: 'contains', value: `number ${index}.` }],
    })),
    ...more,
  })
}

const reportOf = (folder: string, name = 'report.json'): JsonObject =>
  JSON.parse(readFileSync(join(folder, name), 'utf8')) as JsonObject

test('verdicts are exit codes, and every kind of report is written', async (t) => {
  const { folder, simulator, write, weir } = await evalBench(t)
  write('suite.yaml', suite(100))
  const outputs = ['json', 'jsonl', 'csv', 'html', 'md', 'junit.xml'].flatMap((end) => [
    '-o',
    `report.${end}`,
  ])
  const passed = await weir(
    'run',
    'suite.yaml',
    '--candidate',
    'up/echo',
    '--baseline',
    'up/echo',
    ...outputs,
  )
  assert.equal(passed.code, 0, passed.stderr + passed.stdout)
  assert.match(passed.stdout, /pass rate .* pass/)
  const report = reportOf(folder)
  const rows = asArray(report['rows']).map((row) => asObject(row)!)
  assert.equal(rows.length, 200)
  assert.ok(
    rows.every(
      ({ status, pass, costUsd, ttftMs }) =>
        status === 'graded' && pass && Number(costUsd) > 0 && Number(ttftMs) > 0,
    ),
  )
  assert.match(readFileSync(join(folder, 'report.html'), 'utf8'), /<title>echoes: pass<\/title>/)
  assert.match(readFileSync(join(folder, 'report.junit.xml'), 'utf8'), /tests="100" failures="0" errors="0"/)
  assert.match(readFileSync(join(folder, 'report.md'), 'utf8'), /^<!-- weir-eval:echoes -->\n### ✅/)
  assert.equal(readFileSync(join(folder, 'report.csv'), 'utf8').split('\n').length, 202)

  mkdirSync(join(folder, 'evals'))
  write('evals/some.yaml', suite(30))
  const arms = ['--candidate', 'up/words-5', '--baseline', 'up/echo']
  const failed = await weir('run', 'evals/some.yaml', ...arms, '--github', '--fail-exit', '7')
  assert.equal(failed.code, 7)
  assert.match(failed.stdout, /First failures/)
  assert.equal(
    failed.stderr.match(/^::error file=evals\/some\.yaml,line=1,title=case-\d+::contains: /gm)?.length,
    10,
  )
  const asked = simulator.receipts().length
  const planned = await weir('run', 'suite.yaml', ...arms, '--dry-run')
  assert.equal(planned.code, 0)
  assert.match(planned.stdout, /up\/words-5: 100 calls, about \$0\.\d+/)
  assert.match(planned.stdout, /P\(pass\) of the gate.*\n.*\n {2}diffuse( +\d\.\d\d){4}/)
  assert.equal(simulator.receipts().length, asked)
  const open = await weir(
    'run',
    'suite.yaml',
    '--candidate',
    'up/echo',
    '--baseline',
    'up/echo',
    '--filter-first-n',
    '30',
  )
  assert.equal(open.code, 101)
  assert.match(open.stdout, /filtered run does not gate/)
  const again = await weir('analyze', 'report.json', '--json')
  assert.equal(again.code, 0)
  assert.deepEqual(JSON.parse(again.stdout), report)
})

test('bad usage and broken suites name the place and the mend, with exit code 2', async (t) => {
  const { simulator, write, weir } = await evalBench(t)
  write('broken.yaml', 'prompts: ["{{q}}"]\ntests:\n  - {id: a, vars: {q: x}, asert: []}\n')
  const broken = await weir('run', 'broken.yaml')
  assert.equal(broken.code, 2)
  assert.match(
    broken.stderr,
    /broken\.yaml:3:\d+ tests\[0\]\.asert: unknown key "asert"\n +The nearest known key is `assert`/,
  )
  write('good.yaml', suite(2, { candidate: 'up/echo' }))
  const refused: readonly (readonly [RegExp, ...string[]])[] = [
    [/no known kind/, 'gone.yaml', '-o', 'report.doc'],
    [/there is no folder .*gone/, 'good.yaml', '-o', 'gone/report.html'],
    [/There is no pack wat; known: conflict/, 'pack:wat'],
    [/Write a:b, such as/, 'good.yaml', '--filter-range', '3'],
    [/Write an amount of USD/, 'good.yaml', '--max-usd', 'two'],
    [/Unterminated group/, 'good.yaml', '--filter-pattern', '('],
    [/`nowhere\/model` is not a route/, 'good.yaml', '--baseline', 'nowhere/model'],
    [/There is no such run/, 'good.yaml', '--filter-failing', 'run_none'],
  ]
  for (const [words, ...args] of refused) {
    const { code, stderr } = await weir('run', ...args)
    assert.match(stderr, words)
    assert.equal(code, 2, args.join(' '))
  }
  assert.equal(simulator.receipts().length, 0)
})

test('a run that was killed goes on where it was, and asks nothing twice that had finished', async (t) => {
  const bench = await evalBench(t)
  const { folder, simulator, write } = bench
  write('suite.yaml', suite(30))
  const args = ['run', 'suite.yaml', '--candidate', 'up/slow-1ms', '-j', '2', '-o', 'report.json']
  const running = bench.start(...args)
  await until('some answers', () => (simulator.receipts().length >= 8 ? true : undefined), 20_000)
  running.kill('SIGKILL')
  await running.finished
  const asked = simulator.receipts().length
  assert.ok(asked < 30)
  const resumed = await bench.weir('run', 'suite.yaml', '--resume', '-o', 'report.json')
  assert.equal(resumed.code, 100, resumed.stderr)
  assert.equal(asArray(reportOf(folder)['rows']).length, 30)
  // Two were under way when it was killed, and perhaps two more whose rows were not stored yet.
  assert.ok(simulator.receipts().length <= 30 + 4, `${simulator.receipts().length} calls for 30 answers`)
})

test('Ctrl-C keeps what has finished and says how to go on', async (t) => {
  const { simulator, write, start } = await evalBench(t)
  write('suite.yaml', suite(100))
  const running = start('run', 'suite.yaml', '--candidate', 'up/slow-1ms', '-j', '2')
  await until('some answers', () => (simulator.receipts().length >= 5 ? true : undefined), 20_000)
  running.kill('SIGINT')
  const { code, stderr } = await running.finished
  assert.equal(code, 130)
  assert.match(stderr, /weir eval run --resume run_\w+/)
})

test('JavaScript of a suite runs only when it is allowed', async (t) => {
  const { write, weir } = await evalBench(t)
  write(
    'grade.js',
    'module.exports = (output, { vars }) => ({ pass: output === vars.q, score: 1, reason: "mine" })',
  )
  write(
    'suite.yaml',
    JSON.stringify({
      prompts: ['{{q}}'],
      candidate: 'up/echo',
      tests: [{ id: 'a', vars: { q: 'hello' }, assert: [{ type: 'javascript', value: 'file://grade.js' }] }],
    }),
  )
  const refused = await weir('run', 'suite.yaml')
  assert.notEqual(refused.code, 0)
  assert.match(refused.stderr, /--allow-js/)
  const allowed = await weir('run', 'suite.yaml', '--allow-js')
  assert.equal(allowed.code, 0, allowed.stdout)
})
