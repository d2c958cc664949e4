/** What is booked of a call that a provider has made in a batch: its line in the ledger, its record, and its answer. */

import type { Principal } from '../access/principal.ts'
import type { Batch } from '../batch/batch.ts'
import type { BookedLine, NativeJob } from '../batch/native/port.ts'
import { requestIdOf } from '../batch/native/request-id.ts'
import type { RequestOutcome } from '../batch/try-line.ts'
import { GatewayError } from '../core/error.ts'
import { parseJson } from '../core/json.ts'
import { readTags } from '../core/tags.ts'
import type { Spender } from '../ledger/entry.ts'
import type { Target } from '../providers/provider.ts'
import type { RequestRecord } from '../records/record.ts'
import { findDestination } from '../routing/plan.ts'
import { type Candidate, isRoute, type Route } from '../routing/route.ts'
import { attemptAnswered } from '../upstream/batch-api/line-call.ts'
import { type AttemptContext, type AttemptResult, type Call, noAccount } from '../upstream/operation.ts'
import { tagsHeader, usageOf } from './batch-lines.ts'
import {
  contextOf,
  dataRouteOf,
  type NativeLineParts,
  openCall,
  openContract,
  withRoute,
} from './native-call.ts'

/** By which the ledger knows that a call was in a batch. */
const batchTier = 'batch'

/** One line that the provider has done. */
export interface DoneLine {
  readonly batch: Batch
  readonly job: NativeJob
  readonly target: Target
  readonly line: BookedLine
}

/** Once, however often it is asked. */
export function bookLine(done: DoneLine, parts: NativeLineParts): Promise<RequestOutcome> {
  return new Booking(done, parts).make()
}

class Booking {
  readonly #batch: Batch
  readonly #job: NativeJob
  readonly #target: Target
  readonly #line: BookedLine
  readonly #parts: NativeLineParts
  readonly #requestId: string

  constructor({ batch, job, target, line }: DoneLine, parts: NativeLineParts) {
    this.#batch = batch
    this.#job = job
    this.#target = target
    this.#line = line
    this.#parts = parts
    // The same whenever it is booked: so it is booked once.
    this.#requestId = requestIdOf(job, line.line)
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
    const { headers } = this.#line.request
    const principal = this.#parts.snapshot().keyring.principalOf(this.#batch.keyId)
    const user = principal?.user?.id ?? headers?.['x-weir-user'] ?? call.user
    const session = headers?.['x-weir-session'] ?? call.session
    const tags = readTags(tagsHeader(this.#batch.id, headers?.['x-weir-tags']))
    const { dialect, operation } = dataRouteOf(this.#line.request)
    return {
      ...spenderOf(this.#batch, principal, this.#job.markupBasisPoints),
      requestId: this.#requestId,
      tags: [...new Set([...(principal?.tags ?? []), ...tags])],
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
