/** Corrections count in budgets, also those that had to wait for the disk. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import { until } from '../../test/support/until.ts'
import { systemClock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { createJournalWriter } from '../storage/sqlite/journal-writer.ts'
import { createJournal } from '../storage/sqlite/journal.ts'
import { ledgerMigrations } from '../storage/sqlite/ledger-migrations.ts'
import { createLedgerStore } from '../storage/sqlite/ledger-store.ts'
import { openStore } from '../storage/sqlite/open.ts'
import type { Budget } from './budget.ts'
import { Budgets } from './budgets.ts'
import { enterCorrections } from './corrections.ts'
import type { DirectEntry } from './port.ts'

const budget: Budget = {
  id: 'all',
  org: 'default',
  scope: 'organisation',
  capNanoUsd: 1_000,
  period: 'total',
  isRolling: false,
  isHard: true,
  alertAt: [],
  origin: 'declared',
}

const correction: DirectEntry = {
  kind: 'adjust',
  requestId: 'adjust_1',
  attempt: 0,
  atMs: 1,
  settledAtMs: 2,
  org: 'default',
  keyId: '',
  keyName: '',
  tags: [],
  operation: 'generate',
  dialect: 'openai-chat',
  stream: false,
  provider: 'openai',
  model: 'm',
  credential: '',
  usage: { inputTokens: 0, outputTokens: 0 },
  usageSource: 'none',
  flags: 0,
  reservedNanoUsd: 0,
  priceVersion: 'none',
  providerCostNanoUsd: 700,
  chargedNanoUsd: 700,
}

test('corrections that waited for the disk are counted when it has them', async (t) => {
  const database = openStore(join(createTemporaryFolder(), 'ledger.db'), ledgerMigrations, systemClock)
  const writer = createJournalWriter(database)
  let isFull = true
  const journal = createJournal({
    write: (group) => (isFull ? { is: 'failed', why: 'full', isFatal: false } : writer.write(group)),
    retryMs: 1,
    onState: () => undefined,
    onRefused: (why) => assert.fail(why),
  })
  t.after(async () => {
    await journal.close()
    database.close()
  })
  const store = createLedgerStore(database)
  const budgets = new Budgets({ store, budgets: [budget], clock: systemClock, onEvent: () => undefined })
  const spent = () => budgets.statesOf(budget, systemClock.nowMs()).map(({ spentNanoUsd }) => spentNanoUsd)
  const parts = {
    journal,
    recount: () => budgets.replace([budget]),
    onError: (cause: unknown) => assert.fail(String(cause)),
  }
  await assert.rejects(
    enterCorrections([correction], parts),
    (error) => error instanceof GatewayError && error.code === 'ledger_unavailable',
  )
  assert.deepEqual(spent(), [])
  isFull = false
  await until('the correction to count', () => (spent()[0] === 700 ? true : undefined))
  await enterCorrections([{ ...correction, requestId: 'adjust_2' }], parts)
  assert.deepEqual(spent(), [1_400])
})
