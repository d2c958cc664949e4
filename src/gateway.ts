/** The request path: the one list of steps that every route takes, and its one exit. */

import type { Keyring } from './access/keys.ts'
import type { LiveCalls } from './access/live-calls.ts'
import { authoriseModel, authoriseSensitive, type Principal } from './access/principal.ts'
import { type AnswerCache, notCached } from './cache/cache.ts'
import type { FlightSource } from './cache/flight.ts'
import { type Answer, foldAnswer } from './core/answer.ts'
import type { Clock } from './core/clock.ts'
import type { ContractOutcome } from './core/contract.ts'
import { GatewayError } from './core/error.ts'
import { type Interrupt, unlessInterrupted } from './core/interrupt.ts'
import { asString, isObject, type JsonObject } from './core/json.ts'
import { formatUsd } from './core/money.ts'
import { priorities, type Priority } from './core/priority.ts'
import type { Idempotency, KeyedRun, KeptAnswer } from './idempotency/idempotency.ts'
import type { Usage } from './core/usage.ts'
import { Borrowing, cacheControlOf } from './gateway/borrowing.ts'
import type { Budgets } from './ledger/budgets.ts'
import type { Spender } from './ledger/entry.ts'
import type { Account, Ledger } from './ledger/ledger.ts'
import type { Admission, Limiter } from './limits/limiter.ts'
import type { AttemptRecord, CacheRecord, RequestRecord } from './records/record.ts'
import { type Attempt, attemptPlan, type AttemptParts, tokensOf } from './routing/attempt.ts'
import type { ExampleBook } from './routing/examples.ts'
import type { OpenAttempt } from './routing/port.ts'
import { chooseRevision, withDefaults } from './routing/revision.ts'
import { findDestination, type Plan, planRequest, type RoutingTable } from './routing/plan.ts'
import { type Candidate, isRoute, type Route } from './routing/route.ts'
import { type Caller, RequestTraits } from './routing/traits.ts'
import { structuredAbility } from './providers/structured-ability.ts'
import { continueConversation, conversationOf } from './stored/conversation.ts'
import type { StoredResponses } from './stored/stored.ts'
import type { Contract } from './structured/contract.ts'
import type { Contracts } from './structured/contracts.ts'
import type { TokenCounter } from './tokens/counter.ts'
import type { Target } from './providers/provider.ts'
import {
  type BillBounds,
  type Call,
  type ContentTraits,
  noAccount,
  unknownContent,
} from './upstream/operation.ts'
import { HeartbeatOutlet } from './upstream/heartbeat.ts'
import type { Outlet } from './upstream/outlet.ts'
import { RecordingOutlet } from './upstream/recording-outlet.ts'
import type { Sender } from './upstream/send.ts'

/** What makes a request the same as another one. */
export interface Fingerprint {
  /** Method and path. */
  readonly route: string
  /** SHA-256, in hexadecimal, of what is asked, in one form. */
  readonly bodySha256: string
}

/** One client request, as the HTTP side hands it over. */
export interface Inbound {
  readonly id: string
  readonly dialect: string
  readonly operation: RequestRecord['operation']
  readonly credential: string | undefined
  /** Who calls, where that is known without a credential: the gateway's own parts. */
  readonly principal?: Principal
  /** Where the request comes from, as far as it can be believed. */
  readonly clientAddress: string | undefined
  /** The value of a request header, by its lower-case name. */
  header(name: string): string | undefined
  /** Reads the body and makes the operation of this route from it; rejects with GatewayError. */
  open(): Promise<Call>
  /** Of a request that has been opened, once; absent where it came without an `idempotency-key`. */
  fingerprint?(): Fingerprint
  encodeError(error: GatewayError): JsonObject
  readonly outlet: Outlet
  /** Raised by the HTTP side when the client leaves or the server must stop. */
  readonly interrupt: Interrupt
}

