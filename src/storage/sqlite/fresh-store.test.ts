/** What only the journal's log has is counted by budgets, or nothing is. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createTemporaryFolder } from '../../../test/support/temporary-folder.ts'
import { systemClock } from '../../core/clock.ts'
import { GatewayError } from '../../core/error.ts'
import type { Budget } from '../../ledger/budget.ts'
import { Budgets } from '../../ledger/budgets.ts'
import { createLedger } from '../../ledger/ledger.ts'
import type { ModelInfo } from '../../models/model.ts'
import { openBufferedWriter } from './buffered-writer.ts'
import { freshStore } from './fresh-store.ts'
import { createJournal } from './journal.ts'
import { ledgerMigrations } from './ledger-migrations.ts'
import { createLedgerStore } from './ledger-store.ts'
import { openStore } from './open.ts'

const cap: Budget = {
  id: 'cap',
  org: 'default',
  scope: 'organisation',
  capNanoUsd: 1_000_000_000,
  period: 'total',
  isRolling: false,
  isHard: true,
  alertAt: [],
  origin: 'declared',
}

/** A dollar for a token. */
const info: ModelInfo = {
  provider: 'openai',
  id: 'm',
  contextWindow: 1_000,
  maxOutputTokens: 10,
  capabilities: {},
  price: { periods: [{ tiers: [{ aboveTokens: 0, rates: { input: 0, output: 1e15 } }] }] },
}

function start(t: TestContext) {
  const folder = createTemporaryFolder()
  const database = openStore(join(folder, 'ledger.db'), ledgerMigrations, systemClock)
  const logPath = join(folder, 'ledger.log')
  const { writer } = openBufferedWriter({ database, clock: systemClock, logPath })
  const journal = createJournal({
    write: (group) => writer.write(group),
    onState: () => undefined,
    onRefused: (why) => assert.fail(why),
    retryMs: 1,
  })
  t.after(async () => {
    await journal.close()
    writer.close()
    database.close()
  })
  const store = freshStore(createLedgerStore(database), () => writer.bringUp())
  const budgets = new Budgets({ store, budgets: [], clock: systemClock, onEvent: () => undefined })
  const ledger = createLedger({
    journal,
    clock: systemClock,
    budgets,
    models: () => () => info,
    admitsUnbounded: () => false,
    countText: () => Promise.resolve(0),
    onCharged: () => undefined,
  })
  let asked = 0
  /** A call that costs a dollar. */
  const call = async (payer: { team?: string; creditNanoUsd?: number } = {}): Promise<void> => {
    const account = await ledger.open({
      spender: {
        requestId: `req_${++asked}`,
        org: 'default',
        keyId: 'k',
        keyName: 'key',
        tags: [],
        dialect: 'openai-chat',
        operation: 'generate',
        stream: false,
        ...payer,
      },
      attempt: 1,
      provider: 'openai',
      model: 'm',
      credential: 'key-1',
      bounds: { inputBytes: 1, turns: 1, images: 0, isUnbounded: false, maxOutputTokens: 1 },
    })
    const usage = { inputTokens: 0, outputTokens: 1 }
    await account.settle({ phase: 'answered', status: 200, isWhole: true, usage })
  }
  const setWritable = (isWritable: boolean) => database.exec(`pragma query_only = ${isWritable ? 0 : 1}`)
  return { budgets, store, call, setWritable }
}

const refusedAs = (code: string) => (error: unknown) => error instanceof GatewayError && error.code === code

test('a budget that is made while the tables cannot be written lets no call through, and then counts all', async (t) => {
  const it = start(t)
  await it.call()
  it.setWritable(false)
  await assert.rejects(it.budgets.replace([cap]), refusedAs('ledger_unavailable'))
  await assert.rejects(it.call(), refusedAs('ledger_unavailable'))
  assert.deepEqual(it.store.search({ org: 'default', limit: 10 }).data, [], 'reports are of what is there')
  it.setWritable(true)
  await assert.rejects(it.call(), refusedAs('budget_exceeded'))
  assert.deepEqual(await it.budgets.differences(), [])
})

test("a team's credit that comes while the tables cannot be written is counted when they can be", async (t) => {
  const it = start(t)
  const paying = { team: 'payers', creditNanoUsd: 1_000_000_000 }
  await it.call({ team: 'payers' })
  it.setWritable(false)
  await assert.rejects(it.call(paying), refusedAs('ledger_unavailable'))
  it.setWritable(true)
  await assert.rejects(it.call(paying), refusedAs('budget_exceeded'))
})
