/** How soon the next call of a model may follow, by what its provider says is left of the limits on a key. */

/** One of a provider's limits, as an answer tells of it. */
export interface ToldBudget {
  readonly unit: 'requests' | 'tokens'
  readonly left: number
  /** Absent where it is not told. */
  readonly limit?: number
  /** Until it is as large as it can be. */
  readonly fullInMs: number
}

/**
 * What is left is spread over the time until it is full again, but so many times as fast: a window is used up towards
 * its end, and a bucket that refills by and by comes to rest where a fifth of it is left, for others than batches.
 */
const front = 4
/** Calls may begin so much earlier than at their time: timers are coarse. */
const slackMs = 25
/** Of a new figure in the mean of those before. */
const newShare = 0.2

/** Between two calls. */
interface Spacing {
  readonly intervalMs: number
  /** For so long, from when it was told. */
  readonly forMs: number
  /** After that, until something is told again: as fast as the limit itself. */
  readonly laterIntervalMs: number
  readonly isUsedUp: boolean
}

const none: Spacing = { intervalMs: 0, forMs: 0, laterIntervalMs: 0, isUsedUp: false }

/** Times are monotonic. Calls are counted in the order in which they begin. */
export class Pace {
  #begun = 0
  /** The last call whose answer told of budgets. */
  #heard = 0
  #tokensPerCall: number | undefined
  #spacing = none
  #toldAtMs = -Infinity
  #nextAtMs = -Infinity

  /** When the next call may begin; it may be over. */
  get nextAtMs(): number {
    return this.#nextAtMs
  }

  /** Gives the number of the call. */
  begin(nowMs: number): number {
    const { intervalMs, forMs, laterIntervalMs } = this.#spacing
    const isFresh = nowMs < this.#toldAtMs + forMs
    this.#nextAtMs = Math.max(this.#nextAtMs, nowMs - slackMs) + (isFresh ? intervalMs : laterIntervalMs)
    return ++this.#begun
  }

  /** What the answer to a call tells; `tokens` is what it used, undefined where that is not known. */
  learn(call: number, nowMs: number, budgets: readonly ToldBudget[], tokens: number | undefined): void {
    if (tokens !== undefined) {
      const before = this.#tokensPerCall ?? tokens
      this.#tokensPerCall = before + (tokens - before) * newShare
    }
    // Of calls that overtook each other, the one that began last knows best.
    if (budgets.length === 0 || call < this.#heard) return
    this.#heard = call
    const underWay = this.#begun - call
    this.#spacing = budgets.map((budget) => spacingOf(budget, this.#tokensPerCall, underWay)).reduce(wider)
    this.#toldAtMs = nowMs
    const { intervalMs, isUsedUp } = this.#spacing
    this.#nextAtMs = isUsedUp ? nowMs + intervalMs : Math.min(this.#nextAtMs, nowMs + intervalMs)
  }
}

/** What is under way beside the call that told of it was not counted by then. */
function spacingOf(
  { unit, left, limit = left, fullInMs }: ToldBudget,
  tokensPerCall: number | undefined,
  underWay: number,
): Spacing {
  const perCall = unit === 'requests' ? 1 : tokensPerCall
  const isTold = Number.isFinite(left) && Number.isFinite(fullInMs) && fullInMs > 0
  if (!perCall || !isTold) return none
  const calls = left / perCall - underWay
  const isUsedUp = calls < 1
  return {
    intervalMs: isUsedUp ? fullInMs : fullInMs / (front * calls),
    forMs: fullInMs,
    // What has been used comes back in the time until it is full.
    laterIntervalMs: limit > left ? (fullInMs * perCall) / (limit - left) : 0,
    isUsedUp,
  }
}

function wider(one: Spacing, other: Spacing): Spacing {
  return {
    intervalMs: Math.max(one.intervalMs, other.intervalMs),
    forMs: Math.max(one.forMs, other.forMs),
    laterIntervalMs: Math.max(one.laterIntervalMs, other.laterIntervalMs),
    isUsedUp: one.isUsedUp || other.isUsedUp,
  }
}
