/** What is kept about each request: who asked for what, who answered, how long it took. Never the content. */

import type { ErrorCode } from '../core/error.ts'
import type { NanoUsd } from '../core/money.ts'
import type { Usage } from '../core/usage.ts'

/** One try at one target. All times are offsets from the request's start on a monotonic clock. */
export interface AttemptRecord {
  /** From 1. */
  readonly n: number
  readonly provider: string
  readonly model: string
  /** The name of the provider's key that was used. */
  readonly credential?: string
  readonly startedMs: number
  readonly headersMs?: number
  readonly firstTokenMs?: number
  readonly endedMs: number
  /** The provider's, where it answered. */
  readonly status?: number
  readonly code?: ErrorCode
  readonly message?: string
  readonly usage?: Usage
  readonly upstreamRequestId?: string
  /** Parameters that the target could not carry. */
  readonly dropped: readonly string[]
  /** What was found of the answer where the request has a schema, with what was mended. */
  readonly contract?: string
  /** It answered without content or tokens. */
  readonly empty?: true
  /** It went on with the answer that the attempt before had broken off. */
  readonly continues?: true
  /** The target was passed over without a call, and why. */
  readonly skippedBecause?: string
}

/** A target that was considered for a request. */
export interface DecisionCandidate {
  /** `provider/model`, or the name of a nested route that was passed over as a whole. */
  readonly target: string
  /** By the route's strategy, lower is better: milliseconds, nano-dollars, a draw by weight. */
  readonly score?: number
  readonly skippedBecause?: string
}

/** How a route chose among its targets. */
export interface Decision {
  readonly strategy: string
  readonly reason: string
  /** In the order in which they are tried, then those that were passed over. */
  readonly candidates: readonly DecisionCandidate[]
}

/**
 * Where an answer came from. `hit`: an answer to the same request. `semantic-hit`: an answer to a question of the same
 * meaning. `shared`: another request's call, made at the same time. `miss`: a call of its own. `off`: neither looked
 * for nor kept.
 */
export type CacheOutcome = 'hit' | 'semantic-hit' | 'shared' | 'miss' | 'off'

/** What a guardrail found, without what it was. */
export interface GuardrailRecord {
  readonly rule: string
  readonly stage: 'input' | 'output'
  /** What was done; `allow` where it could not be asked and its rule lets requests pass. */
  readonly action: 'block' | 'redact' | 'flag' | 'allow'
  /** How often, by kind. */
  readonly found: Readonly<Record<string, number>>
}

/** What the cache did for a request. */
export interface CacheRecord {
  readonly outcome: CacheOutcome
  /** What the call cost that brought the answer, and this request did not; absent where its price is not known. */
  readonly savedNanoUsd?: number
  /** Of a semantic hit: the cosine of the two questions. */
  readonly similarity?: number
}

/** The arm of an experiment that a request was dealt to; that other targets answered in the end does not change it. */
export interface Assignment {
  /** Of the experiment. */
  readonly name: string
  readonly arm: string
  /** A hash of the session, the user or the key that stays with the arm. */
  readonly unit: string
}

export interface RequestRecord {
  readonly id: string
  readonly org: string
  /** When the request came, in Unix milliseconds. */
  readonly atMs: number
  /** The client's. */
  readonly dialect: string
  readonly operation: 'generate' | 'embed' | 'count-tokens' | 'models' | 'forward'
  /** As the client named it. */
  readonly requestedModel: string
  readonly route?: string
  /** The revision of the route that took it. */
  readonly revision?: number
  /** Absent where the client named a target itself. */
  readonly decision?: Decision
  readonly experiment?: Assignment
  /** Of the target that answered, or of the last one tried. */
  readonly provider?: string
  readonly model?: string
  readonly keyId: string
  readonly keyName: string
  /** Of the key, when the request came: its id. */
  readonly team?: string
  /** Whom the caller named, else the owner of the key. */
  readonly user?: string
  /** The caller said so, and nobody has vouched for it. */
  readonly isUserClaimed?: true
  readonly session?: string
  readonly tags: readonly string[]
  /** Where the request came from, behind trusted proxies. */
  readonly clientAddress?: string
  readonly stream: boolean
  /** Of the answer; where an answer failed after it had begun, that of its error. */
  readonly status: number
  readonly code?: ErrorCode
  readonly message?: string
  readonly durationMs: number
  readonly firstTokenMs?: number
  /** The part of the duration that no attempt accounts for. */
  readonly overheadMs?: number
  readonly usage?: Usage
  /** What all attempts were charged; absent where one of them was not settled yet when the request ended. */
  readonly costNanoUsd?: NanoUsd
  readonly dropped: readonly string[]
  readonly finish?: string
  /** How the answer came to satisfy the schema of the request, or did not: the words of `x-weir-contract`. */
  readonly contract?: string
  /** The request whose kept answer it got, by its `idempotency-key`: it made no attempt and cost nothing. */
  readonly replayOf?: string
  /** Absent where no cache is configured for the operation. */
  readonly cache?: CacheRecord
  /** Absent where none has found anything. */
  readonly guardrails?: readonly GuardrailRecord[]
  readonly clientGone: boolean
  readonly attempts: readonly AttemptRecord[]
}
