/** Tries a plan's targets until one answers, within every bound on attempts, and tells what became of each. */

import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { Interrupt } from '../core/interrupt.ts'
import { isTlsFault } from '../upstream/egress.ts'
import type { AttemptContext, SuspendedStream } from '../upstream/operation.ts'
import { isStaleSocket } from '../upstream/lost-connection.ts'
import { combineHashes } from './hash.ts'
import { race } from './hedge.ts'
import { type Attempt, type AttemptParts, makeAttempt, type Run } from './make-attempt.ts'
import type { Choice } from './plan.ts'
import type { Spending } from './retry-budget.ts'
import type { Leg } from './route.ts'

const maxAttemptsPerTarget = 2
const backoffBaseMs = 250
const backoffCapMs = 5_000
/** A longer wait than this is the client's own to decide on. */
const maxWaitMs = 60_000
/** Beyond every rank that is drawn. */
const lastRank = 1e9
/** With less time than this no further attempt can be of use. */
const minTimeLeftMs = 1_000

/**
 * The attempt that answers, or the last one that failed. Another target is tried while the client has seen no byte,
 * the failure's rule or the route allows it, and the retry budget has something left; the same target again only
 * where nothing can have reached it, or with another of its credentials.
 */
export async function attemptPlan(run: Run, parts: AttemptParts): Promise<Attempt> {
  const course = new Course(run, parts)
  let decided: Attempt | undefined
  let next: Step | undefined = course.first()
  while (next) {
    const attempt: Attempt = await course.take(next)
    // A refusal is an answer all the same: better than the error of the target that was tried after it.
    if (decided === undefined || decided.error || !attempt.error) decided = attempt
    next = course.after(attempt)
    if (next && next.waitMs > 0) {
      await pause(next.waitMs, run.context.interrupt)
      if (run.context.interrupt.reason) break
    }
  }
  decided?.suspended?.release()
  return withSoonestRetry(decided!, course.made, run)
}

/** What is done next. */
interface Step {
  readonly leg: Leg
  readonly at: number
  readonly waitMs: number
  /** Present where the retry budget had to allow it. */
  readonly spending?: Spending
  /** The answer was not what the request demands: outside of every count but its own. */
  readonly isReask?: true
}

/** The way of one request over its plan. */
class Course {
  readonly made: Attempt[] = []
  readonly #run: Run
  readonly #parts: AttemptParts
  readonly #clock: Clock
  readonly #tries = new Map<string, number>()
  readonly #triedLegs = new Set<string>()
  #at = 0
  #leg: Leg | undefined
  /** Attempts, but for those that ask the same target again. */
  #started = 0
  /** All of them. */
  #begun = 0
  /** The attempt that broke within its answer: what follows goes on with it. */
  #broken: SuspendedStream | undefined
  #hasRetriedEmpty = false

  constructor(run: Run, parts: AttemptParts) {
    this.#run = run
    this.#parts = parts
    this.#clock = run.context.clock
  }

  first(): Step {
    const { choices } = this.#run.plan
    const leg = this.#legOf(choices[0]!) ?? choices[0]!.candidate.legs[0]!
    this.#parts.budget.deposit(leg.target.provider.name)
    this.#parts.hedges.deposit(this.#run.plan.policy.hedge)
    return { leg, at: 0, waitMs: 0 }
  }

  async take(step: Step): Promise<Attempt> {
    this.#note(step)
    const hedge = this.#started === 1 && !step.isReask ? this.#hedgeDelayMs(step) : undefined
    const attempt =
      hedge === undefined
        ? await this.#make(step, this.#begun, this.#run.context)
        : await this.#hedged(step, hedge)
    if (!attempt.error) step.spending?.succeeded()
    if (attempt.error && attempt.suspended?.goOn) this.#broken = attempt.suspended
    this.#end(attempt)
    return attempt
  }

