/** One attempt between its intent and its settlement: what it used is decided, priced and booked here. */

import type { Clock } from '../core/clock.ts'
import type { NanoUsd } from '../core/money.ts'
import type { Roster } from '../core/roster.ts'
import type { Usage } from '../core/usage.ts'
import type { ModelInfo } from '../models/model.ts'
import { type Allowance, chargedFor } from './allowance.ts'
import type { AttemptHold, LiveAttempt } from './attempt-hold.ts'
import type { RequestBounds, TokenBounds } from './bounds.ts'
import type { Budgets } from './budgets.ts'
import { flagBits, type Intent, type Spender, type UsageSource } from './entry.ts'
import type { Journal } from './port.ts'
import { type Cost, costOf, type LookUpModel } from './prices.ts'
import {
  type Counts,
  type Outcome,
  needsPromptCount,
  readCertain,
  type Reading,
  readEstimate,
  roughTokens,
  tokensPerMark,
} from './reading.ts'

export interface LedgerParts {
  readonly journal: Journal
  /** Never goes back: see `createSteadyClock`. */
  readonly clock: Clock
  /** Of the configuration in force. A promise while the catalogue is being loaded, beside the start. */
  models(): LookUpModel | Promise<LookUpModel>
  readonly budgets: Budgets
  /** Under a hard cap, lets calls through whose cost nothing bounds. */
  admitsUnbounded(): boolean
  /** By the tokenizer, in its own thread. */
  countText(text: string): Promise<number>
  /** Hears what each attempt costs its caller, once, when that is known. */
  onCharged(provider: string, chargedNanoUsd: NanoUsd): void
}

/** An attempt that is about to be made. */
export interface Opening {
  readonly spender: Spender
  readonly attempt: number
  readonly provider: string
  readonly model: string
  readonly credential: string
  /** Absent: nothing is known of what the request holds. */
  readonly bounds: RequestBounds | undefined
  /** What the request may still cost by its key. */
  readonly ceilingNanoUsd?: NanoUsd
  /** When it was made, where the provider has served it already: it counts then, and no budget refuses it. */
  readonly madeAtMs?: number
  /** Of what holds money back for calls that are opened later: so much, whatever it is for. It is settled as unsent. */
  readonly heldNanoUsd?: NanoUsd
  /** The prompt's tokens by the tokenizer. */
  countPrompt?(): Promise<number>
}

/** One attempt between its intent and its settlement. */
export interface Account {
  /** What the provider must be told as the limit of each choice, so that the call keeps to its caps. */
  readonly maxOutputTokens: number | undefined
  /** What it may be charged at most. */
  readonly reservedNanoUsd: NanoUsd
  /** What it was charged; undefined while it is not settled. */
  readonly chargedNanoUsd: NanoUsd | undefined
  /** What is left of the tightest budget that counts it; undefined where none does. */
  readonly remainingNanoUsd: NanoUsd | undefined
  progress(outputTokens: number): void
  /**
   * Resolves when the settlement is in the journal, or waits for the journal to mend; where the text has to be counted
   * first, when the mark is there that a crash would be settled by. Never rejects; settles once.
   */
  settle(outcome: Outcome): Promise<unknown>
}

/** What all accounts share. */
export interface Shared extends LedgerParts {
  readonly open: Roster<AttemptAccount>
  /** The ids of their intents. */
  readonly openIds: Set<number>
  /** Called when the last of them is settled. */
  onIdle: () => void
  /** Forgets those that are settled when what this turn commits is in the file. */
  readonly settled: SettledTurn
}

/** Gathers what one commit settles: one callback for all of it. */
export class SettledTurn {
  readonly #journal: Pick<Journal, 'mended'>
  readonly #onWritten: (accounts: readonly AttemptAccount[]) => void
  #commit: Promise<boolean> | undefined
  #accounts: AttemptAccount[] = []

  constructor(journal: Pick<Journal, 'mended'>, onWritten: (accounts: readonly AttemptAccount[]) => void) {
    this.#journal = journal
    this.#onWritten = onWritten
  }

  add(account: AttemptAccount, commit: Promise<boolean>): void {
    if (commit !== this.#commit) {
      const accounts: AttemptAccount[] = []
      this.#accounts = accounts
      this.#commit = commit
      void this.#tellWritten(accounts, commit)
    }
    this.#accounts.push(account)
  }

  /** What could not be written stays, and counts, until the journal has tried it again. */
  async #tellWritten(accounts: readonly AttemptAccount[], commit: Promise<boolean>): Promise<void> {
    if (!(await commit)) await this.#journal.mended()
    this.#onWritten(accounts)
  }
}

export interface AttemptParts {
  readonly opening: Opening
  readonly info: ModelInfo | undefined
  readonly lookUp: LookUpModel
  readonly hold: AttemptHold
  readonly allowance: Allowance
}

interface AttemptFacts extends AttemptParts {
  readonly intent: Intent
  readonly bounds: TokenBounds
}

const marksEveryMs = 2_000
/** Nobody waits longer for the tokenizer, nor for the last settlements. */
const patienceMs = 2_000

export class AttemptAccount implements Account, LiveAttempt {
  readonly #shared: Shared
  readonly #facts: AttemptFacts
  chargedNanoUsd: NanoUsd | undefined
  /** In the roster of those that are open. */
  place = 0
  #markedTokens = 0
  #markedAtMs: number
  #settled: Promise<unknown> | undefined

