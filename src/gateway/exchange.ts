/** One request on its way: what the steps learn about it, in the order in which they learn it. */

import type { Principal } from '../access/principal.ts'
import { GatewayError } from '../core/error.ts'
import { type Priority, priorities } from '../core/priority.ts'
import { readTags } from '../core/tags.ts'
import type { KeyedRun } from '../idempotency/idempotency.ts'
import type { Guarding } from '../guardrails/guard.ts'
import type { Account } from '../ledger/account.ts'
import type { Admission } from '../limits/limiter.ts'
import type { Assignment } from '../records/record.ts'
import type { LiveSample } from '../records/sample.ts'
import { type Attempt, tokensOf } from '../routing/make-attempt.ts'
import type { Plan } from '../routing/plan.ts'
import type { Candidate, Route } from '../routing/route.ts'
import type { Caller } from '../routing/traits.ts'
import type { Contract } from '../structured/contract.ts'
import { HeartbeatOutlet } from '../upstream/heartbeat.ts'
import { type Call, type ContentTraits, unknownContent } from '../upstream/operation.ts'
import type { Outlet } from '../upstream/outlet.ts'
import type { RecordingOutlet } from '../upstream/recording-outlet.ts'
import type { Borrowing } from './borrowing.ts'
import type { GatewayParts, Inbound, Snapshot } from './parts.ts'

/** Of an answer whose length the request does not bound. What it really takes is settled at its end. */
const defaultOutputTokens = 1024

const bytesPerToken = 4

export interface Keyed {
  readonly run: KeyedRun
  readonly recorded: RecordingOutlet
}

/** What the steps learn about one request, in the order in which they learn it. */
export class Exchange {
  readonly parts: GatewayParts
  readonly inbound: Inbound
  readonly snapshot: Snapshot
  readonly atMs: number
  readonly startedMs: number
  readonly attempts: Attempt[] = []
  /** Of the attempts, in the order in which they began. */
  readonly accounts: Account[] = []
  principal: Principal | undefined
  call: Call | undefined
  destination: Route | Candidate | undefined
  /** Undefined where the route has no experiment. */
  assignment: Assignment | undefined
  /** What others look at when it is over; undefined of most requests. */
  sample: Pick<LiveSample, 'asked' | 'draw'> | undefined
  /** Undefined where the cache is off. */
  borrowing: Borrowing | undefined
  plan: Plan | undefined
  /** What the answer is held to; undefined where the request demands nothing of it. */
  contract: Contract | undefined
  /** How many attempts have begun. */
  begun = 0
  /** The attempt that the client hears of. */
  decided: Attempt | undefined
  /** Monotonic. */
  deadlineMs: number | undefined
  error: GatewayError | undefined
  status = 200
  outlet: Outlet
  heartbeat: HeartbeatOutlet | undefined
  /** Where the request came with an `idempotency-key` and is the first to do so. */
  keyed: Keyed | undefined
  /** The user in the client's own words, where guardrails have put others into the call. */
  namedUser: string | undefined
  /** Undefined where no guardrail is for it. */
  guarding: Guarding | undefined
  /** What it asks and is answered is recorded. */
  isRecorded = false
  /** The request whose kept answer this one got. */
  replayOf: string | undefined
  #deadline: NodeJS.Timeout | undefined
  #closeLive: (() => void) | undefined
  admission: Admission | undefined
  #content: ContentTraits | undefined

  constructor(parts: GatewayParts, inbound: Inbound) {
    this.parts = parts
    this.inbound = inbound
    this.outlet = inbound.outlet
    this.snapshot = parts.snapshot()
    this.atMs = parts.clock.nowMs()
    this.startedMs = parts.clock.monotonicMs()
  }