  /** Undefined: the attempt stands, whatever it brought. */
  after(attempt: Attempt): Step | undefined {
    const { plan, context } = this.#run
    const verdict = this.#run.judgeAnswer?.(attempt, attempt.target) ?? 'accept'
    const isTold = attempt.isCommitted && !attempt.suspended?.goOn
    if (verdict === 'stop' || isTold || context.interrupt.reason) return undefined
    if (verdict === 're-ask' && this.#timeLeftMs() >= minTimeLeftMs) return this.#reask(attempt)
    if (this.#started >= plan.policy.maxAttempts) return undefined
    if (!this.#mayMove(attempt)) return undefined
    if (this.#timeLeftMs() < minTimeLeftMs) return undefined
    const next = this.#again(attempt) ?? this.#onward(attempt) ?? this.#afterEmpty(attempt)
    if (next === undefined) return undefined
    if (attempt.isEmpty) this.#hasRetriedEmpty = true
    return this.#afforded(attempt, next)
  }

  /** A step after a provider that is in trouble is paid for out of the budget of retries; undefined where that is empty. */
  #afforded({ error, phase, isEmpty, target }: Attempt, next: Step): Step | undefined {
    const isOutage = error?.rule.blame === 'upstream' && error.code !== 'contract_unsatisfied'
    const addsLoad = phase !== 'unsent' && (isEmpty || isOutage)
    if (!addsLoad) return next
    const spending = this.#parts.budget.spend(target.provider.name)
    return spending && { ...next, spending }
  }

  /** A hedge may have answered from elsewhere than the last step went to. */
  #reask({ target }: Attempt): Step {
    const at = this.#run.plan.choices.findIndex(({ candidate }) =>
      candidate.legs.some((leg) => leg.target === target),
    )
    const leg = this.#run.plan.choices[at]!.candidate.legs.find((each) => each.target === target)!
    return { leg, at, waitMs: 0, isReask: true }
  }

  #mayMove({ error, finish, isEmpty }: Attempt): boolean {
    const { failoverOn } = this.#run.plan.policy
    if (isEmpty) return !this.#hasRetriedEmpty
    if (error === undefined) return finish !== undefined && failoverOn.has(finish as never)
    return error.rule.retry !== 'never' || failoverOn.has(error.code)
  }

