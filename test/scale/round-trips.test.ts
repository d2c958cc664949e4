/** What a call under shared budgets asks of Redis: once before it is made and once after, whatever counts it. */

import assert from 'node:assert/strict'
import { Budgets } from '../../src/ledger/budgets.ts'
import { type Budget, budgetScopes } from '../../src/ledger/budget.ts'
import { SharedCounters } from '../../src/ledger/shared-counters.ts'
import { createRedisBudgetCounters } from '../../src/storage/redis/budget-counters.ts'
import { testRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { systemClock } from '../../src/core/clock.ts'

const calls = 50

const budgetOf = (scope: Budget['scope']): Budget => ({
  id: scope,
  org: 'default',
  scope,
  capNanoUsd: 1_000_000_000,
  period: 'day',
  isRolling: false,
  isHard: true,
  alertAt: [],
  origin: 'declared',
})
const spender = {
  requestId: 'r',
  org: 'default',
  keyId: 'k',
  keyName: 'key',
  team: 't',
  user: 'u',
  session: 's',
  tags: ['a', 'b'],
  route: 'route',
  dialect: 'openai-chat',
  operation: 'generate',
  stream: false,
} as const

testRedis(
  'a reservation is one question to Redis, and so is its settlement, for all scopes together',
  async (it, t) => {
    const redis = await it.connect()
    const counters = new SharedCounters({
      remote: createRedisBudgetCounters(redis, 'one'),
      clock: systemClock,
      newToken: () => crypto.randomUUID(),
      onState: () => undefined,
      onUncounted: (cause) => assert.fail(String(cause)),
    })
    const budgets = new Budgets({
      store: {
        charges: () => [],
        chargesBeside: () => Promise.resolve({ charges: [], seq: 0 }),
        chargesSince: () => [],
        hasLine: () => false,
        atOnce: (look) => look(),
      },
      budgets: budgetScopes.map(budgetOf),
      clock: systemClock,
      onEvent: () => undefined,
      shared: { counters, charges: () => Promise.resolve([]) },
    })
    t.after(() => budgets.close())
    await budgets.joined()
    const call = async (n: number): Promise<void> => {
      const atMs = systemClock.nowMs()
      const counted = budgets.counting(spender, 'openai', 'm', atMs)
      assert.equal(counted.length, budgetScopes.length + 1, 'two tags')
      const hold = {
        id: `call/${n}`,
        spender,
        provider: 'openai',
        model: 'm',
        atMs,
        amountNanoUsd: 10,
        counted,
        isHeld: false,
      }
      await budgets.reserve(hold)
      budgets.settle(hold, 5)
    }
    // Until the server is trusted, and has its scripts.
    await until(
      'the first call',
      () =>
        call(0).then(
          () => true,
          () => undefined,
        ),
      20_000,
    )
    /** Scripts that were asked for, by whatever way. */
    const asked = async (): Promise<number> => {
      const told = await redis.text.info('commandstats')
      const counts = [...told.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].map(([, count]) => Number(count))
      return counts.reduce((sum, count) => sum + count, 0)
    }
    const before = await asked()
    for (let n = 1; n <= calls; n++) await call(n)
    const spent = () => budgets.statesOf(budgets.all[0]!, systemClock.nowMs())[0]?.spentNanoUsd
    assert.equal(spent(), 5 * (calls + 1))
    const made = (await asked()) - before
    // Heartbeats, each second, are beside them.
    assert.ok(made >= 2 * calls && made < 2.5 * calls, `${made} questions for ${calls} calls`)
  },
)