  /** The client's own deadline, from `x-weir-timeout-ms`. */
  startDeadline(): void {
    const text = this.inbound.header('x-weir-timeout-ms')
    if (text === undefined) return
    const limitMs = Number(text)
    if (!Number.isInteger(limitMs) || limitMs <= 0 || limitMs > 86_400_000) {
      throw new GatewayError(
        'invalid_request',
        '`x-weir-timeout-ms` must be a whole number of milliseconds.',
        {
          param: 'x-weir-timeout-ms',
        },
      )
    }
    this.deadlineMs = this.startedMs + limitMs
    this.#deadline = setTimeout(() => {
      this.inbound.interrupt.raise(new GatewayError('deadline_exceeded', `No answer within ${limitMs} ms.`))
    }, limitMs)
  }

  get last(): Attempt | undefined {
    return this.decided ?? this.attempts.at(-1)
  }

  get session(): string | undefined {
    return this.inbound.header('x-weir-session') ?? this.call?.session
  }

  get user(): string | undefined {
    return this.inbound.header('x-weir-user') ?? this.namedUser ?? this.call?.user
  }

  /** Who it is for as the ledger counts it: who owns the key is known, what the caller says is only claimed. */
  get payer(): string | undefined {
    return this.principal?.user?.id ?? this.user
  }

  /** Throws `invalid_request`. */
  get priority(): Priority {
    const asked = this.inbound.header('x-weir-priority')
    if (asked === undefined) return this.call?.stream === true ? 'interactive' : 'default'
    const known = priorities.find((priority) => priority === asked)
    if (known) return known
    throw new GatewayError(
      'invalid_request',
      `\`x-weir-priority\` must be one of: ${priorities.join(', ')}.`,
      { param: 'x-weir-priority' },
    )
  }

  /** From here on a quiet stream shows that it lives. */
  startHeartbeat(): void {
    const { form } = this.call!
    if (!form || this.inbound.principal) return // a part of the gateway itself is no client
    const { clock, heartbeatMs } = this.parts
    const options = { form, clock, requestId: this.inbound.id, everyMs: heartbeatMs() }
    this.heartbeat = new HeartbeatOutlet(this.outlet, options)
    this.outlet = this.heartbeat
  }

  /** A promise only for a token that has to be judged first. */
  identify(): Promise<void> | undefined {
    const principal = this.inbound.principal ?? this.snapshot.keyring.identify(this.inbound)
    if (principal instanceof Promise) return principal.then((late) => this.#takePrincipal(late))
    this.#takePrincipal(principal)
    return undefined
  }

  #takePrincipal(principal: Principal): void {
    this.principal = principal
    this.#closeLive = this.parts.liveCalls.open(principal.keyId, this.inbound.interrupt)
  }

  get tags(): readonly string[] {
    const named = readTags(this.inbound.header('x-weir-tags'))
    const own = this.principal?.tags
    return own ? [...new Set([...own, ...named])] : named
  }

  /** Costs a walk through the request: asked for where something depends on it. */
  get content(): ContentTraits {
    this.#content ??= this.call?.content?.() ?? unknownContent
    return this.#content
  }

  /** Prompt and answer together, roughly. */
  readonly expectedTokens = (): number => {
    const { inputBytes, maxOutputTokens = defaultOutputTokens } = this.content
    return Math.ceil(inputBytes / bytesPerToken) + maxOutputTokens
  }

  /** Nothing of it runs any more. */
  close(): void {
    clearTimeout(this.#deadline)
    this.heartbeat?.stop()
    this.#closeLive?.()
    this.admission?.settle(spentTokens(this.attempts))
  }
}

export function callerOf({ inbound, principal, session, tags }: Exchange): Caller {
  // What the key is bound to holds, whatever the caller says.
  const dataRegion = principal!.dataRegion ?? inbound.header('x-weir-data-region')
  return {
    keyName: principal!.keyName,
    tags,
    ...(principal!.clearances && { clearances: principal!.clearances }),
    header: (name) => inbound.header(name),
    ...(dataRegion !== undefined && { dataRegion }),
    ...(session !== undefined && { session }),
  }
}

/** Over all attempts; undefined where one of them may have used some that are not known. */
function spentTokens(attempts: readonly Attempt[]): number | undefined {
  let sum = 0
  for (const attempt of attempts) {
    const tokens = tokensOf(attempt)
    if (tokens === undefined) return undefined
    sum += tokens
  }
  return sum
}