  /** The same target once more: with another credential, or over a fresh connection. */
  #again(attempt: Attempt): Step | undefined {
    const choice = this.#run.plan.choices[this.#at]!
    const { error, phase } = attempt
    if (error === undefined || this.#isUsedUp(choice)) return undefined
    if (isOfCredential(error)) {
      const leg = this.#legOf({ ...choice, isForced: false })
      if (leg && this.#parts.health.isFull?.(leg)) return undefined
      return leg && { leg, at: this.#at, waitMs: 0 }
    }
    if (phase !== 'unsent' || error.rule.blame !== 'upstream') return undefined
    const leg = this.#leg!
    if (isStaleSocket(error.cause)) return { leg, at: this.#at, waitMs: 0 }
    const isLastWay = this.#onward(attempt) === undefined && !isTlsFault(error.cause)
    return isLastWay ? { leg, at: this.#at, waitMs: this.#backoffMs() } : undefined
  }

  /** An empty answer is a chance event: where there is no other target, the same one may do better. */
  #afterEmpty({ isEmpty }: Attempt): Step | undefined {
    if (!isEmpty || this.#isUsedUp(this.#run.plan.choices[this.#at]!)) return undefined
    return { leg: this.#leg!, at: this.#at, waitMs: 0 }
  }

  /** The next target in the plan's order that may be tried in time. */
  #onward(attempt: Attempt): Step | undefined {
    const { choices } = this.#run.plan
    for (let at = this.#at + 1; at < choices.length; at++) {
      const choice = choices[at]!
      if (this.#isUsedUp(choice)) continue
      const leg = this.#legOf(choice)
      if (leg === undefined) continue
      const waitMs = this.#waitMs(attempt, leg)
      if (waitMs > Math.min(maxWaitMs, this.#timeLeftMs() - minTimeLeftMs)) continue
      return { leg, at, waitMs }
    }
    return undefined
  }

  /** Another upstream has nothing to recover from; the one that has just failed is given a moment. */
  #waitMs({ target, error }: Attempt, leg: Leg): number {
    if (error === undefined || target.provider.name !== leg.target.provider.name) return 0
    if (isOfCredential(error) || error.rule.blame !== 'upstream') return 0
    return Math.max(this.#backoffMs(), error.retryAfterMs ?? 0)
  }

  /** Full jitter: https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/ */
  #backoffMs(): number {
    return this.#parts.random() * Math.min(backoffCapMs, backoffBaseMs * 2 ** (this.#started - 1))
  }

  #timeLeftMs(): number {
    const { deadlineMs } = this.#run
    return deadlineMs === undefined ? Infinity : deadlineMs - this.#clock.monotonicMs()
  }

  #isUsedUp({ candidate }: Choice): boolean {
    return (this.#tries.get(candidate.name) ?? 0) >= maxAttemptsPerTarget
  }

  /** A credential of the target that was not tried and may be used, drawn by weight; a session keeps its own. */
  #legOf({ candidate, isForced }: Choice): Leg | undefined {
    const { health, random } = this.#parts
    const { sessionHash } = this.#run.plan
    const nowMs = this.#clock.monotonicMs()
    let best: Leg | undefined
    let bestRank = Infinity
    let soonest: Leg | undefined
    let soonestMs = Infinity
    for (const leg of candidate.legs) {
      if (this.#triedLegs.has(leg.key)) continue
      const why = health.withheld(leg, nowMs)
      if (why === undefined) {
        const chance = sessionHash === undefined ? 1 - random() : combineHashes(sessionHash, leg.hash)
        const drawn = -Math.log(chance) / leg.target.credential.weight
        const rank = health.isFull?.(leg) ? drawn + lastRank : drawn
        if (rank < bestRank) [best, bestRank] = [leg, rank]
      } else if (why.untilMs < soonestMs) [soonest, soonestMs] = [leg, why.untilMs]
    }
    return best ?? (isForced ? soonest : undefined)
  }

  #note({ leg, at, isReask }: Step): void {
    const name = this.#run.plan.choices[at]!.candidate.name
    this.#at = at
    this.#leg = leg
    this.#begun++
    this.#run.onStart()
    if (isReask) return
    this.#started++
    this.#tries.set(name, (this.#tries.get(name) ?? 0) + 1)
    this.#triedLegs.add(leg.key)
  }

  #end(attempt: Attempt): void {
    this.made.push(attempt)
    this.#run.onEnd(attempt)
  }

  #make({ leg }: Step, n: number, context: AttemptContext): Promise<Attempt> {
    return makeAttempt({ leg, n, context, broken: this.#broken }, this.#run, this.#parts)
  }

  // -- hedging

  /** How long the first attempt has before a second one joins it; undefined where none does. */
  #hedgeDelayMs(step: Step): number | undefined {
    const { plan, call } = this.#run
    const { hedge, maxAttempts } = plan.policy
    if (hedge === undefined || maxAttempts < 2 || plan.choices.length < 2) return undefined
    if (hedge.afterMs !== undefined) return hedge.afterMs
    // What is measured is the time to the first token, which only streams show.
    return call.stream
      ? this.#parts.figures.firstTokenP95Ms(plan.choices[step.at]!.candidate.figureKey)
      : undefined
  }

  async #hedged(step: Step, afterMs: number): Promise<Attempt> {
    const { context } = this.#run
    const { winner, loser } = await race({
      context,
      afterMs,
      first: (lane) => this.#make(step, 1, lane),
      second: () => {
        const second = this.#hedgeStep(step.at)
        if (!second || !this.#parts.hedges.spend()) return undefined
        this.#note(second)
        return (lane) => this.#make(second, 2, lane)
      },
    })
    if (loser) this.#end(loser)
    return winner
  }

  #hedgeStep(firstAt: number): Step | undefined {
    const { choices } = this.#run.plan
    for (let at = firstAt + 1; at < choices.length; at++) {
      if (choices[at]!.isForced) continue
      const leg = this.#legOf(choices[at]!)
      if (leg) return { leg, at, waitMs: 0 }
    }
    return undefined
  }
}

/** Failures of the key rather than of the target: another key may do. */
function isOfCredential({ code }: GatewayError): boolean {
  return code === 'upstream_rate_limit' || code === 'upstream_auth' || code === 'upstream_quota'
}

/** Where all are limited, the client may come back as soon as the first of them takes requests again. */
function withSoonestRetry(attempt: Attempt, made: readonly Attempt[], { plan, context }: Run): Attempt {
  const { error } = attempt
  if (error === undefined || error.rule.retry !== 'after') return attempt
  const waits = made.flatMap((each) => each.error?.retryAfterMs ?? [])
  if (plan.backAtMs !== undefined) waits.push(Math.max(0, plan.backAtMs - context.clock.monotonicMs()))
  const retryAfterMs = Math.min(...waits)
  if (waits.length === 0 || retryAfterMs === error.retryAfterMs) return attempt
  const { code, message, status, param, upstream, cause } = error
  return {
    ...attempt,
    error: new GatewayError(code, message, {
      status,
      retryAfterMs,
      cause,
      ...(param !== undefined && { param }),
      ...(upstream && { upstream }),
    }),
  }
}

function pause(waitMs: number, interrupt: Interrupt): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, waitMs)
    interrupt.on(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
