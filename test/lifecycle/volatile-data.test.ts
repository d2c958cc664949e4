/** A ledger that would end with its container is warned of. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const memory = '/dev/shm'
const isThere = (): boolean => {
  try {
    return statfsSync(memory).type === 0x0102_1994
  } catch {
    return false
  }
}

test('a data folder in memory', { skip: !isThere() && `${memory} is no tmpfs` }, async (t) => {
  const folder = mkdtempSync(join(memory, 'weir-test-'))
  const stack = await startStack(t, { dataDir: folder })
  t.after(() => rmSync(folder, { recursive: true }))
  const line = await until('the warning', () => stack.log.find((text) => text.includes('the data folder is')))
  assert.match(line, /in memory \(tmpfs\): the ledger ends with it/)
})
