/** The circuit breaker of one target and credential: a state machine over outcomes and time, without a clock of its own. */

/** When a breaker opens. A route may have its own. */
export interface BreakerSettings {
  /** Failures in a row, of one origin, that open it. */
  readonly consecutiveFailures: number
  /** Share of failures, 0 to 1, within the window that opens it. */
  readonly errorRate: number
}

export const defaultBreaker: BreakerSettings = { consecutiveFailures: 5, errorRate: 0.5 }

/**
 * `local`: the connection failed (name, connect, TLS, reset, timeout). `external`: the target itself answered with
 * a fault. They are counted apart: a broken network of ours says nothing about the target's own health.
 */
export type Outcome = 'success' | 'local' | 'external'

export type BreakerState = 'closed' | 'open' | 'half-open'

const windowMs = 30_000
const bucketMs = 5_000
const buckets = windowMs / bucketMs
const minRequests = 10
const firstOpenMs = 5_000
const maxOpenMs = 300_000
const jitter = 0.2
/** A probe whose end is never told holds its place no longer than this. */
const maxProbeMs = 60_000

/** Times are on one monotonic clock, in milliseconds. */
export class Breaker {
  readonly #random: () => number
  readonly #totals = new Float64Array(buckets)
  readonly #failures = new Float64Array(buckets)
  /** The number, since the clock's zero, of the bucket that was written last. */
  #bucket = 0
  #localInARow = 0
  #externalInARow = 0
  /** Openings since the target last stayed well for as long as it had been shut out. */
  #openings = 0
  #openMs = 0
  #openUntilMs = 0
  #closedAtMs = Number.NEGATIVE_INFINITY
  #isOpen = false
  #probeUntilMs = 0

  constructor(random: () => number) {
    this.#random = random
  }

  state(nowMs: number): BreakerState {
    if (!this.#isOpen) return 'closed'
    return nowMs < this.#openUntilMs ? 'open' : 'half-open'
  }

  /** Until when no request may go; 0 where one may. While half-open, one probe at a time may. */
  withheldUntilMs(nowMs: number): number {
    if (!this.#isOpen) return 0
    if (nowMs < this.#openUntilMs) return this.#openUntilMs
    return nowMs < this.#probeUntilMs ? this.#probeUntilMs : 0
  }

  /** A request goes out: while half-open it is the probe. */
  begin(nowMs: number): void {
    if (this.#isOpen) this.#probeUntilMs = nowMs + maxProbeMs
  }

  /** A request ended without telling anything about the target: its caller left, or it was refused for a limit. */
  abandon(): void {
    this.#probeUntilMs = 0
  }

  record(outcome: Outcome, settings: BreakerSettings, nowMs: number): void {
    this.#probeUntilMs = 0
    this.#count(outcome, nowMs)
    if (outcome === 'success') {
      this.#localInARow = 0
      this.#externalInARow = 0
      if (this.#isOpen) this.#close(nowMs)
      return
    }
    if (outcome === 'local') this.#localInARow++
    else this.#externalInARow++
    // What was under way when it opened says nothing new; a probe's failure does.
    if (this.#isOpen ? nowMs >= this.#openUntilMs : this.#mustOpen(settings)) this.#open(nowMs)
  }

  #mustOpen({ consecutiveFailures, errorRate }: BreakerSettings): boolean {
    if (Math.max(this.#localInARow, this.#externalInARow) >= consecutiveFailures) return true
    let total = 0
    let failed = 0
    for (let at = 0; at < buckets; at++) {
      total += this.#totals[at]!
      failed += this.#failures[at]!
    }
    return total >= minRequests && failed >= total * errorRate
  }

  #open(nowMs: number): void {
    const hasStayedWell = !this.#isOpen && nowMs - this.#closedAtMs > this.#openMs
    this.#openings = hasStayedWell ? 0 : this.#openings + 1
    const fullMs = Math.min(maxOpenMs, firstOpenMs * 2 ** this.#openings)
    this.#openMs = fullMs * (1 - jitter + this.#random() * 2 * jitter)
    this.#openUntilMs = nowMs + this.#openMs
    this.#isOpen = true
  }

  /** What came before the cure is forgotten: one more failure must not open it again at once. */
  #close(nowMs: number): void {
    this.#isOpen = false
    this.#closedAtMs = nowMs
    this.#totals.fill(0)
    this.#failures.fill(0)
  }

  #count(outcome: Outcome, nowMs: number): void {
    const bucket = Math.floor(nowMs / bucketMs)
    for (let stale = Math.max(this.#bucket + 1, bucket - buckets + 1); stale <= bucket; stale++) {
      this.#totals[stale % buckets] = 0
      this.#failures[stale % buckets] = 0
    }
    this.#bucket = bucket
    this.#totals[bucket % buckets]!++
    if (outcome !== 'success') this.#failures[bucket % buckets]!++
  }
}
