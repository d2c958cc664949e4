/** The counters of budgets in Redis, as one instance sees them: one step for all scopes of a call. */

import type { NanoUsd } from '../../core/money.ts'
import type {
  CounterEntry,
  ForgottenBudget,
  Hold,
  InstanceBeat,
  InstanceEntry,
  RemoteAnswer,
  RemoteCounters,
  Report,
  SharedState,
  Slot,
} from '../../ledger/port.ts'
import * as scripts from './budget-scripts.ts'
import type { Redis } from './connect.ts'
import { inTime } from './in-time.ts'
import type { Script } from './script.ts'

/** What a call waits for: without an answer, most calls under a hard cap have to be refused. */
const askTimeoutMs = 250
/** A server that has to do longer for one step lets nobody else in meanwhile. */
const entriesPerStep = 500
const statesPerBudget = 1_000
/** A clock may be behind another's: what has ended just now stays for those that are still in it. */
const dropAfterMs = 30_000

/** `me` names the instance, also after it was started again; its patience is for tests. */
export function createRedisBudgetCounters(
  redis: Redis,
  me: string,
  timeoutMs = askTimeoutMs,
): RemoteCounters {
  return new RedisBudgetCounters(redis, me, timeoutMs)
}

class RedisBudgetCounters implements RemoteCounters {
  readonly #redis: Redis
  readonly #me: string
  readonly #timeoutMs: number
  readonly #patientMs: number

  constructor(redis: Redis, me: string, timeoutMs: number) {
    this.#redis = redis
    this.#me = me
    this.#timeoutMs = timeoutMs
    this.#patientMs = Math.max(timeoutMs, scripts.patientMs)
  }