/** What a reload replaces, as one value: a request sees one of them from its first step to its last. */
export interface Snapshot {
  readonly keyring: Keyring
  readonly table: RoutingTable
}

export interface GatewayParts {
  readonly clock: Clock
  readonly sender: Sender
  readonly tokens: TokenCounter
  readonly ledger: Ledger
  readonly budgets: Pick<Budgets, 'hasFallbacks' | 'fallbackOf'>
  readonly stored: StoredResponses
  readonly idempotency: Idempotency
  /** How long a stream may be quiet before a comment is sent on it. */
  heartbeatMs(): number
  readonly routing: AttemptParts
  readonly examples: ExampleBook
  /** So that a revoked key's requests can be ended. */
  readonly liveCalls: LiveCalls
  readonly limiter: Pick<Limiter, 'admitRequest'>
  readonly contracts: Contracts
  readonly cache: AnswerCache
  /** In nano-dollars; undefined where the price is not known. */
  costOf(provider: string, model: string, usage: Usage | undefined): number | undefined
  snapshot(): Snapshot
  /** Throws `overloaded` where the gateway has too much to do for a request of this priority. */
  admit(priority: Priority): void
  /** Called once for each request whose caller is known, when it is over. */
  onRecord(record: RequestRecord, traceparent: string | undefined): void
  /** Called once for each failure. */
  onError(error: GatewayError, requestId: string): void
}

export interface Gateway {
  /** Answers one request. Never rejects: every failure becomes an answer and a record. */
  serve(inbound: Inbound): Promise<Served>
}

/** What became of a request, for those who called from within. */
export interface Served {
  /** Absent where the caller was not known. */
  readonly record?: RequestRecord
  readonly error?: GatewayError
  /** The whole answer, where the call was opened to keep it. */
  readonly answer?: Answer
}

export function createGateway(parts: GatewayParts): Gateway {
  return { serve: (inbound) => serve(new Exchange(parts, inbound)) }
}

async function serve(exchange: Exchange): Promise<Served> {
  try {
    identify(exchange)
    await decode(exchange)
    await recall(exchange)
    find(exchange)
    authorise(exchange)
    economise(exchange)
    const turn = limit(exchange)
    if (turn) await turn
    if (await repeat(exchange)) return exchange.end()
    const borrowing = borrow(exchange)
    if (borrowing === undefined || !(await borrowing.take())) {
      await plan(exchange)
      await openContract(exchange)
      await attempt(exchange)
      await remember(exchange)
      respond(exchange)
    }
  } catch (error) {
    refuse(exchange, toGatewayError(error))
  }
  // A call that goes on for others is this request's all the same: its record tells of it.
  if (exchange.borrowing?.background) await exchange.borrowing.background
  await endRun(exchange)
  return exchange.end()
}

/** Of an answer whose length the request does not bound. What it really takes is settled at its end. */
const defaultOutputTokens = 1024
const bytesPerToken = 4

/** What the steps learn about one request, in the order in which they learn it. */
class Exchange {
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
  keyed: { readonly run: KeyedRun; readonly recorded: RecordingOutlet } | undefined
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
    return this.inbound.header('x-weir-user') ?? this.call?.user
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

  identify(): void {
    const { inbound, parts, snapshot } = this
    this.principal = inbound.principal ?? snapshot.keyring.identify(inbound)
    this.#closeLive = parts.liveCalls.open(this.principal.keyId, inbound.interrupt)
  }

