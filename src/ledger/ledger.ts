/** The two-phase ledger: no call is made before its intent is in the journal, and none ends before its settlement is. */

import { GatewayError } from '../core/error.ts'
import { Roster } from '../core/roster.ts'
import type { ModelInfo } from '../models/model.ts'
import {
  type Account,
  AttemptAccount,
  type AttemptParts,
  clip,
  inTime,
  type LedgerParts,
  type Opening,
  SettledTurn,
  type Shared,
} from './account.ts'
import { type Allowance, allow, withMarkup } from './allowance.ts'
import { type AttemptHold, uncapped } from './attempt-hold.ts'
import type { TokenBounds } from './bounds.ts'
import type { Intent } from './entry.ts'
import { noPrice, PriceVersions } from './prices.ts'
import { type Saving, savingLine } from './saving.ts'

export interface Ledger {
  /** Throws `ledger_unavailable` where no call may be made now. */
  admit(): void
  /**
   * Resolves when the budgets have room for it and the intent is in the journal. Rejects with `budget_exceeded`,
   * `budget_unavailable`, `price_unknown`, `request_too_expensive` or `ledger_unavailable`.
   */
  open(opening: Opening): Promise<Account>
  /** Books an answer of the cache with this turn's commit. Throws `ledger_unavailable`. */
  save(saving: Saving): void
  /** Attempts whose settlement is not in the file. */
  readonly openCount: number
  /** Is the attempt of the intent with this id one of them? */
  isOpen(id: number): boolean
  /** Waits a moment for what is still to be settled, and writes it. The rest is settled at the next start. */
  close(): Promise<void>
}

export function createLedger(parts: LedgerParts): Ledger {
  return new TwoPhaseLedger(parts)
}

class TwoPhaseLedger implements Ledger {
  readonly #shared: Shared
  readonly #versions = new PriceVersions()
  #lastId = 0

  constructor(parts: LedgerParts) {
    const open = new Roster<AttemptAccount>()
    const openIds = new Set<number>()
    const settled = new SettledTurn(parts.journal, (accounts) => {
      for (const account of accounts) this.#forget(account)
    })
    this.#shared = { ...parts, open, openIds, settled, onIdle: () => undefined }
    parts.budgets.follow(() => open)
  }

  get openCount(): number {
    return this.#shared.open.size
  }

  isOpen(id: number): boolean {
    return this.#shared.openIds.has(id)
  }

  admit(): void {
    this.#shared.journal.admit()
  }

  async open(opening: Opening): Promise<Account> {
    const { journal, models } = this.#shared
    journal.admit()
    const found = models()
    const lookUp = found instanceof Promise ? await found : found
    const info = lookUp(opening.provider, opening.model)
    const changing = this.#shared.budgets.inForce(opening.spender, opening.provider, opening.model)
    if (changing) await changing
    const atMs = opening.madeAtMs ?? this.#shared.clock.nowMs()
    let plan = this.#plan(opening, info, atMs)
    const held = this.#shared.budgets.reserve(plan.hold)
    if (held) plan = await this.#heldOrLess(held, plan, () => this.#plan(opening, info, atMs))
    try {
      const { hold, allowance } = plan
      return await this.#enter({ opening, info, lookUp, hold, allowance })
    } catch (cause) {
      this.#shared.budgets.settle(plan.hold, 0)
      throw cause
    }
  }

  save(saving: Saving): void {
    this.#shared.journal.enter(savingLine(saving, this.#shared.clock.nowMs()))
  }

  /**
   * What is known of counters that are shared may be old. Their refusal says how they stand: where the request leaves open
   * how long its answer may be, a shorter one may fit.
   */
  async #heldOrLess(held: Promise<void>, first: Plan, planAgain: () => Plan): Promise<Plan> {
    try {
      await held
      return first
    } catch (cause) {
      if (!(cause instanceof GatewayError) || cause.code !== 'budget_exceeded') throw cause
      const plan = planAgain()
      if (plan.hold.amountNanoUsd >= first.hold.amountNanoUsd) throw cause
      await this.#shared.budgets.reserve(plan.hold)
      return plan
    }
  }

  #plan(opening: Opening, info: ModelInfo | undefined, atMs: number): Plan {
    const { budgets, admitsUnbounded } = this.#shared
    const { spender, provider, model, bounds, ceilingNanoUsd } = opening
    const { markupBasisPoints = 0 } = spender
    const found = budgets.counting(spender, provider, model, atMs)
    const counted = opening.madeAtMs !== undefined ? found.map(uncapped) : found
    const allowance =
      opening.heldNanoUsd === undefined
        ? allow({
            request: bounds,
            info,
            atMs,
            markupBasisPoints,
            leftNanoUsd: counted.length === 0 ? undefined : budgets.leftFor(counted),
            ceilingNanoUsd,
            admitsUnbounded: admitsUnbounded(),
          })
        : { bounds: nothingBounded, reservedNanoUsd: opening.heldNanoUsd }
    const amountNanoUsd = withMarkup(allowance.reservedNanoUsd, markupBasisPoints)
    const id = `${spender.requestId}/${opening.attempt}`
    return { hold: { id, spender, provider, model, atMs, amountNanoUsd, counted, isHeld: false }, allowance }
  }

  #forget({ place, intentId }: AttemptAccount): void {
    const { open, openIds, onIdle } = this.#shared
    open.remove(place)
    openIds.delete(intentId)
    if (open.size === 0) onIdle()
  }

  /** Resolves when the intent is in the file. */
  async #enter(facts: AttemptParts): Promise<AttemptAccount> {
    const { opening, info, hold, allowance } = facts
    const { journal } = this.#shared
    const intent: Intent = {
      ...opening.spender,
      id: ++this.#lastId,
      attempt: opening.attempt,
      atMs: hold.atMs,
      provider: opening.provider,
      model: clip(opening.model),
      credential: opening.credential,
      inputBound: allowance.bounds.input,
      outputBound: allowance.bounds.output,
      reservedNanoUsd: allowance.reservedNanoUsd,
      priceVersion: info?.price ? this.#versions.nameOf(info.price) : noPrice,
    }
    const account = new AttemptAccount(this.#shared, { ...facts, intent, bounds: allowance.bounds })
    // From here on it counts, whatever budgets are made meanwhile.
    account.place = this.#shared.open.add(account)
    this.#shared.openIds.add(intent.id)
    try {
      journal.open(intent)
      this.#keepPrice(info, intent.priceVersion)
      if (!(await journal.commit())) throw notWritten()
    } catch (cause) {
      this.#forget(account)
      throw cause
    }
    this.#versions.kept(intent.priceVersion)
    return account
  }

  async close(): Promise<void> {
    if (this.openCount > 0) {
      const idle = new Promise<void>((resolve) => (this.#shared.onIdle = resolve))
      await inTime(idle)
    }
    await this.#shared.journal.close()
  }

  /** In the same commit as the first intent that names it. */
  #keepPrice(info: ModelInfo | undefined, version: string): void {
    if (!info?.price || this.#versions.isKept(version)) return
    this.#shared.journal.keepPrice(version, JSON.stringify(info.price))
  }
}

const nothingBounded: TokenBounds = { input: 0, output: 0, isInputOpen: false }

interface Plan {
  readonly hold: AttemptHold
  readonly allowance: Allowance
}

function notWritten(): GatewayError {
  return new GatewayError('ledger_unavailable', 'The ledger could not be written: the call was not made.', {
    retryAfterMs: 5_000,
  })
}
