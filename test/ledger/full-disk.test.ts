/** F63: a full disk. Calls that cost money get 503, nothing that was answered is lost, and it goes on when there is room. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { asObject, type JsonObject } from '../../src/core/json.ts'
import { startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

/** Mounts a disk of its own, of this size; undefined where this user may not. */
function smallDisk(size: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'weir-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'ignore' })
    return folder
  } catch {
    rmSync(folder, { recursive: true })
    return undefined
  }
}

function fill(path: string): void {
  const file = openSync(path, 'w')
  try {
    for (let chunk = Buffer.alloc(65_536); chunk.length > 0;) {
      try {
        writeSync(file, chunk)
      } catch {
        chunk = chunk.subarray(0, chunk.length >> 1)
      }
    }
  } finally {
    closeSync(file)
  }
}

test('a full disk refuses calls, loses none, and is forgotten when there is room again', async (t) => {
  const disk = smallDisk('16m')
  if (disk === undefined) return t.skip('only root may mount a small disk')
  const stack = await startStack(t, {
    dataDir: join(disk, 'data'),
    config: {
      models: { 'openai/*': { price: { input: 1, output: 4 }, maxOutputTokens: 1_000 } },
      budgets: [{ scope: 'organisation', usd: 1_000, period: 'total', cap: 'hard' }],
      records: { enabled: false },
    },
  })
  // Hooks run in the order in which they were added: the gateway ends first.
  t.after(() => {
    execFileSync('umount', ['-l', disk])
    rmSync(disk, { recursive: true })
  })
  const ask = async () => {
    const response = await stack.post('/v1/chat/completions', {
      model: 'openai/echo',
      messages: [{ role: 'user', content: 'hello '.repeat(50) }],
    })
    return { status: response.status, body: (await response.json()) as JsonObject }
  }
  assert.equal((await ask()).status, 200)
  fill(join(disk, 'filler'))
  let answered = 1
  const refused = await until('the first refusal', async () => {
    const answer = await ask()
    if (answer.status === 200) answered++
    return answer.status === 200 ? undefined : answer
  })
  assert.deepEqual([refused.status, asObject(refused.body['error'])?.['code']], [503, 'ledger_unavailable'])
  const { data } = await stack.admin('/usage?by=model')
  assert.ok(Array.isArray(data), 'reports are read while nothing can be written')
  rmSync(join(disk, 'filler'))
  await until('an answer', async () => {
    const { status } = await ask()
    if (status === 200) answered++
    return status === 200 ? true : undefined
  })
  const proof = await until('the settlements', async () => {
    const found = await stack.admin('/ledger/verify')
    return found['open'] === 0 ? found : undefined
  })
  assert.deepEqual(proof['differences'], [])
  assert.equal(Number(proof['settled']), stack.simulator.receipts().length)
  assert.equal(stack.simulator.receipts().length, answered)
})
