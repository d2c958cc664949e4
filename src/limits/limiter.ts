/** Lets requests and attempts through as their limits allow, at once or in their turn, and gives back what they did not use. */

import { GatewayError } from '../core/error.ts'
import type { Interrupt } from '../core/interrupt.ts'
import { priorities, type Priority } from '../core/priority.ts'
import { type Waiter, WaitingLine } from './waiting-line.ts'
import type { LimitCounters, Verdict } from './port.ts'
import { rateHeaders } from './rate-headers.ts'
import { type Bounds, ChargeList, type LimitRule, type RequestScope } from './rules.ts'

/** Rules know it by its name, counters by its id: names may be given twice. */
export interface Subject {
  readonly id: string
  readonly name: string
}

/** What a request is limited by. */
export interface LimitedRequest {
  readonly org: string
  /** By scope; absent where the request has none. */
  readonly subjects: { readonly [Scope in RequestScope]?: Subject }
  /** The key's own limits. */
  readonly own: Bounds | undefined
  readonly priority: Priority
  readonly interrupt: Interrupt
  /** Prompt and answer together, as far as it can be told beforehand. */
  expectedTokens(): number
}

/** An attempt at a target. */
export interface LimitedAttempt {
  readonly provider: string
  readonly model: string
  readonly priority: Priority
  readonly interrupt: Interrupt
  expectedTokens(): number
}

/** A request or attempt that was let through, or not. */
export interface Admission {
  readonly headers: Readonly<Record<string, string>>
  /** Present where it was refused: nothing was taken then. */
  readonly error?: GatewayError
  /**
   * It is over: its places are free, and of the tokens it keeps what it used. Undefined: not known, it keeps what was
   * taken beforehand. Once.
   */
  settle(tokens: number | undefined): void
}

export interface Limiter {
  /** Undefined: nothing limits it. Rejects only where the counters do. */
  admitRequest(request: LimitedRequest): Admission | undefined | Promise<Admission>
  admitAttempt(attempt: LimitedAttempt): Admission | undefined | Promise<Admission>
  /** Counts the attempts that a process before this one has made within `knownForMs`: all of them, the latest last. */
  recall(attempts: Iterable<PastAttempt>, knownForMs: number): void
}

export interface PastAttempt {
  readonly provider: string
  readonly model: string
  readonly agoMs: number
  readonly tokens: number
}

export interface LimiterOptions {
  readonly counters: LimitCounters
  /** Asked at every request, so that a reload holds at once. */
  readonly rules: () => readonly LimitRule[]
}

/** Callers that wait at one bucket. */
const maxQueue = 1000
/** How often one that waits for places which other instances hold looks again. */
const slotPollMs = 100
/** What a caller that finds all places taken is told to wait. */
const slotRetryMs = 1000

interface Turn extends Waiter {
  /** True where it has gone, let through or refused. */
  attempt(): Promise<boolean> | boolean
}

export function createLimiter({ counters, rules }: LimiterOptions): Limiter {
  const lines = new Map<string, Line>()

  /** The bucket at which others wait: whoever comes later does not overtake them. */
  const busyBucket = (charges: ChargeList): string | undefined => {
    if (lines.size === 0) return undefined
    return [...charges.rates, ...charges.slots].find(({ bucket }) => lines.has(bucket))?.bucket
  }

  const lineAt = (bucket: string): Line => {
    let line = lines.get(bucket)
    if (!line) lines.set(bucket, (line = new Line(() => lines.delete(bucket))))
    return line
  }

  const admit = (charges: ChargeList, wish: LimitedAttempt | LimitedRequest) => {
    if (charges.isEmpty) return undefined
    const busy = busyBucket(charges)
    if (busy !== undefined) return waitAt(busy, charges, wish)
    const verdict = counters.take(charges)
    return verdict instanceof Promise
      ? verdict.then((late) => judge(late, charges, wish))
      : judge(verdict, charges, wish)
  }

  const judge = (verdict: Verdict, charges: ChargeList, wish: LimitedAttempt | LimitedRequest) => {
    if (verdict.refusedBy === undefined) return admitted(charges, verdict)
    const isInTime = (verdict.retryAfterMs ?? 1) <= charges.maxWaitMsAt(verdict.refusedBy)
    return isInTime ? waitAt(verdict.refusedBy, charges, wish, verdict) : refused(charges, verdict)
  }

  const waitAt = (
    bucket: string,
    charges: ChargeList,
    { priority, interrupt }: LimitedAttempt | LimitedRequest,
    verdict?: Verdict,
  ): Promise<Admission> => {
    const { promise, resolve } = Promise.withResolvers<Admission>()
    const line = lineAt(bucket)
    let last: Verdict = verdict ?? { refusedBy: bucket, states: [], atMs: 0 }
    const give = (admission: Admission): void => {
      clearTimeout(deadline)
      resolve(admission)
    }
    const turn: Turn = {
      rank: priorities.indexOf(priority),
      refuse: (error) => give(refusal(error, {})),
      async attempt() {
        last = await counters.take(charges)
        if (last.refusedBy !== undefined) {
          line.lookAgain(last.retryAfterMs ?? slotPollMs)
          return false
        }
        // It may have left the line while the counters were asked.
        if (line.leave(turn)) give(admitted(charges, last))
        else giveBack(charges, last)
        return true
      },
    }
    const overdue = () => {
      if (line.leave(turn)) give(refused(charges, last))
    }
    const deadline = setTimeout(overdue, charges.maxWaitMsAt(bucket))
    try {
      line.join(turn, maxQueue, limited(charges, last))
    } catch (error) {
      give(refusal(error as GatewayError, {}))
      return promise
    }
    interrupt.on((reason) => {
      if (line.leave(turn)) give(refusal(reason, {}))
    })
    line.lookAgain(last.retryAfterMs ?? slotPollMs)
    return promise
  }

  const giveBack = (charges: ChargeList, taken: Verdict): void => {
    for (const rate of charges.rates) counters.correct({ ...rate, amount: -rate.amount }, taken)
    free(charges)
  }

  const free = ({ slots }: ChargeList): void => {
    for (const { bucket } of slots) {
      counters.free(bucket)
      lines.get(bucket)?.lookAgain(0)
    }
  }

  const admitted = (charges: ChargeList, taken: Verdict): Admission => {
    return {
      headers: rateHeaders(charges.rates, taken.states),
      settle(tokens) {
        free(charges)
        if (tokens === undefined) return
        for (const rate of charges.tokenRates) {
          const amount = tokens - rate.amount
          if (amount !== 0) counters.correct({ ...rate, amount }, taken)
          if (amount < 0) lines.get(rate.bucket)?.lookAgain(0)
        }
      },
    }
  }

  return {
    admitRequest(request) {
      if (request.own === undefined && rules().length === 0) return undefined
      const charges = new ChargeList()
      const tokens = once(() => request.expectedTokens())
      const { org, subjects, own } = request
      if (own) charges.add(`${org}:own:${subjects.key?.id ?? ''}`, own, tokens)
      for (const { scope, match, bounds, name } of rules()) {
        if (scope === 'provider' || scope === 'model') continue
        const subject = subjects[scope]
        if (subject === undefined || match?.test(subject.name) === false) continue
        charges.add(`${org}:${name}:${subject.id}`, bounds, tokens)
      }
      return admit(charges, request)
    },
    admitAttempt(attempt) {
      if (rules().length === 0) return undefined
      const tokens = once(() => attempt.expectedTokens())
      return admit(targetCharges(attempt, rules(), tokens), attempt)
    },
    recall(attempts, knownForMs) {
      for (const attempt of attempts) {
        const { rates } = targetCharges(attempt, rules(), () => attempt.tokens)
        for (const rate of rates) counters.recall?.(rate, attempt.agoMs, knownForMs)
      }
    },
  }
}

