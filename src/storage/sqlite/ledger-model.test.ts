/** The ledger against a model of it: whatever comes in whichever order, the invariants hold after each step. */

import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { createTemporaryFolder } from '../../../test/support/temporary-folder.ts'
import { type Clock, createSteadyClock } from '../../core/clock.ts'
import { until } from '../../../test/support/until.ts'
import { GatewayError } from '../../core/error.ts'
import { parseUsd } from '../../core/money.ts'
import { type Budget } from '../../ledger/budget.ts'
import { Budgets } from '../../ledger/budgets.ts'
import type { Account } from '../../ledger/account.ts'
import { createLedger, type Ledger } from '../../ledger/ledger.ts'
import { recover } from '../../ledger/recovery.ts'
import { verifyLedger } from '../../ledger/verify.ts'
import type { ModelInfo } from '../../models/model.ts'
import { openBufferedWriter } from './buffered-writer.ts'
import { freshStore } from './fresh-store.ts'
import type { JournalThread } from './journal-thread.ts'
import { createJournalWriter, type JournalWriter } from './journal-writer.ts'
import { createJournal } from './journal.ts'
import { ledgerMigrations } from './ledger-migrations.ts'
import { openLedgerSnapshot } from './ledger-snapshot.ts'
import { createLedgerStore } from './ledger-store.ts'
import { openStore } from './open.ts'
import type { Reader } from './reader.ts'
import { createRoller } from './rollups.ts'

const numRuns = process.env['WEIR_PROVE'] === '1' ? 2_000 : 40

const info: ModelInfo = {
  provider: 'openai',
  id: 'm',
  contextWindow: 100_000,
  maxOutputTokens: 1_000,
  capabilities: {},
  price: {
    periods: [{ tiers: [{ aboveTokens: 0, rates: { input: 1_000_000_000, output: 4_000_000_000 } }] }],
  },
}

const budget = (given: Partial<Budget>): Budget => ({
  id: 'user',
  org: 'default',
  scope: 'user',
  capNanoUsd: 6_000_000,
  period: 'hour',
  isRolling: false,
  isHard: true,
  alertAt: [0.5],
  origin: 'declared',
  ...given,
})

/** Two that are hard, one that rolls, and one that only tells. */
const budgetsOf = (cap: number): Budget[] => [
  budget({ capNanoUsd: cap }),
  budget({ id: 'all', scope: 'organisation', period: 'day', capNanoUsd: cap * 3 }),
  budget({ id: 'rolling', scope: 'tag', period: 'hour', isRolling: true, capNanoUsd: cap * 2 }),
  budget({ id: 'soft', scope: 'session', period: 'total', isHard: false, capNanoUsd: cap }),
]

type Command =
  | { is: 'reserve'; user: string; maxTokens?: number | undefined; markup: number }
  | { is: 'settle' | 'void' | 'broken' | 'again' | 'progress' | 'disobey'; at: number; share: number }
  | { is: 'crash' | 'full' | 'room' | 'other-budgets' }
  | { is: 'clock'; byMs: number }
  | { is: 'cap'; capNanoUsd: number }