  async reserve(token: string, hold: Hold, isTaken: boolean): Promise<RemoteAnswer> {
    const args = [
      this.#me,
      token,
      hold.id,
      hold.amountNanoUsd,
      isTaken ? 1 : 0,
      ...hold.slots.flatMap(toArgs),
    ]
    return toAnswer(await scripts.reserve.run(this.#redis, this.#slotKeys(hold), args, this.#timeoutMs))
  }

  async settle(token: string, hold: Hold, chargedNanoUsd: NanoUsd): Promise<RemoteAnswer> {
    const args = [this.#me, token, hold.id, hold.amountNanoUsd, chargedNanoUsd, ...hold.slots.flatMap(toArgs)]
    return toAnswer(await scripts.settle.run(this.#redis, this.#slotKeys(hold), args, this.#timeoutMs))
  }

  async lastToken(): Promise<string> {
    const entry = await inTime(this.#redis.text.hGet(scripts.instancesKey, this.#me), this.#patientMs)
    return entry?.split(' ')[0] ?? ''
  }

  async report(token: string, report: Report, after: string, isLast = false): Promise<boolean> {
    const { entries, holds, instances } = report
    // Sent at once, so that nothing that is told later comes in between.
    const steps = [
      this.#step(token, ['first', after], { instances }),
      ...inParts(holds).map((some) => this.#step(token, ['next', ''], { holds: some })),
      ...inParts(entries).map((some) => this.#step(token, ['next', ''], { entries: some })),
      this.#step(token, [isLast ? 'leave' : 'last', ''], {}),
    ]
    const answers = await Promise.all(steps)
    return !answers.includes('stale')
  }

  async beat(token: string): Promise<readonly string[] | undefined> {
    const [is, ...others] = (await this.#ask(scripts.beat, [token])) as string[]
    return is === 'stale' ? undefined : others
  }

  async uncounted(budgets: readonly string[]): Promise<readonly string[]> {
    return (await this.#ask(scripts.uncounted, ['', ...budgets])) as string[]
  }

  async count(token: string, budgets: readonly string[], entries: readonly InstanceEntry[]): Promise<void> {
    for (const some of inParts(entries)) {
      const fields = some.flatMap(({ instance, bucketMs, spentNanoUsd, untilMs }) => [
        instance,
        bucketMs,
        spentNanoUsd,
        untilMs,
      ])
      await this.#ask(
        scripts.count,
        [token, 0, ...fields],
        some.map(({ counter }) => counter),
      )
    }
    await this.#ask(scripts.count, [token, budgets.length, ...budgets])
  }

  async instances(): Promise<readonly InstanceBeat[]> {
    const told = (await this.#ask(scripts.roll, [''])) as string[]
    return inParts(told, 2).map(([instance, age]) => ({ instance: instance!, ageMs: Number(age) }))
  }

  async forget(
    instance: string,
    budgets: readonly string[],
  ): Promise<readonly ForgottenBudget[] | undefined> {
    const forgotten: ForgottenBudget[] = []
    for (const budget of budgets) {
      let [heldNanoUsd, keptNanoUsd] = [0, 0]
      for (const some of inParts(await this.#namesOf(budget))) {
        const [is, ...figures] = (await this.#ask(scripts.forget, ['', instance, 0], some)) as string[]
        if (is === 'alive') return undefined
        for (const [held, kept] of inParts(figures.map(Number), 2)) {
          heldNanoUsd += held!
          keptNanoUsd += kept!
        }
      }
      if (heldNanoUsd > 0 || keptNanoUsd > 0) forgotten.push({ budget, heldNanoUsd, keptNanoUsd })
    }
    const [is] = (await this.#ask(scripts.forget, ['', instance, 1])) as string[]
    return is === 'alive' ? undefined : forgotten
  }

  /** All counters of a budget that have not ended. */
  async #namesOf(budget: string): Promise<string[]> {
    const names = await inTime(this.#redis.text.zRange(scripts.namesKey(budget), 0, -1), this.#patientMs)
    return names.map((key) => key.slice(scripts.counterKey('').length))
  }

  async list(budget: string, fromMs: number) {
    const told = (await this.#ask(scripts.list, ['', budget, fromMs, statesPerBudget])) as string[]
    return inParts(told, 3).map(([counter, spent, reserved]) => ({
      counter: counter!,
      spentNanoUsd: Number(spent),
      reservedNanoUsd: Number(reserved),
    }))
  }

  #keysOf(counters: readonly string[] = []): string[] {
    return [
      scripts.epochKey,
      scripts.instancesKey,
      scripts.holdsKey(this.#me),
      ...counters.map(scripts.counterKey),
    ]
  }

  #slotKeys({ slots }: Hold): string[] {
    return this.#keysOf(slots.map(({ counter }) => counter))
  }

  /** What no call waits for. */
  #ask(script: Script, args: readonly (string | number)[], counters?: readonly string[]): Promise<unknown> {
    return script.run(this.#redis, this.#keysOf(counters), [this.#me, ...args], this.#patientMs)
  }

  #step(
    token: string,
    [part, after]: readonly [part: string, after: string],
    { holds = [], instances = [], entries = [] }: Partial<Report>,
  ): Promise<unknown> {
    const known = [holds.length, ...holds, instances.length, ...instances]
    return scripts.report.runInOrder(
      this.#redis,
      this.#keysOf(entries.map(({ counter }) => counter)),
      [this.#me, token, part, after, ...known, ...entries.flatMap(toFields)],
      this.#patientMs,
    )
  }
}

function toArgs({ bucketMs, fromMs, untilMs, atMs, capNanoUsd: cap }: Slot): (string | number)[] {
  const dropBeforeMs = atMs - bucketMs > dropAfterMs ? fromMs : 0
  return [bucketMs, fromMs, untilMs, dropBeforeMs, cap ?? '']
}

function toFields(entry: CounterEntry): (string | number)[] {
  const { bucketMs, spentNanoUsd, reservedNanoUsd, spareNanoUsd, untilMs } = entry
  return [bucketMs, spentNanoUsd, reservedNanoUsd, spareNanoUsd ?? '', untilMs]
}

function toAnswer(told: unknown): RemoteAnswer {
  const [is, refused, ...figures] = told as [RemoteAnswer['is'], ...string[]]
  return {
    is,
    ...(is === 'refused' && { refusedAt: Number(refused) - 1 }),
    states: inParts(figures.map(Number), 5).map(toState),
  }
}

function toState([spent, reserved, othersSpare, ownSpent, spare]: readonly number[]): SharedState {
  return {
    others: { spentNanoUsd: spent!, reservedNanoUsd: reserved! },
    othersSpareNanoUsd: othersSpare!,
    ownSpentNanoUsd: ownSpent!,
    spareNanoUsd: spare!,
  }
}

function inParts<Thing>(things: readonly Thing[], size = entriesPerStep): Thing[][] {
  return Array.from({ length: Math.ceil(things.length / size) }, (_, at) =>
    things.slice(at * size, (at + 1) * size),
  )
}
