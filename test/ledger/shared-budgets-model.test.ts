/** Budgets of several instances against a model: whatever is lost, late, doubled or dead, no hard cap is crossed. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { GatewayError } from '../../src/core/error.ts'
import { type Budget, BudgetIndex, windowOf } from '../../src/ledger/budget.ts'
import type { AttemptHold } from '../../src/ledger/attempt-hold.ts'
import { Budgets } from '../../src/ledger/budgets.ts'
import type { Spender } from '../../src/ledger/entry.ts'
import type { Charge, ChargeQuery, RemoteCounters } from '../../src/ledger/port.ts'
import { SharedCounters } from '../../src/ledger/shared-counters.ts'
import { createRedisBudgetCounters } from '../../src/storage/redis/budget-counters.ts'
import { epochKey, instancesKey } from '../../src/storage/redis/budget-scripts.ts'
import type { Redis } from '../../src/storage/redis/connect.ts'
import { testRedis } from '../support/redis.ts'

const numRuns = process.env['WEIR_PROVE'] === '1' ? 2_000 : 40
const instanceCount = 3
/** A busy machine must not make Redis seem away where nothing is made to fail. */
const patientMs = 20_000
const users = ['ada', 'bob']
const faults = ['lost', 'unanswered', 'late', 'twice'] as const

type Fault = (typeof faults)[number]

interface Line {
  readonly user: string
  readonly atMs: number
  readonly chargedNanoUsd: number
}

interface Call extends Line {
  readonly instance: Instance
  readonly hold: AttemptHold
}

/** Redis as a network that fails hands it on. */
class Network {
  readonly #redis: RemoteCounters
  /** What becomes of the next commands. */
  readonly faults: Fault[] = []
  /** Commands that will still arrive. */
  readonly late: (() => Promise<unknown>)[] = []
  isCut = false

  constructor(redis: RemoteCounters) {
    this.#redis = redis
  }

  readonly remote: RemoteCounters = {
    reserve: (...given) => this.#send(() => this.#redis.reserve(...given)),
    settle: (...given) => this.#send(() => this.#redis.settle(...given)),
    lastToken: () => this.#send(() => this.#redis.lastToken()),
    report: (...given) => this.#send(() => this.#redis.report(...given)),
    beat: (...given) => this.#send(() => this.#redis.beat(...given)),
    uncounted: (...given) => this.#send(() => this.#redis.uncounted(...given)),
    count: (...given) => this.#send(() => this.#redis.count(...given)),
    list: (...given) => this.#send(() => this.#redis.list(...given)),
    instances: () => this.#send(() => this.#redis.instances()),
    forget: (...given) => this.#send(() => this.#redis.forget(...given)),
  }

  async #send<Answer>(command: () => Promise<Answer>): Promise<Answer> {
    const fault = this.isCut ? 'lost' : this.faults.shift()
    if (fault === undefined) return command()
    if (fault === 'late') this.late.push(command)
    if (fault === 'twice') {
      const [first] = await Promise.all([command(), command()])
      return first
    }
    if (fault === 'unanswered') await command()
    throw new Error(fault)
  }
}

/** A gateway's budgets, and the journal that outlives it. */
class Instance {
  readonly name: string
  readonly #world: World
  readonly journal: Line[] = []
  network!: Network
  counters!: SharedCounters
  budgets!: Budgets
  isAlive = false

  constructor(world: World, name: string) {
    this.#world = world
    this.name = name
  }

  async start(): Promise<void> {
    const { redis, clock } = this.#world
    this.network = new Network(createRedisBudgetCounters(redis, this.name, patientMs))
    this.counters = new SharedCounters({
      remote: this.network.remote,
      clock,
      newToken: () => `token-${++this.#world.tokens}`,
      onState: () => undefined,
      onUncounted: (cause) => assert.fail(String(cause)),
    })
    this.budgets = new Budgets({
      store: {
        charges: (query) => chargesOf(this.journal, query),
        chargesBeside: (query) => Promise.resolve({ charges: chargesOf(this.journal, query), seq: 0 }),
        chargesSince: () => [],
        hasLine: () => true,
        atOnce: (look) => look(),
      },
      budgets: this.#world.terms,
      clock,
      onEvent: () => undefined,
      shared: {
        counters: this.counters,
        charges: async (query) =>
          this.#world.instances.flatMap(({ name, journal }) =>
            chargesOf(journal, query).map((charge) => ({ ...charge, instance: name })),
          ),
      },
    })
    this.isAlive = true
    await this.budgets.joined()
  }

  async heal(): Promise<void> {
    if (!this.isAlive) return
    this.network.isCut = false
    this.network.faults.length = 0
    this.counters.renew()
    await this.counters.joined()
  }
}