  get tags(): readonly string[] {
    const named = tagsOf(this.inbound.header('x-weir-tags'))
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

  end(): Served {
    clearTimeout(this.#deadline)
    this.heartbeat?.stop()
    this.#closeLive?.()
    this.admission?.settle(spentTokens(this.attempts))
    const { error, principal } = this
    const borrowed = this.borrowing?.answer
    const answer = borrowed ? foldAnswer(borrowed.events) : this.last?.transcript?.answer
    const record = principal && toRecord(this, principal)
    if (record) this.parts.onRecord(record, this.inbound.header('traceparent'))
    return { ...(record && { record }), ...(error && { error }), ...(answer && { answer }) }
  }
}

// -- the steps

function identify(exchange: Exchange): void {
  exchange.identify()
  exchange.parts.admit(exchange.priority)
}

async function decode(exchange: Exchange): Promise<void> {
  exchange.startDeadline()
  exchange.call = await unlessInterrupted(exchange.inbound.open(), exchange.inbound.interrupt)
  exchange.startHeartbeat()
}

/** Puts what the client refers to into its request: single items, and the earlier turns of a kept conversation. */
async function recall(exchange: Exchange): Promise<void> {
  await recallItems(exchange)
  const { call, principal, parts } = exchange
  const previousId = call?.memory?.previousId
  if (previousId === undefined) return
  const found = await parts.stored.find({ org: principal!.org, keyId: principal!.keyId, id: previousId })
  if (!found) return
  exchange.call = call!.memory!.continued((request) => continueConversation(request, found.conversation))
}

/** Each is a query of its own. */
const maxReferences = 1_000

async function recallItems(exchange: Exchange): Promise<void> {
  const { call, principal, parts } = exchange
  const references = new Set(call?.memory?.references.slice(0, maxReferences))
  if (references.size === 0) return
  const { org, keyId } = principal!
  const items = new Map<string, JsonObject>()
  for (const id of references) {
    const item = await parts.stored.findItem({ org, keyId }, id)
    if (item) items.set(id, item)
  }
  if (items.size > 0) exchange.call = call!.memory!.withItems(items)
}

function find(exchange: Exchange): void {
  const { call, snapshot, parts, session, atMs } = exchange
  const found = findDestination(call!.model, snapshot.table)
  if (!isRoute(found)) return void (exchange.destination = found)
  const route = chooseRevision(found, session, parts.routing.random)
  exchange.destination = route
  const { defaults } = route
  if (!defaults || !call!.rewritten) return
  exchange.call = call!.rewritten((request) => withDefaults(request, defaults, atMs))
}

/** A key that may use a route may use its targets; a target that was named directly must itself be allowed. */
function authorise({ principal, call, destination, snapshot }: Exchange): void {
  const { model } = call!
  if (isRoute(destination!)) return authoriseModel(principal!, [model])
  authoriseModel(principal!, [model, destination!.name])
  authoriseSensitive(principal!, model, snapshot.table.sensitiveMarks?.(destination!.name))
}

/** Takes the route that a used-up budget names in place of the one asked for. */
function economise(exchange: Exchange): void {
  const { parts, principal, destination, payer, session, tags, snapshot, atMs } = exchange
  if (!parts.budgets.hasFallbacks) return
  const { org, keyId, keyName, team } = principal!
  const route = parts.budgets.fallbackOf(
    {
      org,
      keyId,
      keyName,
      tags,
      ...(team && { team: team.id }),
      ...(payer !== undefined && { user: payer }),
      ...(session !== undefined && { session }),
      ...(isRoute(destination!) && { route: destination.name }),
    },
    atMs,
  )
  const fallback = route === undefined ? undefined : snapshot.table.routes.get(route)
  if (fallback) exchange.destination = fallback
}

/** At once where there is room, and for nearly all requests there is: a promise costs each of them a turn of the queue. */
function limit(exchange: Exchange): Promise<void> | undefined {
  const { inbound, principal, call, parts, expectedTokens } = exchange
  const { org, keyId, keyName, team, limits } = principal!
  const claimed = inbound.header('x-weir-user') ?? call!.user
  // Who owns the key is known; who the caller says it is for is not.
  const user = principal!.user ?? (claimed === undefined ? undefined : { id: claimed, name: claimed })
  const admission = parts.limiter.admitRequest({
    org,
    subjects: {
      org: { id: org, name: org },
      key: { id: keyId, name: keyName },
      ...(team && { team }),
      ...(user && { user }),
    },
    own: limits,
    priority: exchange.priority,
    interrupt: inbound.interrupt,
    expectedTokens,
  })
  if (admission instanceof Promise) return admission.then((late) => takeUp(exchange, late))
  takeUp(exchange, admission)
  return undefined
}

function takeUp(exchange: Exchange, admission: Admission | undefined): void {
  exchange.admission = admission
  if (admission?.error) throw admission.error
}

/** True where an earlier request with the same `idempotency-key` has been answered, and this one is answered alike. */
async function repeat(exchange: Exchange): Promise<boolean> {
  const { inbound, principal, parts } = exchange
  const fingerprint = inbound.fingerprint?.()
  if (!fingerprint) return false
  const { org, keyId } = principal!
  const key = inbound.header('idempotency-key') ?? ''
  let begun: Awaited<ReturnType<Idempotency['begin']>>
  try {
    begun = await parts.idempotency.begin({ org, keyId, requestId: inbound.id, key, ...fingerprint })
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause
    // Without the store no repeat is known; a request that runs twice is better than none that runs.
    parts.onError(new GatewayError('internal', 'Idempotency keys could not be read.', { cause }), inbound.id)
    return false
  }
  if ('run' in begun) {
    const recorded = new RecordingOutlet(exchange.outlet, parts.idempotency.maxAnswerBytes)
    exchange.keyed = { run: begun.run, recorded }
    exchange.outlet = recorded
    return false
  }
  exchange.replayOf = begun.requestId
  exchange.status = begun.answer.status
  const headers = { ...begun.answer.headers, 'x-weir-request-id': inbound.id, 'idempotent-replayed': 'true' }
  exchange.outlet.send(begun.answer.status, headers, begun.answer.body)
  return true
}

/** Keeps the answer for repeats of the request, or lets them run anew. */
async function endRun({ keyed, error, attempts, parts, inbound }: Exchange): Promise<void> {
  if (!keyed) return
  const { run, recorded } = keyed
  const { answer } = recorded
  try {
    if (answer && (error === undefined || isFinal(error, attempts))) await run.keep(toKept(answer))
    else await run.release()
  } catch (cause) {
    parts.onError(new GatewayError('internal', 'An answer could not be kept.', { cause }), inbound.id)
  }
}

/** May the failed request have been billed? One that a provider refused, or never saw, may run again. */
function isFinal({ rule }: GatewayError, attempts: readonly Attempt[]): boolean {
  if (rule.blame === 'gateway') return false
  const isBroken = attempts.some(({ isCommitted }) => isCommitted)
  return !isBroken && attempts.some(({ phase, status }) => phase !== 'unsent' && (status ?? 0) < 400)
}

/** Of the headers, those that tell of the answer itself. */
const keptHeaders = [
  ...(['content-type', 'content-disposition', 'x-content-type-options', 'content-security-policy'] as const),
  ...(['x-weir-provider', 'x-weir-model', 'x-weir-dropped', 'x-weir-estimate', 'x-should-retry'] as const),
]

function toKept({ status, headers, body }: KeptAnswer): KeptAnswer {
  const kept: Record<string, string> = {}
  for (const name of keptHeaders) if (headers[name] !== undefined) kept[name] = headers[name]
  return { status, headers: kept, body }
}

/** The answer from elsewhere, or a call that others may share. Undefined where the cache has no part in it. */
function borrow(exchange: Exchange): Borrowing | undefined {
  const { inbound, call, principal, destination, parts } = exchange
  const control = cacheControlOf(inbound.header('x-weir-cache'))
  const { cache, clock } = parts
  if (!cache.isOn || call!.replayable === undefined) {
    if (control === 'only') throw notCached()
    return undefined
  }
  const replayable = call!.replayable()
  exchange.borrowing = new Borrowing({
    cache,
    clock,
    replayable,
    outlet: exchange.outlet,
    interrupt: inbound.interrupt,
    asked: {
      id: inbound.id,
      org: principal!.org,
      // Revisions answer differently: what one has said is not the other's.
      destination: isRoute(destination!) ? (destination.settingsName ?? destination.name) : destination!.name,
      request: replayable.request,
      // What is kept for its caller, or continues such an answer, is of one conversation alone.
      control: call!.memory ? 'no-store' : control,
      isStrict: inbound.header('x-weir-strict') === '1',
      tags: exchange.tags,
      caller: callerOf(exchange),
    },
    headers: ({ provider, model, dropped }: FlightSource) =>
      answerHeaders(exchange, { provider: { name: provider }, model }, 0, dropped),
    costOf: ({ target, usage }) => parts.costOf(target.provider.name, target.model, usage),
  })
  return exchange.borrowing
}

async function plan(exchange: Exchange): Promise<void> {
  const { inbound, call, destination, parts, atMs } = exchange
  const { dialect, operation } = inbound
  const look = () => exchange.content
  const traits = new RequestTraits({ dialect, operation, stream: call!.stream }, callerOf(exchange), look)
  const guessing = isRoute(destination!) ? parts.examples.guess(destination, traits) : undefined
  const guesses = guessing && (await unlessInterrupted(guessing, inbound.interrupt))
  const nowMs = parts.clock.monotonicMs()
  const planning = { ...parts.routing, nowMs, atMs, ...(guesses && { guesses }) }
  exchange.plan = planRequest(destination!, traits, planning)
}

function callerOf({ inbound, principal, session, tags }: Exchange): Caller {
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

async function openContract(exchange: Exchange): Promise<void> {
  const { call, plan, inbound, parts } = exchange
  if (call!.generation === undefined) return
  const opening = parts.contracts.open(
    {
      ...call!.generation,
      isStrict: inbound.header('x-weir-strict') === '1',
      movesOnRefusal: plan!.policy.failoverOn.has('refusal'),
    },
    plan!.settingsName,
  )
  // Most requests have none: they do not wait for a turn of the event loop.
  if (opening) exchange.contract = await opening
}

async function attempt(exchange: Exchange): Promise<void> {
  const { inbound, parts, deadlineMs, contract, borrowing } = exchange
  if (!exchange.call!.isFree) parts.ledger.admit()
  const running = attemptPlan(
    {
      plan: exchange.plan!,
      call: borrowing?.call(exchange.call!) ?? exchange.call!,
      priority: exchange.priority,
      expectedTokens: exchange.expectedTokens,
      context: {
        sender: parts.sender,
        clock: parts.clock,
        tokens: parts.tokens,
        requestId: inbound.id,
        isStrict: inbound.header('x-weir-strict') === '1',
        mayContinue: exchange.plan!.policy.continuesBroken,
        outlet: borrowing?.outlet ?? exchange.outlet,
        interrupt: borrowing?.interrupt ?? inbound.interrupt,
        account: noAccount,
        streamHeaders(target, dropped, outcome) {
          borrowing?.begun({ provider: target.provider.name, model: target.model, dropped })
          return {
            ...answerHeaders(exchange, target, exchange.begun, dropped),
            ...(contract && { 'x-weir-contract': contract.path(outcome) }),
          }
        },
        ...(contract && { contractFor: (target) => contract.attempt(structuredAbility(target)) }),
      },
      openAttempt: openAttemptOf(exchange),
      onStart: () => exchange.begun++,
      onEnd: (made) => exchange.attempts.push(made),
      ...(deadlineMs !== undefined && { deadlineMs }),
      ...(contract && {
        judgeAnswer: (made, target) => contract.judge(made, structuredAbility(target)),
      }),
    },
    parts.routing,
  )
  exchange.decided = await (borrowing?.made(running) ?? running)
}

/** Opens the account of each attempt that the request is made in: all of them are its caller's. */
function openAttemptOf(exchange: Exchange): OpenAttempt {
  const { parts, call, principal, accounts, contract } = exchange
  const spender = spenderOf(exchange)
  const ceiling = principal!.maxNanoUsdPerRequest
  const bounds = call!.bounds?.()
  const countPrompt = call!.countPrompt && (() => call!.countPrompt!(parts.tokens))
  const boundsFor = (target: Target): BillBounds | undefined => {
    if (!bounds || !contract) return bounds
    const inputBytes = bounds.inputBytes + contract.addedBytes(structuredAbility(target))
    return { ...bounds, inputBytes, turns: bounds.turns + 2 }
  }
  return async ({ n, target }) => {
    const account = await parts.ledger.open({
      spender,
      attempt: n,
      provider: target.provider.name,
      model: target.model,
      credential: target.credential.alias,
      bounds: boundsFor(target),
      ...(ceiling !== undefined && { ceilingNanoUsd: ceiling - sumOf(accounts, mostOf) }),
      ...(countPrompt && { countPrompt }),
    })
    accounts.push(account)
    return account
  }
}

/** What an attempt costs its caller, at most. */
function mostOf({ chargedNanoUsd, reservedNanoUsd }: Account): number {
  return chargedNanoUsd ?? reservedNanoUsd
}

function sumOf(accounts: readonly Account[], amountOf: (account: Account) => number): number {
  return accounts.reduce((sum, account) => sum + amountOf(account), 0)
}

function spenderOf({ inbound, principal, call, plan, payer, session, tags }: Exchange): Spender {
  const { org, keyId, keyName, team } = principal!
  return {
    requestId: inbound.id,
    org,
    keyId,
    keyName,
    tags: tags.length > 1 ? [...new Set(tags)] : tags,
    dialect: inbound.dialect,
    operation: inbound.operation,
    stream: call!.stream,
    ...(team && { team: team.id }),
    ...(team && team.markupBasisPoints > 0 && { markupBasisPoints: team.markupBasisPoints }),
    ...(team?.creditNanoUsd !== undefined && { creditNanoUsd: team.creditNanoUsd }),
    ...(payer !== undefined && { user: payer }),
    ...(session !== undefined && { session }),
    ...(session !== undefined && call!.promptBytes && { promptBytes: call!.promptBytes() }),
    ...(plan!.route !== undefined && { route: plan!.route }),
  }
}

/** Keeps the answer where the client asked for it (`store: true`), before it can be referred to. */
async function remember({ last, call, principal, parts, inbound }: Exchange): Promise<void> {
  if (call?.memory?.keep !== true) return
  const { transcript } = last ?? {}
  const id = transcript && asString(transcript.body['id'])
  if (transcript === undefined || id === undefined) return
  const conversation = conversationOf(transcript.request, transcript.answer)
  const owner = { org: principal!.org, keyId: principal!.keyId, id }
  try {
    await parts.stored.keep(owner, { conversation, answer: transcript.body })
  } catch (cause) {
    // The answer is good; only its continuation is lost.
    parts.onError(new GatewayError('internal', 'A response could not be kept.', { cause }), inbound.id)
  }
}

/** Sends what the last attempt brought; a streamed answer has been sent already. */
function respond(exchange: Exchange): void {
  const { last, outlet, attempts } = exchange
  if (!last || last.error) throw last?.error ?? new GatewayError('internal', 'The plan has no target.')
  if (last.body === undefined) return
  const headers = answerHeaders(exchange, last.target, attempts.length, last.dropped)
  if (exchange.contract) headers['x-weir-contract'] = exchange.contract.path(last.contract)
  headers['content-type'] = 'application/json; charset=utf-8'
  if (last.isEstimate) headers['x-weir-estimate'] = '1'
  const costNanoUsd = costOf(exchange)
  if (costNanoUsd !== undefined) headers['x-weir-cost-usd'] = formatUsd(costNanoUsd)
  outlet.send(200, headers, last.body)
}

/** Answers with an error in the client's dialect, unless the answer has begun: then the stream has told it. */
function refuse(exchange: Exchange, error: GatewayError): void {
  const { inbound, outlet, last, attempts, parts } = exchange
  exchange.error = error
  exchange.status = error.status
  parts.onError(error, inbound.id)
  exchange.borrowing?.abandon(error)
  if (last?.isCommitted || exchange.borrowing?.isTold) return
  if (outlet.isGone || exchange.heartbeat?.fail(error)) return
  const headers: Record<string, string> = last
    ? answerHeaders(exchange, last.target, attempts.length, last.dropped)
    : { 'x-weir-request-id': inbound.id, ...exchange.admission?.headers }
  if (last?.contract && exchange.contract) headers['x-weir-contract'] = exchange.contract.path(last.contract)
  headers['content-type'] = 'application/json; charset=utf-8'
  // Weir has retried what could be retried: an SDK that repeats the call would only multiply the load upstream.
  headers['x-should-retry'] = String(error.rule.retry === 'after' && error.rule.blame !== 'upstream')
  if (error.retryAfterMs !== undefined) headers['retry-after'] = String(Math.ceil(error.retryAfterMs / 1000))
  outlet.send(error.status, headers, JSON.stringify(withBreach(inbound.encodeError(error), error)))
}

/** What the last answer was, and what was wrong with it, beside the dialect's own members of an error. */
function withBreach(body: JsonObject, { contract }: GatewayError): JsonObject {
  if (contract === undefined) return body
  const told = { kind: contract.kind, errors: contract.faults, text: contract.text }
  const { error } = body
  return isObject(error) ? { ...body, error: { ...error, contract: told } } : { ...body, contract: told }
}

// -- what the steps share

/** Of all attempts; undefined where one of them is not settled yet, or none costs anything. */
function costOf({ accounts }: Exchange): number | undefined {
  const isSettled = accounts.every(({ chargedNanoUsd }) => chargedNanoUsd !== undefined)
  return accounts.length > 0 && isSettled ? sumOf(accounts, mostOf) : undefined
}

function answerHeaders(
  { inbound, admission, borrowing, accounts }: Exchange,
  { provider, model }: { readonly provider: { readonly name: string }; readonly model: string },
  attempts: number,
  dropped: readonly string[],
): Record<string, string> {
  const headers: Record<string, string> = {
    'x-weir-request-id': inbound.id,
    'x-weir-provider': provider.name,
    'x-weir-model': headerText(model),
    'x-weir-attempts': String(attempts),
    ...admission?.headers,
  }
  if (borrowing) headers['x-weir-cache'] = borrowing.outcome
  if (dropped.length > 0) headers['x-weir-dropped'] = headerText(dropped.join(', '))
  const { remainingNanoUsd, maxOutputTokens } = accounts.at(-1) ?? {}
  if (remainingNanoUsd !== undefined) headers['x-weir-budget-remaining-usd'] = formatUsd(remainingNanoUsd)
  if (maxOutputTokens !== undefined) headers['x-weir-max-tokens-clamped'] = String(maxOutputTokens)
  return headers
}

/** Model names come from clients: what HTTP does not allow in a header is left out rather than thrown at. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 1024)
}

function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  return new GatewayError('internal', 'The gateway failed to answer this request.', { cause: error })
}

function toRecord(exchange: Exchange, principal: Principal): RequestRecord {
  const { inbound, call, plan, last, error, startedMs, atMs, attempts, parts, user, session, contract } =
    exchange
  const { borrowing, destination } = exchange
  const source = last ? { provider: last.target.provider.name, model: last.target.model } : borrowing?.answer
  const borrowed = borrowing && isRoute(destination!) ? destination : undefined
  const route = plan?.route ?? borrowed?.name
  const revision = plan?.revision ?? borrowed?.revision
  const endedMs = parts.clock.monotonicMs()
  const inAttemptsMs = attempts.reduce((sum, made) => sum + made.endedMs - made.startedMs, 0)
  return {
    id: inbound.id,
    org: principal.org,
    atMs,
    dialect: inbound.dialect,
    operation: inbound.operation,
    requestedModel: call?.model ?? '',
    keyId: principal.keyId,
    keyName: principal.keyName,
    tags: exchange.tags,
    stream: call?.stream ?? false,
    status: exchange.status,
    durationMs: toMs(endedMs - startedMs),
    overheadMs: Math.max(0, toMs(endedMs - startedMs - inAttemptsMs)), // a hedge runs beside another
    dropped: last?.dropped ?? borrowing?.answer?.dropped ?? [],
    clientGone: error?.code === 'client_gone',
    attempts: attempts.map((made) => toAttemptRecord(made, startedMs)),
    ...(inbound.clientAddress !== undefined && { clientAddress: inbound.clientAddress }),
    ...(exchange.replayOf !== undefined && { replayOf: exchange.replayOf }),
    ...(route !== undefined && { route }),
    ...(revision !== undefined && { revision }),
    ...(plan?.decision && { decision: plan.decision }),
    ...(source && { provider: source.provider, model: source.model }),
    ...(user !== undefined && { user }),
    ...(session !== undefined && { session }),
    ...(error && { code: error.code, message: error.message }),
    ...(last?.firstTokenMs !== undefined && { firstTokenMs: toMs(last.firstTokenMs - startedMs) }),
    ...(last?.usage && { usage: last.usage }),
    ...(last?.finish !== undefined && { finish: last.finish }),
    ...(last?.contract && contract && { contract: contract.path(last.contract) }),
    ...(borrowing && { cache: toCacheRecord(borrowing) }),
  }
}

function toCacheRecord({ outcome, answer, similarity }: Borrowing): CacheRecord {
  return {
    outcome,
    ...(answer?.costNanoUsd !== undefined && { savedNanoUsd: answer.costNanoUsd }),
    ...(similarity !== undefined && { similarity }),
  }
}

function toAttemptRecord(made: Attempt, startedMs: number): AttemptRecord {
  return {
    n: made.n,
    provider: made.target.provider.name,
    model: made.target.model,
    startedMs: toMs(made.startedMs - startedMs),
    endedMs: toMs(made.endedMs - startedMs),
    dropped: made.dropped,
    ...(made.target.provider.credentials.length > 1 && { credential: made.target.credential.alias }),
    ...(made.isEmpty && { empty: true }),
    ...(made.isContinuation && { continues: true }),
    ...(made.headersMs !== undefined && { headersMs: toMs(made.headersMs - startedMs) }),
    ...(made.firstTokenMs !== undefined && { firstTokenMs: toMs(made.firstTokenMs - startedMs) }),
    ...(made.status !== undefined && { status: made.status }),
    ...(made.error && { code: made.error.code, message: made.error.upstream?.message ?? made.error.message }),
    ...(made.usage && { usage: made.usage }),
    ...(made.contract && { contract: contractWords(made.contract) }),
    ...(made.upstreamRequestId !== undefined && { upstreamRequestId: made.upstreamRequestId }),
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

/** `native: repaired (comma, around)` */
function contractWords({ mode, found, mends, toolFaults }: ContractOutcome): string {
  const mended = mends.length > 0 ? ` (${mends.join(', ')})` : ''
  const calls = toolFaults ? `; tool calls: ${toolFaults.length} faults` : ''
  return `${mode ?? 'tools'}: ${found}${mended}${calls}`
}

/** To the microsecond: more digits say nothing, and cost time to write. */
function toMs(ms: number): number {
  return Math.round(ms * 1000) / 1000
}

const maxTags = 20

/** `x-weir-tags: a, b` as a list, bounded. */
function tagsOf(header: string | undefined): string[] {
  if (header === undefined) return []
  const tags = header.split(',').map((tag) => tag.trim().slice(0, 64))
  return tags.filter((tag) => tag !== '').slice(0, maxTags)
}
