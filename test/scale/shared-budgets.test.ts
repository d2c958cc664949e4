/** Hard budgets over several instances: no cap is crossed and no fault refuses a caller's money, whatever becomes of Redis. */

import assert from 'node:assert/strict'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { type Instances, sharedLines, testInstances } from '../support/instances.ts'
import { until } from '../support/until.ts'

const inputNanoUsd = 1_000
const outputNanoUsd = 1_000_000

const wider: JsonObject[] = [
  { scope: 'organisation', usd: 50, period: 'month', cap: 'hard' },
  { scope: 'tag', usd: 40, period: 'day', window: 'rolling', cap: 'hard' },
  { scope: 'session', usd: 0.01, period: 'total' },
]
const config: JsonObject = {
  models: { 'openai/*': { price: { input: 1, output: 1_000 } } },
  budgets: [{ scope: 'user', usd: 3, period: 'day', cap: 'hard' }, ...wider],
}

interface Asked {
  readonly status: number
  readonly code: string | undefined
}

async function ask(
  it: Instances,
  at: number,
  headers: Record<string, string>,
  given: JsonObject = {},
): Promise<Asked> {
  const response = await it.post(
    at,
    '/v1/chat/completions',
    {
      model: 'openai/echo',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'of the river' }],
      ...given,
    },
    headers,
  )
  const body = asObject(await response.json())
  return { status: response.status, code: asString(asObject(body?.['error'])?.['code']) }
}

/** What the provider was asked for, and would bill. */
function billed({ simulator }: Instances): number {
  return simulator
    .receipts()
    .reduce(
      (sum, { billed: tokens }) =>
        sum + (tokens?.inputTokens ?? 0) * inputNanoUsd + (tokens?.outputTokens ?? 0) * outputNanoUsd,
      0,
    )
}

async function stateOf(it: Instances, at: number, scope: string): Promise<JsonObject | undefined> {
  const { data } = await it.admin(at, `/budgets?scope=${scope}`)
  return asObject(asArray(asObject(asArray(data)[0])?.['states'])[0])
}

/** Each instance knows what all have spent, and nothing is held for nobody. */
async function allAgree(it: Instances, scope: string, nanoUsd: number): Promise<void> {
  for (const at of it.gateways.keys()) {
    await until(
      `instance ${at} to count what was billed`,
      async () => {
        const state = await stateOf(it, at, scope)
        const spent = Math.round(Number(state?.['spent_usd']) * 1e9)
        return spent === nanoUsd && state?.['reserved_usd'] === '0' ? true : undefined
      },
      15_000,
    )
  }
}

async function verifyAll(it: Instances): Promise<void> {
  const receipts = it.simulator.receipts().length
  const lines = await until(
    'all lines to be there',
    async () => {
      const found = await sharedLines(it)
      return found.length >= receipts ? found : undefined
    },
    20_000,
  )
  assert.equal(lines.length, receipts)
  for (const at of it.gateways.keys())
    assert.deepEqual((await it.admin(at, '/ledger/verify'))['differences'], [])
}

/** A Redis that has just begun to count waits for all that may have to tell something. */
async function isTrusted(it: Instances): Promise<void> {
  await until(
    'hard budgets to be trusted',
    async () =>
      (await ask(it, 0, { 'x-weir-user': 'first' }, { max_tokens: 1 })).status === 200 ? true : undefined,
    15_000,
  )
}

testInstances(
  '500 parallel calls on four instances: hard caps are not crossed by a nano-dollar',
  4,
  async (it, t) => {
    await isTrusted(it)
    const before = billed(it)
    const headers = { 'x-weir-user': 'crowd', 'x-weir-tags': 'busy' }
    // Each may cost hardly more than it does: the cap itself is what stops them.
    const askAll = (count: number): Promise<Asked[]> =>
      Promise.all(Array.from({ length: count }, (_, n) => ask(it, n % 4, headers, { max_tokens: 4 })))
    const answers = await askAll(500)
    const atOnce = answers.filter(({ status }) => status === 200).length
    // What was held beyond what it cost is there again: until the cap itself stops them.
    for (let passed = atOnce; passed > 0;) {
      const more = await askAll(100)
      passed = more.filter(({ status }) => status === 200).length
      answers.push(...more)
    }
    const through = answers.filter(({ status }) => status === 200).length
    const spent = billed(it) - before
    const codes = Map.groupBy(answers, ({ status, code }) => `${status} ${code ?? ''}`)
    const told = [...codes].map(([code, all]) => `${all.length} x ${code}`).join(', ')
    t.diagnostic(`${spent / 1e9} of 0.5 USD, ${atOnce} calls at once; ${told}`)
    assert.ok(spent <= 5e8, `${spent}`)
    // Where a machine is so slow that Redis counts as away, an instance lets through only what it keeps.
    const isSlow = it.gateways.some(({ log }) => log().includes('of hard budgets'))
    if (!isSlow) assert.ok(spent >= 4.7e8, `${spent}`)
    assert.ok(through > 0)
    for (const { status, code } of answers) {
      assert.ok(
        status === 200 || code === 'budget_exceeded' || code === 'budget_unavailable',
        `${status} ${code}`,
      )
    }
    assert.equal(it.simulator.receipts().length, through + 1)
    await allAgree(it, 'organisation', billed(it))
    await verifyAll(it)
  },
  { ...config, budgets: [{ scope: 'user', usd: 0.5, period: 'day', cap: 'hard' }, ...wider] },
)