function chargesOf(lines: readonly Line[], { scope, fromMs, stepMs }: ChargeQuery): Charge[] {
  return lines
    .filter(({ atMs }) => atMs >= fromMs)
    .map(({ user, atMs, chargedNanoUsd }) => ({
      org: 'default',
      subject: subjectOf(scope, user),
      bucketMs: stepMs === undefined ? 0 : atMs - (atMs % stepMs),
      chargedNanoUsd,
    }))
}

function subjectOf(scope: Budget['scope'], user: string): string {
  return scope === 'organisation'
    ? 'default'
    : scope === 'tag'
      ? 't'
      : scope === 'session'
        ? `${user}s`
        : user
}

function spenderOf(user: string, requestId: string): Spender {
  return {
    requestId,
    org: 'default',
    keyId: 'k',
    keyName: 'key',
    user,
    session: `${user}s`,
    tags: ['t'],
    dialect: 'openai-chat',
    operation: 'generate',
    stream: false,
  }
}

class World {
  readonly redis: Redis
  readonly instances: Instance[]
  readonly terms: Budget[]
  readonly clock = { nowMs: () => this.atMs }
  atMs = Date.now()
  tokens = 0
  asked = 0
  calls: Call[] = []
  /**
   * What only the disks of dead instances knew when Redis lost all: their calls under way. Until they are started again
   * nobody can count it.
   */
  unknown = 0
  /** Nothing has failed since all were healed: what Redis holds is what is true. */
  isClean = true

  constructor(redis: Redis, run: number) {
    this.redis = redis
    this.instances = Array.from({ length: instanceCount }, (_, at) => new Instance(this, `i${run}-${at}`))
    const budget = (given: Partial<Budget>): Budget => ({
      id: `${given.scope}-${run}`,
      org: 'default',
      scope: 'user',
      capNanoUsd: 10_000,
      period: 'hour',
      isRolling: false,
      isHard: true,
      alertAt: [],
      origin: 'declared',
      ...given,
    })
    this.terms = [
      budget({ scope: 'user' }),
      budget({ scope: 'organisation', period: 'day', capNanoUsd: 40_000 }),
      budget({ scope: 'tag', isRolling: true, capNanoUsd: 16_000 }),
      budget({ scope: 'session', period: 'total', isHard: false }),
    ]
  }

  get alive(): Instance[] {
    return this.instances.filter(({ isAlive }) => isAlive)
  }

  async start(): Promise<void> {
    for (const instance of this.instances) await instance.start()
    await this.trust()
  }

  /** As when the time to gather has passed: it is up when all that live have told what they have. */
  async trust(): Promise<void> {
    const { text } = this.redis
    const [epoch, told] = await Promise.all([text.hGet(epochKey, 'at'), text.hGetAll(instancesKey)])
    const hasTold = ({ name }: Instance) => told[name]?.endsWith(` ${epoch}`) && / [cl] /.test(told[name])
    if (this.alive.every(hasTold)) await text.hSet(epochKey, 'trusted', '1')
  }

  /** What is spent, and may be: of the lines, and of the calls under way. */
  truthOf(budget: Budget): Map<string, { spent: number; reserved: number }> {
    const sums = new Map<string, { spent: number; reserved: number }>()
    const { fromMs } = windowOf(budget, this.atMs)
    const add = ({ user, atMs }: Line, spent: number, reserved: number) => {
      if (windowOf(budget, atMs).bucketMs < fromMs) return
      const subject = subjectOf(budget.scope, user)
      const sum = sums.get(subject) ?? { spent: 0, reserved: 0 }
      sums.set(subject, { spent: sum.spent + spent, reserved: sum.reserved + reserved })
    }
    for (const { journal } of this.instances) for (const line of journal) add(line, line.chargedNanoUsd, 0)
    for (const call of this.calls) add(call, 0, call.hold.amountNanoUsd)
    return sums
  }

