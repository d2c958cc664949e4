import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import test from 'node:test'
import { stackProviders, startStack, testKey } from '../support/stack.ts'
import { type Cell, matrixTable } from './matrix-table.ts'
import { pythonOrSkip } from './python.ts'

const script = resolve(import.meta.dirname, 'python/matrix.py')

test('the Python SDKs, each with every provider', async (t) => {
  const python = pythonOrSkip(t)
  if (python === undefined) return
  const stack = await startStack(t)
  const child = spawn(python, [script, stack.gateway.url, testKey, stack.simulatorUrl, ...stackProviders], {
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const errors = text(child.stderr)
  const closed = once(child, 'close') as Promise<[number]>
  const cells: Cell[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    const { error, ...cell } = JSON.parse(line) as Omit<Cell, 'outcome'> & { error: string | null }
    cells.push({ ...cell, outcome: error === null ? 'passed' : 'failed' })
    await t.test(`${cell.sdk} | ${cell.provider} | ${cell.feature}`, () => assert.equal(error, null))
  }
  assert.deepEqual([await closed, cells.length > 100], [[0, null], true], await errors)
  for (const line of matrixTable(cells)) t.diagnostic(line)
})
