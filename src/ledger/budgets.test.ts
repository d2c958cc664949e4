/** Which budgets count a call, what they tell, and what they make of the time. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { type Budget, BudgetIndex } from './budget.ts'
import type { AttemptHold } from './attempt-hold.ts'
import type { BudgetEvent } from './budget-events.ts'
import { Budgets } from './budgets.ts'
import type { Credit } from './credits.ts'
import type { Spender } from './entry.ts'
import type { Charge } from './port.ts'

const spender: Spender = {
  requestId: 'req_1',
  org: 'default',
  keyId: 'key_1',
  keyName: 'ci',
  team: 'team_1',
  user: 'ada',
  session: 's',
  tags: ['a', 'b'],
  route: 'assistant',
  dialect: 'openai-chat',
  operation: 'generate',
  stream: false,
}

function budget(given: Partial<Budget>): Budget {
  return {
    id: 'b',
    org: 'default',
    scope: 'user',
    capNanoUsd: 1_000,
    period: 'day',
    isRolling: false,
    isHard: true,
    alertAt: [],
    origin: 'declared',
    ...given,
  }
}

const countersOf = (budgets: Budget[], provider = 'openai', model = 'gpt') =>
  new BudgetIndex(budgets).matches({ ...spender, provider, model }).map(({ counter }) => counter)

test('each scope has its own subject, and a budget without one counts each apart', () => {
  const expected = {
    organisation: ['b|default'],
    team: ['b|team_1'],
    key: ['b|key_1'],
    user: ['b|ada'],
    session: ['b|s'],
    tag: ['b|a', 'b|b'],
    model: ['b|openai/gpt'],
    provider: ['b|openai'],
    route: ['b|assistant'],
  } as const
  for (const [scope, counters] of Object.entries(expected)) {
    assert.deepEqual(countersOf([budget({ scope: scope as Budget['scope'] })]), counters, scope)
  }
})

test('a subject is an id, a name, or a pattern whose matches share one counter', () => {
  assert.deepEqual(countersOf([budget({ scope: 'key', subject: 'key_1' })]), ['b|key_1'])
  assert.deepEqual(countersOf([budget({ scope: 'key', subject: 'ci' })]), ['b|key_1'])
  assert.deepEqual(countersOf([budget({ scope: 'key', subject: 'other' })]), [])
  assert.deepEqual(countersOf([budget({ scope: 'model', subject: 'openai/*' })]), ['b'])
  assert.deepEqual(countersOf([budget({ scope: 'model', subject: 'claude/*' })]), [])
  assert.deepEqual(countersOf([budget({ org: 'other' })]), [])
})

interface Read {
  readonly charges?: Charge[]
  /** Of lines that came while they were read. */
  readonly since?: Charge[]
  /** How long reading beside the calls takes. */
  beside?(): Promise<void>
}

function start(budgets: Budget[], { charges = [], since = [], beside }: Read = {}, credits: Credit[] = []) {
  let questions = 0
  const events: BudgetEvent[] = []
  const clock = { atMs: Date.parse('2027-03-31T23:00:00Z') }
  const made = new Budgets({
    store: {
      charges() {
        questions++
        return charges
      },
      chargesBeside: async () => {
        questions++
        await beside?.()
        return { charges, seq: 0 }
      },
      chargesSince: () => since,
      hasLine: () => false,
      atOnce: (look) => look(),
    },
    budgets,
    credits,
    clock: { nowMs: () => clock.atMs },
    onEvent: (event) => events.push(event),
  })
  const reserve = (id: string, amountNanoUsd: number, whose = spender): AttemptHold => {
    const counted = made.counting(whose, 'openai', 'gpt', clock.atMs)
    const hold = {
      id,
      spender: whose,
      provider: 'openai',
      model: 'gpt',
      atMs: clock.atMs,
      counted,
      amountNanoUsd,
      isHeld: false,
    }
    void made.reserve(hold)
    return hold
  }
  const spend = (id: string, nanoUsd: number) => made.settle(reserve(id, nanoUsd), nanoUsd)
  return { made, events, clock, reserve, spend, asked: () => questions }
}

test('all budgets of a call have room, or none is touched', () => {
  const { made, reserve } = start([
    budget({ id: 'wide', capNanoUsd: 10_000 }),
    budget({ id: 'tight', scope: 'tag', subject: 'b', capNanoUsd: 500 }),
  ])
  assert.throws(() => reserve('1', 501), { code: 'budget_exceeded', status: 429 })
  const hold = reserve('2', 400)
  assert.equal(made.leftFor(hold.counted), 100)
  assert.throws(() => reserve('3', 101), { code: 'budget_exceeded' })
  made.settle(hold, 50)
  assert.equal(made.leftFor(hold.counted), 450)
  made.settle(hold, 50)
  assert.equal(made.leftFor(hold.counted), 450, 'settled twice')
})

test('each threshold is told when it is crossed, and the first refusal of a period', () => {
  const { events, clock, spend, reserve } = start([budget({ alertAt: [0.5, 1] })])
  spend('1', 499)
  spend('2', 1)
  spend('3', 500)
  for (const id of ['4', '5']) assert.throws(() => reserve(id, 1))
  clock.atMs += 3_600_000
  spend('6', 1_000)
  assert.throws(() => reserve('7', 1))
  assert.deepEqual(
    events.map(({ is, share, subject }) => `${is} ${share} ${subject}`),
    [
      'threshold 0.5 ada',
      'threshold 1 ada',
      'refused 1 ada',
      'threshold 0.5 ada',
      'threshold 1 ada',
      'refused 1 ada',
    ],
  )
})