const at = fc.nat(20)
const share = fc.double({ min: 0, max: 1, noNaN: true })
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      is: fc.constant('reserve' as const),
      user: fc.constantFrom('ada', 'bob'),
      maxTokens: fc.option(fc.integer({ min: 16, max: 1_000 }), { nil: undefined }),
      markup: fc.constantFrom(0, 0, 1_234),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      is: fc.constantFrom('settle', 'void', 'broken', 'again', 'progress', 'disobey'),
      at,
      share,
    }) as fc.Arbitrary<Command>,
  },
  {
    weight: 4,
    arbitrary: fc.record({
      is: fc.constantFrom('crash', 'full', 'room', 'room', 'other-budgets'),
    }) as fc.Arbitrary<Command>,
  },
  {
    weight: 2,
    arbitrary: fc.record({
      is: fc.constant('clock' as const),
      byMs: fc.integer({ min: -7_200_000, max: 7_200_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      is: fc.constant('cap' as const),
      capNanoUsd: fc.integer({ min: 1_000_000, max: 9_000_000 }),
    }),
  },
)

function canWrite({ ledger }: World): boolean {
  try {
    ledger.admit()
    return true
  } catch {
    return false
  }
}

interface Call {
  readonly account: Account
  readonly requestId: string
  readonly output: number
}

/** A gateway's ledger over one file; crashes leave the file and take the rest. */
class World {
  readonly #path: string
  /** As the ledger is written without waiting for the disk; else each group goes into the tables at once. */
  readonly #isBuffered: boolean
  readonly #budgetsOf: (cap: number) => Budget[]
  nowMs = Date.parse('2027-03-31T22:00:00Z')
  cap = 6_000_000
  asked = 0
  isFull = false
  /** Every call that was let through. */
  readonly opened = new Set<string>()
  calls: Call[] = []
  ledger!: Ledger
  budgets!: Budgets
  #end: () => void = () => undefined
  #steadyMs: () => number = () => 0
  #file!: ReturnType<typeof openStore>
  /** Something cost more than was reserved, or a cap was lowered: then what is over stays over. */
  isExcused = false

  #bringUp: () => boolean = () => true
  #endThread: () => void = () => undefined

  constructor(path: string, isBuffered: boolean, budgets = budgetsOf) {
    this.#path = path
    this.#isBuffered = isBuffered
    this.#budgetsOf = budgets
  }

  async start(): Promise<void> {
    const wall = { nowMs: () => this.nowMs, monotonicMs: () => this.nowMs }
    const file = openStore(this.#path, ledgerMigrations, wall)
    this.#file = file
    const writer = this.#isBuffered ? this.#openBuffered(file, wall) : createJournalWriter(file)
    createRoller(file).catchUp()
    // Another thread's answers are old when they come.
    const reader: Pick<Reader, 'all'> = {
      async all(sql, parameters) {
        const rows = file.prepare(sql).all(...parameters)
        for (let turn = 0; turn < 3; turn++) await setImmediate()
        return rows
      },
    }
    const store = freshStore(createLedgerStore(file, { reader }), () => this.#bringUp())
    const clock = createSteadyClock(wall, store.lastAtMs())
    this.#steadyMs = () => clock.nowMs()
    let isDead = false
    const journal = createJournal({
      write: (group) =>
        isDead || this.isFull ? { is: 'failed', why: 'full', isFatal: false } : writer.write(group),
      retryMs: 1,
      onState: () => undefined,
      onRefused: (why) => assert.fail(why),
    })
    await recover(store, journal, clock)
    this.budgets = new Budgets({ store, budgets: this.#budgetsOf(this.cap), clock, onEvent: () => undefined })
    this.ledger = createLedger({
      journal,
      clock,
      budgets: this.budgets,
      models: () => () => info,
      admitsUnbounded: () => false,
      countText: (text) => Promise.resolve(text.length),
      onCharged: () => undefined,
    })
    this.#end = () => {
      isDead = true
      this.#endThread()
      file.close()
    }
  }

  #openBuffered(file: ReturnType<typeof openStore>, clock: Clock): Pick<JournalWriter, 'write'> {
    const logPath = `${this.#path}.log`
    // The thread: another connection, which is at it some turns later, and ends with the process.
    const other = openStore(this.#path, ledgerMigrations, clock)
    const second = createJournalWriter(other)
    const thread: Pick<JournalThread, 'take'> = {
      async take(part) {
        for (let turn = 0; turn < 3; turn++) await setImmediate()
        return other.isOpen ? second.take(part) : new Promise(() => undefined)
      },
    }
    this.#endThread = () => other.close()
    const { writer, damage } = openBufferedWriter({
      database: file,
      clock,
      logPath,
      thread,
      maxRows: 4,
      maxLogBytes: 4_000,
    })
    assert.deepEqual(damage, [])
    this.#bringUp = () => writer.bringUp()
    return writer
  }

  isChanging = false

  /** Calls go on meanwhile. */
  changeBudgets(budgets: Budget[]): void {
    const changed = this.budgets
    this.isChanging = true
    const end = () => {
      if (this.budgets === changed) this.isChanging = false
    }
    // A crash may come before they are in force.
    changed.replace(budgets).then(end, end)
  }

  crash(): void {
    this.#end()
    this.isChanging = false
    this.calls = []
    this.isFull = false
  }

  /** Each line's request, and where its counts come from. */
  lines(): unknown[][] {
    this.#bringUp()
    const { data } = createLedgerStore(this.#file).search({ org: 'default', limit: 100 })
    return data.map(({ requestId, usageSource }) => [requestId, usageSource]).toReversed()
  }

  roll(): void {
    createRoller(this.#file).step()
  }

  async verify(): Promise<void> {
    const { differences, counts, open } = await verifyLedger({
      store: freshStore(createLedgerStore(this.#file), () => this.#bringUp()),
      isOpen: (id) => this.ledger.isOpen(id),
      differences: () => this.budgets.differences(),
      snapshot: () => {
        this.#bringUp()
        return openLedgerSnapshot(this.#path)
      },
    })
    assert.deepEqual(differences, [])
    if (this.isFull) return
    // I3: an attempt that was let through is open, or has its one line.
    assert.equal(counts.settled + counts.voided + open, this.opened.size)
  }

  /** I2, I9: within every hard cap, with whole and never negative numbers. */
  check(): void {
    for (const each of this.budgets.all) {
      for (const { subject, spentNanoUsd, reservedNanoUsd } of this.budgets.statesOf(
        each,
        this.#steadyMs(),
      )) {
        const told = `${each.id} of ${subject}: ${spentNanoUsd} + ${reservedNanoUsd}`
        assert.ok(Number.isSafeInteger(spentNanoUsd) && spentNanoUsd >= 0, told)
        assert.ok(Number.isSafeInteger(reservedNanoUsd) && reservedNanoUsd >= 0, told)
        if (each.isHard && !this.isExcused) assert.ok(spentNanoUsd + reservedNanoUsd <= each.capNanoUsd, told)
      }
    }
  }
}

async function apply(world: World, command: Command): Promise<void> {
  switch (command.is) {
    case 'reserve': {
      const { user, maxTokens, markup } = command
      const requestId = `req_${++world.asked}`
      try {
        const account = await world.ledger.open({
          spender: {
            requestId,
            org: 'default',
            keyId: 'k',
            keyName: 'key',
            user,
            session: `${user}'s`,
            tags: ['t', user],
            dialect: 'openai-chat',
            operation: 'generate',
            stream: true,
            ...(markup > 0 && { team: 'team', markupBasisPoints: markup }),
          },
          attempt: 1,
          provider: 'openai',
          model: 'm',
          credential: 'key-1',
          bounds: {
            inputBytes: 89,
            turns: 1,
            images: 0,
            isUnbounded: false,
            ...(maxTokens !== undefined && { maxOutputTokens: maxTokens }),
          },
        })
        world.opened.add(requestId)
        world.calls.push({ account, requestId, output: maxTokens ?? account.maxOutputTokens ?? 1_000 })
      } catch (error) {
        assert.ok(error instanceof GatewayError)
        assert.ok(['budget_exceeded', 'ledger_unavailable'].includes(error.code), error.code)
        if (error.code === 'ledger_unavailable') assert.ok(world.isFull)
        else assertNoRoom(error.message)
      }
      return
    }
    case 'clock':
      world.nowMs += command.byMs
      return
    case 'cap':
      world.isExcused ||= command.capNanoUsd < world.cap
      world.cap = command.capNanoUsd
      world.changeBudgets(budgetsOf(world.cap))
      return
    case 'other-budgets':
      await world.budgets.replace([])
      world.changeBudgets(budgetsOf(world.cap))
      return
    case 'crash':
      world.crash()
      await world.start()
      return
    case 'full':
      world.isFull = true
      return
    case 'room':
      world.isFull = false
      await until('the journal to mend', () => (canWrite(world) ? true : undefined))
      return
    default:
      await end(world, command)
  }
}

/** No call is refused that fits: what the refusal says is more than the cap. */
function assertNoRoom(refusal: string): void {
  const amounts = /of (\S+) USD, (\S+) are spent and (\S+) are held .* may cost (\S+)\.$/.exec(refusal)
  assert.ok(amounts, refusal)
  const [cap, spent, held, cost] = amounts.slice(1).map((usd) => parseUsd(usd)!) as [
    number,
    number,
    number,
    number,
  ]
  assert.ok(spent + held + cost > cap, refusal)
}

async function end(world: World, { is, at: index, share: part }: Extract<Command, { at: number }>) {
  const call = world.calls[index % Math.max(1, world.calls.length)]
  if (call === undefined) return
  const { account, output } = call
  const outputTokens = Math.floor(output * part)
  const usage = { inputTokens: Math.floor(100 * part), outputTokens: Math.max(1, outputTokens) }
  const sent = { phase: 'answered', status: 200, isWhole: true } as const
  const before = account.remainingNanoUsd ?? 0
  // What other budgets have to count is not what these had, and a call that ended while there were none has none.
  const isComparable = !world.isChanging && account.remainingNanoUsd !== undefined
  if (is === 'settle') await account.settle({ ...sent, usage })
  else if (is === 'void') await account.settle({ phase: 'unsent' })
  else if (is === 'progress') account.progress(outputTokens)
  else if (is === 'broken') {
    await account.settle({
      ...sent,
      isWhole: false,
      error: new GatewayError('upstream_truncated', 'cut'),
      received: () => ({ text: 'x'.repeat(outputTokens), length: outputTokens }),
    })
  } else if (is === 'disobey') {
    world.isExcused = true
    await account.settle({ ...sent, usage: { ...usage, outputTokens: output + 20 } })
  } else if (account.chargedNanoUsd !== undefined) {
    // I4: late and twice change nothing.
    const charged = account.chargedNanoUsd
    await account.settle({ ...sent, usage: { inputTokens: 100, outputTokens: output } })
    assert.equal(account.chargedNanoUsd, charged)
    if (isComparable) assert.equal(account.remainingNanoUsd, before)
  }
  // I12: ending a call never takes more from its budgets than it held.
  if (isComparable && (is === 'void' || is === 'settle')) assert.ok(account.remainingNanoUsd! >= before)
}

test('reserve, settle, void, crash, duplicates, a full disk, clocks that jump and caps that change', async () => {
  const folder = createTemporaryFolder()
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 40 }), async (commands) => {
      const path = join(folder, `ledger-${++run}.db`)
      const world = new World(path, run % 4 > 0)
      await world.start()
      for (const each of commands) {
        await apply(world, each)
        world.check()
        if (['clock', 'crash', 'cap', 'full', 'room'].includes(each.is)) await world.verify()
      }
      await world.verify()
      world.roll()
      await world.verify()
      world.crash()
      await world.start()
      await world.verify()
      world.crash()
      for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
    }),
    { numRuns },
  )
})

test('calls that come right after a start are not taken for those that it settled', async (t: TestContext) => {
  // Ids of intents begin anew with each process, and its settlements of the old ones are in the same log.
  const world = new World(join(createTemporaryFolder(), 'ledger.db'), true, () => [])
  t.after(() => world.crash())
  await world.start()
  for (const user of ['ada', 'bob']) await apply(world, { is: 'reserve', user, markup: 0 })
  world.crash()
  await world.start()
  await apply(world, { is: 'reserve', user: 'ada', markup: 0 })
  const usage = { inputTokens: 10, outputTokens: 20 }
  await world.calls[0]!.account.settle({ phase: 'answered', status: 200, isWhole: true, usage })
  const expected = [
    ['req_1', 'bound'],
    ['req_2', 'bound'],
    ['req_3', 'provider'],
  ]
  // Also where the process ends before its tables have them.
  world.crash()
  await world.start()
  assert.deepEqual(world.lines(), expected)
})

test('attempts whose settlements waited for the disk are forgotten as soon as the file has them', async (t: TestContext) => {
  const world = new World(join(createTemporaryFolder(), 'ledger.db'), true)
  t.after(() => world.crash())
  await world.start()
  for (const user of ['ada', 'bob', 'ada'])
    await apply(world, { is: 'reserve', user, maxTokens: 16, markup: 0 })
  world.isFull = true
  for (let index = 0; index < 2; index++) await apply(world, { is: 'settle', at: index, share: 0.5 })
  assert.equal(world.ledger.openCount, 3)
  await apply(world, { is: 'room' })
  // Nothing comes after them whose commit would tell it.
  await until('the two to be forgotten', () => (world.ledger.openCount === 1 ? true : undefined))
  await world.verify()
})