/** Callers of all instances that ask until they are told to stop. */
class Load {
  readonly answers = new Map<string, number>()
  asked = 0
  readonly #callers: Promise<void>[]
  #isOver = false

  constructor(it: Instances, headers: Record<string, string>, given: JsonObject) {
    const ask1 = async (at: number): Promise<void> => {
      while (!this.#isOver) {
        const { status, code } = await ask(it, at, headers, given)
        const told = `${status} ${code ?? ''}`.trim()
        this.answers.set(told, (this.answers.get(told) ?? 0) + 1)
        this.asked++
      }
    }
    this.#callers = [...it.gateways.keys()].flatMap((at) => [ask1(at), ask1(at)])
  }

  async more(count: number): Promise<void> {
    const goal = this.asked + count
    await until(`${count} more answers`, () => (this.asked >= goal ? true : undefined), 60_000)
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#callers)
  }
}

testInstances(
  'Redis paused, killed and started under load: caps hold, soft budgets go on, nobody is refused for the fault',
  4,
  async (it, t) => {
    await isTrusted(it)
    const hard = new Load(it, { 'x-weir-user': 'ada' }, { max_tokens: 4 })
    const soft = new Load(it, { 'x-weir-session': 's' }, { max_tokens: 4 })
    await soft.more(100)
    it.redis.pause()
    await soft.more(100)
    it.redis.resume()
    await soft.more(100)
    await it.redis.kill()
    await soft.more(100)
    await it.redis.start()
    await soft.more(100)
    await until('the cap to refuse', () => hard.answers.has('429 budget_exceeded') || undefined, 60_000)
    await hard.more(200) // calls at the cap
    await hard.stop()
    await soft.stop()
    t.diagnostic(`hard: ${JSON.stringify([...hard.answers])}; soft: ${JSON.stringify([...soft.answers])}`)
    assert.deepEqual([...soft.answers.keys()], ['200'])
    for (const answer of hard.answers.keys()) {
      assert.ok(['200', '429 budget_exceeded', '503 budget_unavailable'].includes(answer), answer)
    }
    assert.equal(
      it.simulator.receipts().length,
      1 + soft.asked + (hard.answers.get('200') ?? 0),
      'a call was made that was not answered',
    )
    await verifyAll(it)
    const spentByAda = (await sharedLines(it))
      .filter((line) => line['user'] === 'ada')
      .reduce((sum, line) => sum + Math.round(Number(line['charged_usd']) * 1e9), 0)
    assert.ok(spentByAda <= 1e9, `${spentByAda}`)
    assert.ok(spentByAda > 5e8, `${spentByAda}: the cap itself is what refused her`)
    await until(
      'all to count what she spent',
      async () => {
        const { data } = await it.admin(1, '/budgets?scope=user')
        const states = asArray(asObject(asArray(data)[0])?.['states']).map((state) => asObject(state)!)
        const ada = states.find(({ subject }) => subject === 'ada')
        return Math.round(Number(ada?.['spent_usd']) * 1e9) === spentByAda ? true : undefined
      },
      15_000,
    )
  },
  {
    ...config,
    budgets: [
      { scope: 'user', usd: 1, period: 'day', cap: 'hard' },
      { scope: 'session', usd: 0.01, period: 'total' },
    ],
  },
)

testInstances(
  'what a killed instance held comes back when its journal is settled',
  2,
  async (it) => {
    await isTrusted(it)
    const before = Number((await stateOf(it, 1, 'organisation'))!['spent_usd'])
    const lost = ask(it, 0, { 'x-weir-user': 'ada' }, { model: 'openai/fault/ttfb-inf' }).catch(
      () => undefined,
    )
    const held = await until('the call to be held', async () => {
      const state = await stateOf(it, 1, 'organisation')
      return Number(state?.['reserved_usd']) > 0.09 ? state : undefined
    })
    it.gateways[0]!.child.kill('SIGKILL')
    await lost
    assert.equal((await stateOf(it, 1, 'organisation'))!['reserved_usd'], held['reserved_usd'])
    await it.startAgain(0)
    const after = await until('the call to be settled', async () => {
      const state = await stateOf(it, 1, 'organisation')
      return state?.['reserved_usd'] === '0' ? state : undefined
    })
    // It may have been billed, so it counts for what it can have cost.
    const charged = Number(after['spent_usd']) - before
    assert.ok(Math.abs(charged - Number(held['reserved_usd'])) < 1e-9, `${charged}`)
  },
  config,
)
