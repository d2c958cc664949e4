/** A route as the configuration compiles it: what planning reads and attempts obey. Immutable. */

import type { ModelInfo } from '../models/model.ts'
import type { Tool } from '../core/request.ts'
import type { DecisionCandidate } from '../records/record.ts'
import type { Target } from '../providers/provider.ts'
import type { BreakerSettings } from './breaker.ts'
import type { Condition } from './condition.ts'

export type Strategy = 'ordered' | 'weighted' | 'cheapest' | 'fastest' | 'task' | 'experiment'

/** A target with one of its credentials: what an attempt goes to, and what has a health. */
export interface Leg {
  /** Of this target and credential, across routes and reloads. */
  readonly key: string
  readonly credentialKey: string
  readonly target: Target
  /** Of the credential's name, to place sessions. */
  readonly hash: number
}

/** A target that a request may be sent to. */
export interface Candidate {
  /** `provider/model`. */
  readonly name: string
  /** Names its figures: the target, and its region where one is named. */
  readonly figureKey: string
  /** At least one. */
  readonly legs: readonly Leg[]
  /** Where it computes, in the configuration's own word. */
  readonly region?: string
  /** Only callers with a clearance for each of these may use it. */
  readonly sensitive?: readonly string[]
  readonly info?: ModelInfo
  /** Absent: not known. */
  readonly price?: PriceOf
}

/** The price for a prompt of so many tokens, at a time in Unix milliseconds. */
export type PriceOf = (inputTokens: number, atMs: number) => TokenPrice | undefined

/** Nano-dollars per million tokens, to compare by: bills are made elsewhere. */
export interface TokenPrice {
  readonly input: number
  readonly cacheRead: number
  readonly output: number
}

/** One line of a route's `targets`. */
export interface RouteEntry {
  /** `provider/model`, or the name of the route within. */
  readonly name: string
  readonly to: Candidate | Route
  readonly weight: number
  /** The tasks that it is for. */
  readonly labels: readonly string[]
  /** Absent: it takes any request. */
  readonly condition?: Condition
  /** Of the name, to place sessions. */
  readonly hash: number
}

export interface Route {
  readonly name: string
  /** Absent where routes have no revisions. */
  readonly revision?: number
  /** Where its settings stand, where that is not its name: `assistant@7`. */
  readonly settingsName?: string
  /** A revision that takes a share of the requests, 0 to 1. */
  readonly canary?: { readonly share: number; readonly route: Route }
  /** Arms that its callers are dealt out to; absent where it has none, and when it has been stopped. */
  readonly experiment?: Experiment
  /** Of its requests, 0 to 1, this share is looked at behind the callers' backs. Absent: none. */
  readonly sampleShare?: number
  /** What it adds to requests. */
  readonly defaults?: RouteDefaults
  readonly strategy: Strategy
  /** None where all of its providers are switched off. */
  readonly entries: readonly RouteEntry[]
  /** Its targets whose providers are switched off, as decisions tell of them. Absent: none. */
  readonly shut?: readonly DecisionCandidate[]
  readonly rules: readonly TaskRule[]
  readonly examples?: TaskExamples
  /** This route has examples, or one within it. */
  readonly hasExamples: boolean
  readonly policy: AttemptPolicy
  /** Of the name: each route places its sessions anew. */
  readonly hash: number
}

export interface Experiment {
  /** Salts the assignment. */
  readonly name: string
  /** What stays with its arm. */
  readonly unit: 'session' | 'user' | 'key'
  /** The first is the control. */
  readonly arms: readonly ExperimentArm[]
}

export interface ExperimentArm {
  readonly name: string
  /** Units that fall below this and not into an arm before it are its own; 1 of the last one. */
  readonly upTo: number
  /** The route with what the arm changes. */
  readonly route: Route
}

/** What a request gets from its route where it does not say otherwise. */
export interface RouteDefaults {
  readonly prompt?: string
  readonly parameters?: {
    readonly temperature?: number
    readonly topP?: number
    readonly topK?: number
    readonly maxOutputTokens?: number
    readonly seed?: number
    readonly stop?: readonly string[]
  }
  readonly tools?: readonly Tool[]
}

/** The first rule that holds names the task. */
export interface TaskRule {
  readonly label: string
  /** Absent: it always holds. */
  readonly condition?: Condition
}

/** Questions whose task is known: a request that no rule is for is compared with them. */
export interface TaskExamples {
  /** `provider/model`. */
  readonly embedder: string
  /** How long a request waits for its question to be embedded. */
  readonly timeoutMs: number
  /** Cosine; where no example is as near, they say nothing. */
  readonly minSimilarity: number
  readonly labelled: readonly { readonly label: string; readonly text: string }[]
}

/** What is done when an attempt fails. */
export interface AttemptPolicy {
  /** Attempts per request over all targets. */
  readonly maxAttempts: number
  readonly breaker: BreakerSettings
  /** Refusals of the request itself after which another target is tried all the same. */
  readonly failoverOn: ReadonlySet<string>
  /** A stream that breaks within its prose is continued by the next target, once. */
  readonly continuesBroken: boolean
  /** A second attempt beside a slow first one. Absent: none. */
  readonly hedge?: HedgePolicy
}

export interface HedgePolicy {
  /** How long the first attempt has. Absent: the 95th percentile of the target's time to first token. */
  readonly afterMs?: number
  /** Most of the gateway's requests, 0 to 1, that may be hedged. */
  readonly maxShare: number
}

export function isRoute(to: RouteEntry['to']): to is Route {
  return 'entries' in to
}