function targetCharges(
  { provider, model }: Pick<LimitedAttempt, 'provider' | 'model'>,
  rules: readonly LimitRule[],
  tokens: () => number,
): ChargeList {
  const charges = new ChargeList()
  for (const { scope, match, bounds, name } of rules) {
    if (scope !== 'provider' && scope !== 'model') continue
    const subject = scope === 'provider' ? provider : `${provider}/${model}`
    if (match?.test(subject) !== false) charges.add(`${name}:${subject}`, bounds, tokens)
  }
  return charges
}

/** Those who wait at one bucket. The first of them looks whether there is room now, and then the next. */
class Line extends WaitingLine<Turn> {
  readonly #onEmpty: () => void
  #timer: NodeJS.Timeout | undefined
  #isLooking = false

  constructor(onEmpty: () => void) {
    super()
    this.#onEmpty = onEmpty
  }

  /** At 0 at once; else unless a look is due anyway, which finds out when the next one is. */
  lookAgain(inMs: number): void {
    if (this.#timer !== undefined && inMs > 0) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#look(), Math.ceil(inMs))
  }

  override leave(turn: Turn): boolean {
    const wasIn = super.leave(turn)
    if (wasIn && this.length === 0) {
      clearTimeout(this.#timer)
      this.#timer = undefined
      this.#onEmpty()
    }
    return wasIn
  }

  async #look(): Promise<void> {
    this.#timer = undefined
    if (this.#isLooking) return
    this.#isLooking = true
    try {
      for (let first = this.first; first; first = this.first) if (!(await first.attempt())) return
    } catch {
      // The counters are out of reach: whoever waits keeps its deadline.
      this.lookAgain(slotPollMs)
    } finally {
      this.#isLooking = false
    }
  }
}

function refused(charges: ChargeList, verdict: Verdict): Admission {
  return refusal(limited(charges, verdict), rateHeaders(charges.rates, verdict.states))
}

function refusal(error: GatewayError, headers: Admission['headers']): Admission {
  return { error, headers, settle: () => undefined }
}

function limited(charges: ChargeList, verdict: Verdict): GatewayError {
  const bucket = verdict.refusedBy ?? ''
  const rate = charges.rates.find((each) => each.bucket === bucket)
  const slot = charges.slots.find((each) => each.bucket === bucket)
  const what = rate
    ? `${rate.perMinute} ${bucket.endsWith('tokens') ? 'tokens' : 'requests'} per minute`
    : slot
      ? `${slot.max} concurrent requests`
      : 'requests'
  return new GatewayError('rate_limited', `The limit of ${what} (${scopeOf(bucket)}) is reached.`, {
    retryAfterMs: Math.ceil(verdict?.retryAfterMs ?? slotRetryMs),
  })
}

/** The bucket's own name could tell a caller of others. */
function scopeOf(bucket: string): string {
  const [first = '', second = ''] = bucket.split(':')
  if (first === 'provider' || first === 'model') return first
  return second === 'own' ? 'key' : second || 'all'
}

function once(make: () => number): () => number {
  let value: number | undefined
  return () => (value ??= make())
}