  constructor(shared: Shared, facts: AttemptFacts) {
    this.#shared = shared
    this.#facts = facts
    this.#markedAtMs = shared.clock.monotonicMs()
  }

  get intentId(): number {
    return this.#facts.intent.id
  }

  get requestId(): string {
    return this.#facts.intent.requestId
  }

  get attempt(): number {
    return this.#facts.intent.attempt
  }

  get hold(): AttemptHold {
    return this.#facts.hold
  }

  get maxOutputTokens(): number | undefined {
    return this.#facts.allowance.maxOutputTokens
  }

  get reservedNanoUsd(): NanoUsd {
    return this.#facts.hold.amountNanoUsd
  }

  get remainingNanoUsd(): NanoUsd | undefined {
    const { counted } = this.#facts.hold
    return counted.length === 0 ? undefined : this.#shared.budgets.remainingOf(counted)
  }

  progress(outputTokens: number): void {
    if (outputTokens - this.#markedTokens < tokensPerMark) {
      const nowMs = this.#shared.clock.monotonicMs()
      if (nowMs - this.#markedAtMs < marksEveryMs || outputTokens === this.#markedTokens) return
    }
    this.#markedTokens = outputTokens
    this.#markedAtMs = this.#shared.clock.monotonicMs()
    this.#shared.journal.mark(this.#facts.intent.id, outputTokens)
  }

  settle(outcome: Outcome): Promise<unknown> {
    this.#settled ??= this.#settle(outcome)
    return this.#settled
  }

  #settle(outcome: Outcome): Promise<unknown> {
    const certain = readCertain(outcome, this.#facts.bounds)
    if (certain) return this.#enter(outcome, certain)
    // Counting takes a while, the first time seconds. Until it is done, a mark stands for what came.
    const { journal } = this.#shared
    const kept = Math.max(this.#markedTokens, roughTokens(outcome))
    if (kept > this.#markedTokens) journal.mark(this.#facts.intent.id, kept)
    void this.#settleCounted(outcome)
    return journal.commit()
  }

  async #settleCounted(outcome: Outcome): Promise<void> {
    const counts = await this.#count(outcome)
    await this.#enter(outcome, readEstimate(outcome, this.#facts.bounds, counts))
  }

  async #count(outcome: Outcome): Promise<Counts> {
    const { countText } = this.#shared
    const { opening, bounds } = this.#facts
    const received = outcome.received?.()
    const scale = received && received.text !== '' ? received.length / received.text.length : 1
    const [prompt, text] = await Promise.all([
      inTime(needsPromptCount(outcome, bounds) ? opening.countPrompt?.() : undefined),
      inTime(received && received.length > 0 ? countText(received.text) : undefined),
    ])
    return { prompt, received: text === undefined ? undefined : Math.ceil(text * scale) }
  }

  #enter(outcome: Outcome, { usage, source, flags }: Reading): Promise<unknown> {
    const { intent, info, opening, hold } = this.#facts
    const { journal, clock, budgets, settled, onCharged } = this.#shared
    const { error, status, reportedModel, upstreamRequestId } = outcome
    const isVoid = outcome.phase === 'unsent'
    const cost = this.#costOf(usage, source)
    const chargedNanoUsd = chargedFor(cost.nanoUsd, intent.markupBasisPoints ?? 0)
    const tier = usage.serviceTier ?? opening.bounds?.serviceTier
    journal.settle({
      id: intent.id,
      kind: isVoid ? 'void' : 'settle',
      atMs: clock.nowMs(),
      usage,
      usageSource: source,
      flags:
        flags |
        (cost.isUnpriced ? flagBits.unpriced : 0) |
        (error?.code === 'client_gone' ? flagBits.client_cancelled : 0) |
        (cost.nanoUsd > intent.reservedNanoUsd && info?.price ? flagBits.over_reserve : 0),
      providerCostNanoUsd: cost.nanoUsd,
      chargedNanoUsd,
      ...(reportedModel !== undefined && { reportedModel: clip(reportedModel) }),
      ...(tier !== undefined && { tier: clip(tier) }),
      ...(status !== undefined && { status }),
      ...(error && { code: error.code }),
      ...(upstreamRequestId !== undefined && { providerRequestId: clip(upstreamRequestId) }),
    })
    this.chargedNanoUsd = chargedNanoUsd
    budgets.settle(hold, chargedNanoUsd)
    onCharged(opening.provider, chargedNanoUsd)
    const commit = journal.commit()
    settled.add(this, commit)
    return commit
  }

  #costOf(usage: Usage, source: UsageSource): Cost {
    const { intent, info, opening, lookUp } = this.#facts
    if (source === 'none') return { nanoUsd: 0, isUnpriced: false }
    if (source === 'bound' && info?.price) return { nanoUsd: intent.reservedNanoUsd, isUnpriced: false }
    return costOf(info?.price, usage, {
      atMs: intent.atMs,
      serviceTier: opening.bounds?.serviceTier,
      priceOf: (model) => lookUp(opening.provider, model)?.price,
    })
  }
}

/** Undefined where it fails, or takes too long. */
export async function inTime<Value>(value: Promise<Value> | undefined): Promise<Value | undefined> {
  if (value === undefined) return undefined
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), patienceMs)
  })
  try {
    return await Promise.race([value, late])
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
  }
}

/** Names come from clients and providers, of any length. */
const maxName = 512

export function clip(text: string): string {
  return text.length <= maxName ? text : text.slice(0, maxName)
}