test('a call that ends in the next period is counted in the one it began in', () => {
  const { made, clock, reserve } = start([budget({ period: 'month' })])
  const hold = reserve('1', 900)
  clock.atMs += 3_600_000
  const next = reserve('2', 1_000)
  made.settle(hold, 900)
  assert.equal(made.leftFor(next.counted), 0)
})

test('what the ledger has counts from the start, in the period of now', async () => {
  const charge = { org: 'default', subject: 'ada', bucketMs: 0, chargedNanoUsd: 600 }
  const { made, reserve } = start([budget({})], { charges: [charge, { ...charge, subject: 'bob' }] })
  assert.throws(() => reserve('1', 401))
  reserve('2', 400)
  assert.deepEqual(
    made.statesOf(made.all[0]!, Date.parse('2027-03-31T23:30:00Z')).map(({ subject }) => subject),
    ['ada', 'bob'],
  )
  assert.deepEqual(await made.differences(), [
    'budget b|ada: counted 0.0000006 + 0.0000004 reserved, the ledger has 0.0000006 + 0',
  ])
})

test("a team's credit holds from the call that brings it, and may be topped up", () => {
  const { reserve } = start([])
  const paid = (creditNanoUsd: number) => ({ ...spender, creditNanoUsd })
  reserve('1', 100)
  assert.throws(() => reserve('2', 501, paid(500)), { code: 'budget_exceeded' })
  reserve('3', 501, paid(1_000))
  reserve('4', 5_000)
})

test('a credit that is known from the start has nothing counted again', () => {
  const charge = { org: 'default', subject: 'team_1', bucketMs: 0, chargedNanoUsd: 600 }
  const { reserve, asked } = start([], { charges: [charge] }, [
    { org: 'default', team: 'team_1', creditNanoUsd: 1_000 },
  ])
  const before = asked()
  assert.throws(() => reserve('1', 401, { ...spender, creditNanoUsd: 1_000 }), { code: 'budget_exceeded' })
  reserve('2', 400, { ...spender, creditNanoUsd: 1_000 })
  assert.equal(asked(), before)
  reserve('3', 600, { ...spender, creditNanoUsd: 2_000 })
  assert.ok(asked() > before)
})

test('only a soft budget that is used up names its fallback', () => {
  const { made, clock, spend } = start([budget({ isHard: false, fallback: 'cheap' })])
  const whose = { ...spender }
  assert.equal(made.fallbackOf(whose, clock.atMs), undefined)
  spend('1', 1_000)
  assert.equal(made.fallbackOf(whose, clock.atMs), 'cheap')
  assert.equal(made.fallbackOf({ ...whose, route: 'cheap' }, clock.atMs), undefined)
})

test('while other budgets are counted, their calls wait, and others go on', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const charge = { org: 'default', subject: 'ada', bucketMs: 0, chargedNanoUsd: 500 }
  const { made, reserve } = start([budget({ id: 'org', scope: 'organisation', capNanoUsd: 10_000 })], {
    charges: [charge],
    since: [{ ...charge, chargedNanoUsd: 100 }],
    beside: () => promise,
  })
  const held = reserve('under way', 150)
  made.follow(() => [{ hold: held, requestId: 'req', attempt: 1, chargedNanoUsd: undefined }])
  const ofAda = budget({ subject: 'ada' })
  const inForce = made.replace([...made.all, ofAda])
  const waits = (user: string) => made.inForce({ ...spender, user }, 'openai', 'gpt') !== undefined
  assert.deepEqual([waits('ada'), waits('bob')], [true, false])
  reserve('of bob', 5_000, { ...spender, user: 'bob' })
  resolve()
  await inForce
  assert.deepEqual([waits('ada'), made.all.length], [false, 2])
  // 500 by the sums, 100 by the lines since, 150 under way.
  assert.throws(() => reserve('too much', 251), { code: 'budget_exceeded' })
  reserve('the rest', 250)
  made.settle(held, 50)
  reserve('what was too much held', 100)
})

test('the last of several changes is the one that comes into force', async () => {
  const waiting: (() => void)[] = []
  const { made } = start([], { beside: () => new Promise((resolve) => waiting.push(resolve)) })
  const first = made.replace([budget({ id: 'first' })])
  const last = made.replace([budget({ id: 'last' })])
  assert.equal(first, last)
  while (made.all.length === 0) {
    waiting.splice(0).forEach((go) => go())
    await setImmediate()
  }
  await last
  assert.deepEqual(
    made.all.map(({ id }) => id),
    ['last'],
  )
})

test('where nobody else can read the ledger, it is counted at once', async () => {
  const charge = { org: 'default', subject: 'ada', bucketMs: 0, chargedNanoUsd: 600 }
  const { made, reserve } = start([], {
    charges: [charge],
    beside: () => Promise.reject(new Error('too much to do')),
  })
  await made.replace([budget({})])
  assert.throws(() => reserve('1', 401), { code: 'budget_exceeded' })
})

test("a team's credit that is changed in the administration is counted beside the calls", async () => {
  const { made, reserve, asked } = start([])
  const team = { org: 'default', team: 'team_1', creditNanoUsd: 500 }
  const changing = made.replace([], [team])
  const paid = { ...spender, creditNanoUsd: 500 }
  assert.ok(made.inForce(paid, 'openai', 'gpt'))
  await changing
  const before = asked()
  assert.throws(() => reserve('1', 501, paid), { code: 'budget_exceeded' })
  assert.equal(asked(), before)
})
