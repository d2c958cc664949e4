/** What the request path is given, and what it gives. */

import type { Keyring } from '../access/keys.ts'
import type { LiveCalls } from '../access/live-calls.ts'
import type { Principal } from '../access/principal.ts'
import type { AnswerCache } from '../cache/cache.ts'
import type { Answer } from '../core/answer.ts'
import type { Clock } from '../core/clock.ts'
import type { GatewayError } from '../core/error.ts'
import type { Interrupt } from '../core/interrupt.ts'
import type { JsonObject } from '../core/json.ts'
import type { NanoUsd } from '../core/money.ts'
import type { Priority } from '../core/priority.ts'
import type { Usage } from '../core/usage.ts'
import type { GuardOf } from '../guardrails/compile.ts'
import type { Idempotency } from '../idempotency/idempotency.ts'
import type { Budgets } from '../ledger/budgets.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Limiter } from '../limits/limiter.ts'
import type { PayloadTap } from '../payloads/tap.ts'
import type { RequestRecord } from '../records/record.ts'
import type { LiveSample } from '../records/sample.ts'
import type { AttemptParts } from '../routing/make-attempt.ts'
import type { ExampleBook } from '../routing/examples.ts'
import type { Health } from '../routing/health.ts'
import type { RoutingTable } from '../routing/plan.ts'
import type { StoredResponses } from '../stored/stored.ts'
import type { Contracts } from '../structured/contracts.ts'
import type { TokenCounter } from '../tokens/counter.ts'
import type { Call } from '../upstream/operation.ts'
import type { Outlet } from '../upstream/outlet.ts'
import type { Sender } from '../upstream/send.ts'

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
  /** Targets as this caller sees them, and is told of. Absent: as all do. */
  readonly health?: Health
  /** Asked before each attempt is sent, with what all of them may cost by then; rejects where that is too much. */
  afford?(nanoUsd: NanoUsd): Promise<void>
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

/** A request that is made later, on the account of its key. */
export interface LaterRequest {
  readonly owner: Pick<Principal, 'org' | 'keyId' | 'keyName'>
  readonly body: JsonObject
  /** Who pays, or is said to. */
  readonly user: string | undefined
  header(name: string): string | undefined
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
  readonly payloads: PayloadTap
  /** `of` is undefined where there are no guardrails: then nothing is done. */
  readonly guardrails: { readonly of: GuardOf | undefined }
  /** In nano-dollars; undefined where the price is not known. */
  costOf(provider: string, model: string, usage: Usage | undefined): number | undefined
  snapshot(): Snapshot
  /** Takes a request that asks to be answered in the background, and tells what its client is told. */
  answerLater(request: LaterRequest): Promise<JsonObject>
  /** Throws `overloaded` where the gateway has too much to do for a request of this priority. */
  admit(priority: Priority): void
  /** Called once for each request whose caller is known, when it is over. */
  onRecord(record: RequestRecord, traceparent: string | undefined): void
  /** Called for a share of the requests of a route that wants it, when they are over. */
  onSample(sample: LiveSample): void
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
  /** Of calls from within: what all attempts were charged, as far as the ledger knows by now. */
  readonly chargedNanoUsd?: NanoUsd
}
