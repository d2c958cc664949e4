/** The gateway's own way with lines that providers do in batches of theirs: what is sent, and what is booked of it. */

import type { Principal } from '../access/principal.ts'
import type { Batch } from '../batch/batch.ts'
import type { BookedLine, JobTarget, NativeJob, PreparedLine } from '../batch/native/port.ts'
import type { RequestLine } from '../batch/request-line.ts'
import type { RequestOutcome } from '../batch/try-line.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { Interrupt } from '../core/interrupt.ts'
import { parseJson } from '../core/json.ts'
import type { NanoUsd } from '../core/money.ts'
import { authorise } from '../gateway/admission.ts'
import type { Snapshot } from '../gateway/parts.ts'
import type { GuardOf } from '../guardrails/compile.ts'
import { type DataRoute, findDataRoute } from '../http/routes.ts'
import { withMarkup } from '../ledger/allowance.ts'
import { reservation, tokenBounds } from '../ledger/bounds.ts'
import type { Spender } from '../ledger/entry.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { LedgerStore } from '../ledger/port.ts'
import type { Target } from '../providers/provider.ts'
import { structuredAbility } from '../providers/structured-ability.ts'
import type { RequestRecord } from '../records/record.ts'
import { findDestination } from '../routing/plan.ts'
import { withDefaults } from '../routing/revision.ts'
import { type Candidate, isRoute, type Route } from '../routing/route.ts'
import type { LookUpModel } from '../routing/route-compiler.ts'
import type { Contract } from '../structured/contract.ts'
import type { Contracts } from '../structured/contracts.ts'
import type { TokenCounter } from '../tokens/counter.ts'
import type { BatchApi } from '../upstream/batch-api/batch-api.ts'
import { attemptAnswered, requestOf } from '../upstream/batch-api/line-call.ts'
import { batchApis } from '../upstream/batch-api/registry.ts'
import { type AttemptContext, type AttemptResult, type Call, noAccount } from '../upstream/operation.ts'
import type { Outlet } from '../upstream/outlet.ts'
import { usageOf } from './batch-lines.ts'
import { openRoute } from './inner-calls.ts'

export interface NativeLineParts {
  readonly snapshot: () => Snapshot
  readonly lookUp: () => Promise<LookUpModel>
  readonly guardrails: { readonly of: GuardOf | undefined }
  readonly contracts: Contracts
  readonly ledger: Ledger
  readonly ledgerStore: Pick<LedgerStore, 'hasLine'>
  readonly chargedFor: (requestId: string) => NanoUsd
  readonly tokens: TokenCounter
  readonly clock: Clock
  onRecord(record: RequestRecord): void
}

export interface NativeLines {
  prepare(batch: Batch, request: RequestLine): Promise<PreparedLine | undefined>
  book(batch: Batch, job: NativeJob, target: Target, line: BookedLine): Promise<RequestOutcome>
}

/** What a line may say in headers that a provider's batch keeps to, or that is for the books alone. */
const keptHeaders: ReadonlySet<string> = new Set(['x-weir-user', 'x-weir-session', 'x-weir-tags'])
/** By which prices know that a call was in a batch, and by which its ledger line does. */
const batchTier = 'batch'

export function createNativeLines(parts: NativeLineParts): NativeLines {
  return {
    async prepare(batch, request) {
      try {
        return await prepare(batch, request, parts)
      } catch (error) {
        // The queue will tell what is wrong with it.
        if (error instanceof GatewayError) return undefined
        throw error
      }
    },
    book: (batch, job, target, line) => new Booking(batch, job, target, line, parts).make(),
  }
}

