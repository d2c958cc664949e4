/** What the contract must be told of a target, and what it is set to: the words that it shares with its neighbours. */

import type { SchemaSubset } from '../schema/subset.ts'

/** How a target can be made to answer by a schema. */
export interface TargetAbility {
  /** Tells targets apart: `provider/model`. */
  readonly key: string
  /** The part of JSON Schema that its constrained decoding takes. Absent: it has none. */
  readonly subset?: SchemaSubset
  /** It has a mode in which it writes JSON of any shape. */
  readonly takesJson: boolean
  /** A tool can be forced by its name. */
  readonly forcesTool: boolean
}

export interface ContractSettings {
  /** Answers to requests with a schema are checked. */
  readonly check: boolean
  /** How often a target is asked again, with what was wrong. */
  readonly reasks: number
  readonly repair: 'none' | 'syntax' | 'shape'
  /** The arguments of tool calls, against the tool's schema. */
  readonly toolArguments: 'off' | 'report' | 'enforce'
}

/** What happens after an attempt: it stands, the same target is asked again, the next is tried, or nothing more. */
export type Verdict = 'accept' | 're-ask' | 'next' | 'stop'
