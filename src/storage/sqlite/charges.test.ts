/** Budgets that are counted while calls end: every charge counts once, whichever thread has read it. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createTemporaryFolder } from '../../../test/support/temporary-folder.ts'
import { systemClock } from '../../core/clock.ts'
import type { Budget } from '../../ledger/budget.ts'
import { Budgets } from '../../ledger/budgets.ts'
import type { BudgetScope } from '../../ledger/port.ts'
import { ledgerMigrations } from './ledger-migrations.ts'
import { createLedgerStore } from './ledger-store.ts'
import { openStore } from './open.ts'
import { createReader, type Reader } from './reader.ts'
import { createRoller } from './rollups.ts'

const scopes: readonly BudgetScope[] = ['organisation', 'key', 'user', 'tag', 'model']
const nanoUsdPerLine = 3

function budgetOf(scope: BudgetScope, period: Budget['period'], isRolling: boolean): Budget {
  return {
    id: `${scope} ${period} ${isRolling}`,
    org: 'default',
    scope,
    capNanoUsd: 1_000_000,
    period,
    isRolling,
    isHard: true,
    alertAt: [],
    origin: 'declared',
  }
}

for (const [name, period, isRolling] of [
  ['the sums', 'total', false],
  ['the sums of hours', 'day', true],
  ['the lines', 'hour', true],
] as const) {
  test(`what is settled while ${name} are read by another thread counts once`, async (t) => {
    const path = join(createTemporaryFolder(), 'ledger.db')
    const database = openStore(path, ledgerMigrations, systemClock)
    const insert = database.prepare(
      `insert into ledger (org, request_id, attempt, at_ms, operation, dialect, stream, provider, model, credential, key_id,
        key_name, user, tags, reserved_nano_usd, price_version, kind, settled_at_ms, usage_source, flags, input_tokens,
        output_tokens, provider_cost_nano_usd, charged_nano_usd)
      values ('default', ?, 1, ?, 'generate', 'd', 0, 'p', 'm', 'c', 'k', 'key', 'ada', '["t"]', 9, 'none', 'settle', ?, 'provider', 0,
        1, 1, ${nanoUsdPerLine}, ${nanoUsdPerLine})`,
    )
    let lines = 0
    const settle = (count: number): void => {
      const nowMs = systemClock.nowMs()
      for (let n = 0; n < count; n++) insert.run(`req_${++lines}`, nowMs, nowMs)
    }
    const thread = createReader(path)
    t.after(async () => {
      await thread.close()
      database.close()
    })
    // More lines come before a question is read, and again before its answer is there.
    const reader: Pick<Reader, 'all'> = {
      async all(sql, parameters) {
        settle(7)
        const rows = await thread.all(sql, parameters)
        settle(5)
        createRoller(database).step()
        await setImmediate()
        return rows
      },
    }
    settle(40)
    createRoller(database).step()
    settle(10)
    const budgets = new Budgets({
      store: createLedgerStore(database, { reader }),
      budgets: [],
      clock: systemClock,
      onEvent: () => undefined,
    })
    await budgets.replace(scopes.map((scope) => budgetOf(scope, period, isRolling)))
    const counted = budgets.all.map((budget) =>
      budgets.statesOf(budget, systemClock.nowMs()).map(({ spentNanoUsd }) => spentNanoUsd),
    )
    assert.deepEqual(
      counted,
      scopes.map(() => [lines * nanoUsdPerLine]),
    )
    assert.ok(lines > 50 + 12 * (scopes.length - 1))
  })
}