async function prepare(
  batch: Batch,
  request: RequestLine,
  parts: NativeLineParts,
): Promise<PreparedLine | undefined> {
  const principal = parts.snapshot().keyring.principalOf(batch.keyId)
  if (!principal || !mayGo(principal, request)) return undefined
  const asked = await openCall(request)
  const way = wayOf(asked, parts)
  if (!way) return undefined
  const { destination, target, api } = way
  authorise({ principal, call: asked, destination, snapshot: parts.snapshot() })
  const call = withRoute(asked, destination, parts.clock.nowMs())
  const price = await priceOf(call, target, parts)
  if (!price) return undefined
  const { markupBasisPoints = 0 } = principal.team ?? {}
  const mostNanoUsd = withMarkup(price.mostNanoUsd, markupBasisPoints)
  if (mostNanoUsd > (principal.maxNanoUsdPerRequest ?? Infinity)) return undefined
  const contract = await openContract(call, destination, parts)
  const account = { ...noAccount, maxOutputTokens: price.maxOutputTokens }
  const sent = await requestOf(call, target, contextOf('', contract, account, parts))
  const endpoint = sent && api.endpointOf(sent.path)
  if (endpoint === undefined) return undefined
  return { target: jobTarget(target, endpoint), body: sent!.body, mostNanoUsd, markupBasisPoints }
}

/** Where data must stay, and what else cannot be promised of a batch, is for the queue. */
function mayGo({ dataRegion }: Principal, { headers = {} }: RequestLine): boolean {
  return dataRegion === undefined && Object.keys(headers).every((name) => keptHeaders.has(name))
}

interface Way {
  readonly destination: Route | Candidate
  readonly target: Target
  readonly api: BatchApi
}

/** Undefined where the provider has no batches, or something of the gateway's own stands between. */
function wayOf(call: Call, { snapshot, guardrails }: NativeLineParts): Way | undefined {
  const destination = findDestination(call.model, snapshot().table)
  const candidate = isRoute(destination) ? onlyTarget(destination) : destination
  const target = candidate?.legs[0]?.target
  const kind = target?.provider.spec.batchApi
  if (!target || !kind || call.stream || call.memory || guardrails.of?.(destination.name)) return undefined
  return { destination, target, api: batchApis[kind] }
}

interface BatchPrice {
  /** At the price of batches. */
  readonly mostNanoUsd: NanoUsd
  /** What the request leaves open, and nothing is known to bound: it must be told. */
  readonly maxOutputTokens: number | undefined
}

/** Undefined where it is not known, or the request names a tier of its own. */
async function priceOf(
  call: Call,
  { provider, model }: Target,
  { lookUp, clock }: NativeLineParts,
): Promise<BatchPrice | undefined> {
  const bounds = call.bounds?.()
  if (!bounds || bounds.serviceTier !== undefined) return undefined
  const info = (await lookUp())(provider.name, model)
  const tokens = tokenBounds(bounds, info)
  const context = { atMs: clock.nowMs(), serviceTier: undefined, isBatch: true }
  const mostNanoUsd = reservation(info, tokens, context)
  if (mostNanoUsd === undefined) return undefined
  const isOpen = bounds.maxOutputTokens === undefined && info?.maxOutputTokens === undefined
  const maxOutputTokens = isOpen && tokens.output > 0 ? tokens.output / (bounds.choices ?? 1) : undefined
  return { mostNanoUsd, maxOutputTokens }
}

function jobTarget({ provider, model, credential }: Target, endpoint: string): JobTarget {
  return { provider: provider.name, model, credential: credential.alias, endpoint }
}

/** Of a route that would send every request to the same one first, whatever it is. */
function onlyTarget({ strategy, entries, canary, experiment }: Route): Candidate | undefined {
  const [first] = entries
  if (strategy !== 'ordered' || canary || experiment || !first) return undefined
  if (first.condition || first.labels.length > 0 || isRoute(first.to)) return undefined
  return first.to.sensitive ? undefined : first.to
}

function dataRouteOf({ url }: RequestLine): DataRoute {
  return findDataRoute(url, undefined)! // its line was validated
}

function openCall(request: RequestLine): Promise<Call> {
  return openRoute(dataRouteOf(request), { body: request.body, headers: request.headers ?? {} })
}

