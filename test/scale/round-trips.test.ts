/** What a call under shared budgets asks of Redis: once before it is made and once after, whatever counts it. */

import assert from 'node:assert/strict'
import { Budgets } from '../../src/ledger/budgets.ts'
import { type Budget, budgetScopes } from '../../src/ledger/budget.ts'
import { SharedCounters } from '../../src/ledger/shared-counters.ts'
import { createRedisBudgetCounters } from '../../src/storage/redis/budget-counters.ts'
import type { Redis } from '../../src/storage/redis/connect.ts'
import { testInstances } from '../support/instances.ts'
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

/** Scripts that were asked for, by whatever way. */
async function asked({ text }: Redis): Promise<number> {
  const told = await text.info('commandstats')
  const counts = [...told.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].map(([, count]) => Number(count))
  return counts.reduce((sum, count) => sum + count, 0)
}

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
    const before = await asked(redis)
    for (let n = 1; n <= calls; n++) await call(n)
    const spent = () => budgets.statesOf(budgets.all[0]!, systemClock.nowMs())[0]?.spentNanoUsd
    assert.equal(spent(), 5 * (calls + 1))
    const made = (await asked(redis)) - before
    // Heartbeats, each second, are beside them.
    assert.ok(made >= 2 * calls && made < 2.5 * calls, `${made} questions for ${calls} calls`)
  },
)

testInstances(
  'a request through the gateway, with limits and budgets that all instances share, asks Redis four questions',
  1,
  async (it, t) => {
    const redis = await it.redis.connect()
    const ask = async (): Promise<number> => {
      const body = {
        model: 'openai/echo',
        max_tokens: 4,
        messages: [{ role: 'user', content: 'of the river' }],
      }
      const response = await it.post(0, '/v1/chat/completions', body, { 'x-weir-user': 'ada' })
      await response.text()
      return response.status
    }
    await until('hard budgets to be trusted', async () => (await ask()) === 200 || undefined, 20_000)
    const before = await asked(redis)
    const startedMs = performance.now()
    for (let n = 0; n < calls; n++) assert.equal(await ask(), 200)
    const made = (await asked(redis)) - before
    const seconds = Math.ceil((performance.now() - startedMs) / 1_000)
    t.diagnostic(`${made} questions for ${calls} requests in ${seconds} s`)
    // Of budgets and of limits: one before the call and one after. Heartbeats are beside them.
    assert.ok(made > calls && made <= 4 * calls + 4 * (seconds + 1), `${made} in ${seconds} s`)
  },
  {
    models: { 'openai/*': { price: { input: 1, output: 1_000 } } },
    limits: [{ scope: 'key', rpm: 1_000_000, tpm: 100_000_000, concurrency: 100 }],
    budgets: [
      { scope: 'user', usd: 100, period: 'day', cap: 'hard' },
      { scope: 'organisation', usd: 1_000, period: 'month', cap: 'hard' },
    ],
  },
)