  /** I2: at every step, within every hard cap, over all instances. */
  check(): void {
    for (const budget of this.terms.filter(({ isHard }) => isHard)) {
      for (const [subject, { spent, reserved }] of this.truthOf(budget)) {
        assert.ok(
          spent + reserved <= budget.capNanoUsd + this.unknown,
          `${budget.id} ${subject}: ${spent} + ${reserved}`,
        )
      }
    }
  }

  /** I1, I4, I6, I9, P3: when all is quiet, what is counted is what is true: nothing is lost, doubled, or held for nobody. */
  async checkCounted(): Promise<void> {
    for (const instance of this.alive) {
      assert.deepEqual(await instance.budgets.differences(), [])
      for (const budget of this.terms) {
        const states = await instance.budgets.allStatesOf(budget, this.atMs)
        const counted = states.map(({ subject, spentNanoUsd: spent, reservedNanoUsd: reserved }) => {
          assert.ok(Number.isSafeInteger(spent) && spent >= 0 && reserved >= 0)
          return [subject, { spent, reserved }]
        })
        const isAny = ({ spent, reserved }: { spent: number; reserved: number }) => spent + reserved > 0
        const truth = [...this.truthOf(budget)].filter(([, sum]) => isAny(sum))
        assert.deepEqual(
          Object.fromEntries(counted),
          Object.fromEntries(truth),
          `${budget.id} at ${instance.name}`,
        )
      }
    }
  }
}

type Disturbance =
  | { is: 'fault'; at: number; faults: Fault[] }
  | { is: 'cut' | 'heal' | 'crash' | 'start' | 'deliver' | 'other-budgets'; at: number }

type Command =
  | Disturbance
  | { is: 'reserve'; at: number; user: string; amount: number; count: number }
  | { is: 'settle'; at: number; share: number }
  | { is: 'void'; at: number; share: number }
  | { is: 'lose-all' }
  | { is: 'clock'; byMs: number }

const at = fc.nat(instanceCount - 1)
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      is: fc.constant('reserve' as const),
      at,
      user: fc.constantFrom(...users),
      amount: fc.oneof(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 500, max: 4_000 })),
      count: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      is: fc.constantFrom('settle' as const, 'settle' as const, 'void' as const),
      at: fc.nat(50),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      is: fc.constant('fault' as const),
      at,
      faults: fc.array(fc.constantFrom(...faults), { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      is: fc.constantFrom('cut', 'heal', 'crash', 'start', 'start', 'deliver', 'other-budgets'),
      at,
    }) as fc.Arbitrary<Command>,
  },
  { weight: 1, arbitrary: fc.constant({ is: 'lose-all' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ is: fc.constant('clock' as const), byMs: fc.integer({ min: 0, max: 3_000_000 }) }),
  },
)

async function apply(world: World, command: Command): Promise<void> {
  switch (command.is) {
    case 'reserve': {
      const instance = world.instances[command.at]!
      if (!instance.isAlive) break
      await Promise.all(Array.from({ length: command.count }, () => reserve(world, instance, command)))
      break
    }
    case 'settle':
    case 'void': {
      const [call] = world.calls.splice(command.at % Math.max(1, world.calls.length), 1)
      if (call) settle(call, command.is === 'void' ? 0 : Math.floor(call.hold.amountNanoUsd * command.share))
      break
    }
    case 'lose-all':
      world.isClean = false
      for (const { instance, hold } of world.calls) if (!instance.isAlive) world.unknown += hold.amountNanoUsd
      await world.redis.text.flushAll()
      for (const { counters } of world.alive) counters.renew()
      for (const { counters } of world.alive) await counters.joined()
      break
    case 'clock':
      world.atMs += command.byMs
      break
    default:
      await disturb(world, command)
  }
  await world.trust()
}