function withRoute(call: Call, destination: Route | Candidate | undefined, nowMs: number): Call {
  const defaults = destination && isRoute(destination) ? destination.defaults : undefined
  if (!defaults || !call.rewritten) return call
  return call.rewritten((request) => withDefaults(request, defaults, nowMs))
}

async function openContract(
  call: Call,
  destination: Route | Candidate | undefined,
  { contracts }: NativeLineParts,
): Promise<Contract | undefined> {
  if (!call.generation) return undefined
  const settings =
    destination && isRoute(destination) ? (destination.settingsName ?? destination.name) : undefined
  return contracts.open({ ...call.generation, isStrict: false, movesOnRefusal: false }, settings)
}

function contextOf(
  requestId: string,
  contract: Contract | undefined,
  account: AttemptContext['account'],
  { clock, tokens }: NativeLineParts,
): Omit<AttemptContext, 'sender'> {
  return {
    clock,
    tokens,
    requestId,
    account,
    isStrict: false,
    outlet: noOutlet,
    interrupt: new Interrupt(),
    streamHeaders: () => ({}),
    ...(contract && { contractFor: (target) => contract.attempt(structuredAbility(target)) }),
  }
}

/** Nothing is told to anybody while the attempt is made. */
const noOutlet: Outlet = {
  isGone: false,
  begin: () => undefined,
  write: () => true,
  end: () => undefined,
  send: () => undefined,
  destroy: () => undefined,
  onDrain: () => undefined,
}

/** One call that a provider has made in a batch: its line in the ledger, its record, and its answer. */
class Booking {
  readonly #batch: Batch
  readonly #job: NativeJob
  readonly #target: Target
  readonly #line: BookedLine
  readonly #parts: NativeLineParts
  readonly #requestId: string

  constructor(batch: Batch, job: NativeJob, target: Target, line: BookedLine, parts: NativeLineParts) {
    this.#batch = batch
    this.#job = job
    this.#target = target
    this.#line = line
    this.#parts = parts
    // The same whenever it is booked: so it is booked once.
    this.#requestId = `${job.id}_${line.line}`
  }

