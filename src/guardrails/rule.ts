/** What a guardrail is when it has been compiled, and what it decides. */

import type { Detector } from '../detectors/finding.ts'

export type Action = 'block' | 'redact' | 'flag'
export type Stage = 'input' | 'output'

interface RuleBase {
  readonly name: string
  readonly action: Action
  readonly on: readonly Stage[]
}

/** Finds places in a text. */
export interface SpanRule extends RuleBase {
  readonly type: 'span'
  readonly detectors: readonly Detector[]
  /** How much of the end of a stream may still become a finding. */
  openFrom(text: string): number
}

export interface SizeRule extends RuleBase {
  readonly type: 'size'
  readonly maxCharacters: number
}

/** Somebody else decides. */
export interface RemoteRule extends RuleBase {
  readonly type: 'remote'
  readonly onFault: 'block' | 'allow'
  /** Rejects where there is no answer in time. */
  ask(text: string, stage: Stage): Promise<Verdict>
}

export interface Verdict {
  /** By kind, such as the categories of a moderation; empty: nothing is wrong. */
  readonly kinds: readonly string[]
  /** Of a service that decides itself: in place of the rule's. */
  readonly action?: 'block' | 'flag'
}

/** The rules of one destination for one stage, by how they look. */
export interface StageRules {
  readonly spans: readonly SpanRule[]
  readonly sizes: readonly SizeRule[]
  readonly remotes: readonly RemoteRule[]
}

export type Rule = SpanRule | SizeRule | RemoteRule