async function disturb(world: World, command: Disturbance): Promise<void> {
  const instance = world.instances[command.at]!
  switch (command.is) {
    case 'fault':
      instance.network.faults.push(...command.faults)
      world.isClean = false
      return
    case 'cut':
      instance.network.isCut = true
      world.isClean = false
      return
    case 'heal':
      return instance.heal()
    case 'deliver':
      for (const late of instance.network.late.splice(0)) await late()
      return
    case 'other-budgets':
      if (!instance.isAlive) return
      await instance.budgets.replace([])
      await instance.budgets.replace(world.terms)
      return instance.budgets.joined()
    case 'crash':
      world.isClean &&= !instance.isAlive
      instance.isAlive = false
      instance.network.isCut = true
      return
    case 'start':
      if (!instance.isAlive) await restart(world, instance)
  }
}

/** Its calls broke with it: each is settled at the most that it can have cost. What was sent may still arrive. */
async function restart(world: World, instance: Instance): Promise<void> {
  const { late } = instance.network
  for (const call of world.calls.filter((each) => each.instance === instance)) {
    instance.journal.push({ ...call, chargedNanoUsd: call.hold.amountNanoUsd })
  }
  world.calls = world.calls.filter((call) => call.instance !== instance)
  await instance.start()
  instance.network.late.push(...late)
}

async function reserve(
  world: World,
  instance: Instance,
  { user, amount }: Extract<Command, { is: 'reserve' }>,
) {
  const { budgets } = instance
  const [id, atMs] = [`req-${++world.asked}/1`, world.atMs]
  const spender = spenderOf(user, id)
  const counted = budgets.counting(spender, 'openai', 'm', atMs)
  const hold: AttemptHold = {
    id,
    spender,
    provider: 'openai',
    model: 'm',
    atMs,
    amountNanoUsd: amount,
    counted,
    isHeld: false,
  }
  // Before it: others may settle while it is asked for.
  const room = world.isClean ? roomFor(world, user) : -1
  try {
    await budgets.reserve(hold)
    world.calls.push({ instance, hold, user, atMs, chargedNanoUsd: 0 })
    world.check()
  } catch (error) {
    assert.ok(error instanceof GatewayError, String(error))
    if (error.code === 'budget_unavailable') assert.ok(!world.isClean)
    else assert.equal(error.code, 'budget_exceeded')
    // No more is refused than what is spent, held or kept.
    assert.ok(room < amount * 6, `${amount} was refused, and there was room for ${room}`)
  }
}

/** Of the tightest budget, if each instance keeps all that it may. */
function roomFor(world: World, user: string): number {
  const hard = new BudgetIndex(world.terms.filter(({ isHard }) => isHard))
  const rooms = hard.matches(spenderOf(user, '')).map(({ budget, subject }) => {
    const { spent = 0, reserved = 0 } = world.truthOf(budget).get(subject) ?? {}
    return budget.capNanoUsd * (1 - instanceCount / 100) - spent - reserved
  })
  return Math.min(...rooms)
}

function settle({ instance, hold, user, atMs }: Call, chargedNanoUsd: number): void {
  instance.journal.push({ user, atMs, chargedNanoUsd })
  if (!instance.isAlive) return
  instance.budgets.settle(hold, chargedNanoUsd)
  // I4: the second time changes nothing.
  instance.budgets.settle(hold, hold.amountNanoUsd)
}

testRedis(
  'reserve, settle, crash; commands that are lost, unanswered, late or doubled; a Redis that has lost all',
  async (redis) => {
    const connection = await redis.connect()
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 50 }), async (commands) => {
        const world = new World(connection, ++run)
        await world.start()
        for (const each of commands) {
          await apply(world, each)
          world.check()
        }
        for (const instance of world.instances) {
          if (!instance.isAlive) await restart(world, instance)
          await instance.heal()
          for (const late of instance.network.late) await late()
        }
        await world.trust()
        world.isClean = true
        await world.checkCounted()
        for (const call of world.calls.splice(0)) settle(call, 1)
        for (const { counters } of world.instances) await counters.close()
      }),
      { numRuns },
    )
  },
)