  async make(): Promise<RequestOutcome> {
    const { request, isAgain } = this.#line
    const { ledgerStore, chargedFor, clock } = this.#parts
    const asked = await openCall(request)
    const destination = this.#destinationOf(asked)
    const call = withRoute(asked, destination, clock.nowMs())
    const contract = await openContract(call, destination, this.#parts)
    const isBooked = isAgain && ledgerStore.hasLine(this.#requestId, 1)
    const account = isBooked ? noAccount : await this.#open(call, destination)
    const result = await this.#attempt(call, contextOf(this.#requestId, contract, account, this.#parts))
    await account.settle(result)
    if (!isBooked) this.#parts.onRecord(this.#recordOf(call, destination, result))
    const { error } = result
    const dataRoute = dataRouteOf(request)
    return {
      answer: {
        requestId: this.#requestId,
        status: error?.status ?? 200,
        body: error ? dataRoute.encodeError(error) : (parseJson(String(result.body ?? '')) ?? null),
      },
      costNanoUsd: chargedFor(this.#requestId),
      usage: usageOf(result.usage),
      ...(error && { error }),
    }
  }

  /** Undefined where the configuration has changed since. */
  #destinationOf({ model }: Call): Route | Candidate | undefined {
    try {
      return findDestination(model, this.#parts.snapshot().table)
    } catch (error) {
      if (error instanceof GatewayError) return undefined
      throw error
    }
  }

  #open(call: Call, destination: Route | Candidate | undefined) {
    const { ledger, tokens } = this.#parts
    return ledger.open({
      spender: this.#spenderOf(call, destination),
      attempt: 1,
      provider: this.#target.provider.name,
      model: this.#target.model,
      credential: this.#target.credential.alias,
      bounds: call.bounds?.(),
      // By this time too, the line is one and the same whichever instance books it.
      madeAtMs: this.#job.submittedAtMs ?? this.#job.createdAtMs,
      ...(call.countPrompt && { countPrompt: () => call.countPrompt!(tokens) }),
    })
  }

  #spenderOf(call: Call, destination: Route | Candidate | undefined): Spender {
    const { headers, url } = this.#line.request
    const principal = this.#parts.snapshot().keyring.principalOf(this.#batch.keyId)
    const user = principal?.user?.id ?? headers?.['x-weir-user'] ?? call.user
    const session = headers?.['x-weir-session'] ?? call.session
    const { dialect, operation } = dataRouteOf({ ...this.#line.request, url })
    return {
      ...spenderOf(this.#batch, principal, this.#job.markupBasisPoints),
      requestId: this.#requestId,
      tags: [...(principal?.tags ?? []), ...tagsOf(headers?.['x-weir-tags']), `batch:${this.#batch.id}`],
      dialect,
      operation,
      stream: false,
      ...(user !== undefined && { user }),
      ...(session !== undefined && { session }),
      ...(destination && isRoute(destination) && { route: destination.name }),
    }
  }

  async #attempt(call: Call, context: Omit<AttemptContext, 'sender'>): Promise<AttemptResult> {
    const { answer } = this.#line
    try {
      const result = await attemptAnswered(call, this.#target, context, answer)
      return result.usage ? { ...result, usage: { ...result.usage, serviceTier: batchTier } } : result
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      return { error, phase: 'answered', status: answer.status, isCommitted: false, dropped: [] }
    }
  }

  #recordOf(call: Call, destination: Route | Candidate | undefined, result: AttemptResult): RequestRecord {
    const { provider, model, credential } = this.#target
    const spender = this.#spenderOf(call, destination)
    const { error, usage, finish, dropped, status } = result
    const sinceMs = this.#job.submittedAtMs ?? this.#job.createdAtMs
    const durationMs = Math.max(0, this.#parts.clock.nowMs() - sinceMs)
    const what = { dropped, ...(usage && { usage }), ...(status !== undefined && { status }) }
    const failure = error && { code: error.code, message: error.message }
    return {
      id: this.#requestId,
      org: spender.org,
      atMs: sinceMs,
      dialect: spender.dialect,
      operation: dataRouteOf(this.#line.request).operation,
      requestedModel: call.model,
      keyId: spender.keyId,
      keyName: spender.keyName,
      tags: spender.tags,
      stream: false,
      status: error?.status ?? 200,
      durationMs,
      overheadMs: 0,
      dropped,
      clientGone: false,
      provider: provider.name,
      model,
      attempts: [
        {
          n: 1,
          provider: provider.name,
          model,
          startedMs: 0,
          endedMs: durationMs,
          ...what,
          ...(provider.credentials.length > 1 && { credential: credential.alias }),
          ...failure,
        },
      ],
      ...failure,
      ...(spender.route !== undefined && { route: spender.route }),
      ...(spender.user !== undefined && { user: spender.user }),
      ...(spender.session !== undefined && { session: spender.session }),
      ...(usage && { usage }),
      ...(finish !== undefined && { finish }),
    }
  }
}

/** Also of a key that is not valid any more: what was spent in its name is still booked. */
export function spenderOf(
  { org, keyId, keyName }: Batch,
  principal: Principal | undefined,
  markupBasisPoints = principal?.team?.markupBasisPoints ?? 0,
): Pick<Spender, 'org' | 'keyId' | 'keyName' | 'team' | 'markupBasisPoints' | 'creditNanoUsd'> {
  const team = principal?.team
  return {
    org,
    keyId,
    keyName,
    ...(team && { team: team.id }),
    ...(markupBasisPoints > 0 && { markupBasisPoints }),
    ...(team?.creditNanoUsd !== undefined && { creditNanoUsd: team.creditNanoUsd }),
  }
}

function tagsOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '')
}
