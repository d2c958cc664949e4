/** The two-phase ledger: no call is made before its intent is in the journal, and none ends before its settlement is. */

import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { Usage } from '../core/usage.ts'
import type { ModelInfo } from '../models/model.ts'
import { type RequestBounds, reservation, type TokenBounds, tokenBounds } from './bounds.ts'
import { flagBits, type Intent, type Spender, type UsageSource } from './entry.ts'
import type { Journal } from './port.ts'
import { type Cost, costOf, type LookUpModel, noPrice, PriceVersions } from './prices.ts'
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
  readonly clock: Clock
  /** Of the configuration in force. A promise while the catalogue is being loaded, beside the start. */
  models(): LookUpModel | Promise<LookUpModel>
  /** By the tokenizer, in its own thread. */
  countText(text: string): Promise<number>
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
  /** The prompt's tokens by the tokenizer. */
  countPrompt?(): Promise<number>
}

/** One attempt between its intent and its settlement. */
export interface Account {
  progress(outputTokens: number): void
  /**
   * Resolves when the settlement is in the journal, or waits for the journal to mend; where the text has to be counted
   * first, when the mark is there that a crash would be settled by. Never rejects; settles once.
   */
  settle(outcome: Outcome): Promise<unknown>
}

export interface Ledger {
  /** Throws `ledger_unavailable` where no call may be made now. */
  admit(): void
  /** Resolves when the intent is in the journal. Rejects with `ledger_unavailable`. */
  open(opening: Opening): Promise<Account>
  /** Attempts that are open now. */
  readonly openCount: number
  /** Is the attempt of the intent with this id one of them? */
  isOpen(id: number): boolean
  /** Waits a moment for what is still to be settled, and writes it. The rest is settled at the next start. */
  close(): Promise<void>
}

export function createLedger(parts: LedgerParts): Ledger {
  return new TwoPhaseLedger(parts)
}

/** What all accounts share. */
interface Shared extends LedgerParts {
  /** Of the intents. Ids alone: what a long-lived set holds is collected late (docs/adr/0010). */
  readonly open: Set<number>
  /** Called when the last of them is settled. */
  onIdle: () => void
}

class TwoPhaseLedger implements Ledger {
  readonly #shared: Shared
  readonly #versions = new PriceVersions()
  #lastId = 0

  constructor(parts: LedgerParts) {
    this.#shared = { ...parts, open: new Set(), onIdle: () => undefined }
  }

  get openCount(): number {
    return this.#shared.open.size
  }

  isOpen(id: number): boolean {
    return this.#shared.open.has(id)
  }

  admit(): void {
    this.#shared.journal.admit()
  }

  async open(opening: Opening): Promise<Account> {
    const { journal, clock, models } = this.#shared
    const found = models()
    const lookUp = found instanceof Promise ? await found : found
    const { spender, provider, model } = opening
    const info = lookUp(provider, model)
    const bounds = tokenBounds(opening.bounds, info)
    const atMs = clock.nowMs()
    const serviceTier = opening.bounds?.serviceTier
    const intent: Intent = {
      ...spender,
      id: ++this.#lastId,
      attempt: opening.attempt,
      atMs,
      provider,
      model: clip(model),
      credential: opening.credential,
      inputBound: bounds.input,
      outputBound: bounds.output,
      reservedNanoUsd: reservation(info, bounds, { atMs, serviceTier }) ?? 0,
      priceVersion: info?.price ? this.#versions.nameOf(info.price) : noPrice,
    }
    journal.open(intent)
    this.#keepPrice(info, intent.priceVersion)
    if (!(await journal.commit())) {
      throw new GatewayError(
        'ledger_unavailable',
        'The ledger could not be written: the call was not made.',
        {
          retryAfterMs: 5_000,
        },
      )
    }
    this.#versions.kept(intent.priceVersion)
    this.#shared.open.add(intent.id)
    return new AttemptAccount(this.#shared, { opening, intent, info, bounds, lookUp })
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

interface AttemptFacts {
  readonly opening: Opening
  readonly intent: Intent
  readonly info: ModelInfo | undefined
  readonly bounds: TokenBounds
  readonly lookUp: LookUpModel
}

const marksEveryMs = 2_000
/** Nobody waits longer for the tokenizer, nor for the last settlements. */
const patienceMs = 2_000

class AttemptAccount implements Account {
  readonly #shared: Shared
  readonly #facts: AttemptFacts
  #markedTokens = 0
  #markedAtMs: number
  #settled: Promise<unknown> | undefined

  constructor(shared: Shared, facts: AttemptFacts) {
    this.#shared = shared
    this.#facts = facts
    this.#markedAtMs = shared.clock.monotonicMs()
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
    const { intent, info, opening } = this.#facts
    const { journal, clock } = this.#shared
    const { error, status, reportedModel, upstreamRequestId } = outcome
    const isVoid = outcome.phase === 'unsent'
    const cost = this.#costOf(usage, source)
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
      chargedNanoUsd: cost.nanoUsd,
      ...(reportedModel !== undefined && { reportedModel: clip(reportedModel) }),
      ...(tier !== undefined && { tier: clip(tier) }),
      ...(status !== undefined && { status }),
      ...(error && { code: error.code }),
      ...(upstreamRequestId !== undefined && { providerRequestId: clip(upstreamRequestId) }),
    })
    const { open, onIdle } = this.#shared
    open.delete(intent.id)
    if (open.size === 0) onIdle()
    return journal.commit()
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
async function inTime<Value>(value: Promise<Value> | undefined): Promise<Value | undefined> {
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

function clip(text: string): string {
  return text.length <= maxName ? text : text.slice(0, maxName)
}
