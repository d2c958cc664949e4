/** Decides what an attempt used: by the provider's own counts where they can be true, else by the next best source. */

import type { GatewayError } from '../core/error.ts'
import type { Usage } from '../core/usage.ts'
import type { TokenBounds } from './bounds.ts'
import { flagBits, type UsageSource } from './entry.ts'

/** What became of an attempt. */
export interface Outcome {
  /** `unsent`: the provider cannot have seen it. */
  readonly phase: 'unsent' | 'sent' | 'answered'
  readonly error?: GatewayError
  /** The provider's, where it answered. */
  readonly status?: number
  readonly usage?: Usage
  /** The answer came to its own end. */
  readonly isWhole?: boolean
  /** Read to its end for the bill alone. */
  readonly isDrained?: boolean
  /** The text that came; of a long one, the beginning. `length` is that of all of it. */
  received?(): { readonly text: string; readonly length: number }
  readonly reportedModel?: string
  readonly upstreamRequestId?: string
}

export interface Reading {
  readonly usage: Usage
  readonly source: UsageSource
  readonly flags: number
}

/** What a tokenizer finds; either may fail to be known. */
export interface Counts {
  readonly prompt: number | undefined
  readonly received: number | undefined
}

export const nothingUsed: Usage = { inputTokens: 0, outputTokens: 0 }

/** Providers count some tokens that no request shows: prompts of their own, frames, tools. */
const inputSlack = 2
const inputAllowance = 4_096
/** An answer may overrun its limit by a little before it is cut. */
const outputSlack = 1.05
const outputAllowance = 64
/** Beyond this, no count is believed whatever the bounds. */
const largestCount = 1_000_000_000

/** What is certain without counting anything; undefined where the text has to be counted. */
export function readCertain(outcome: Outcome, bounds: TokenBounds): Reading | undefined {
  const { phase, error, status = 0, usage, isWhole, isDrained } = outcome
  if (phase === 'unsent') return { usage: nothingUsed, source: 'none', flags: 0 }
  if (usage === undefined) {
    // An error that the provider tells is an answer that it does not bill.
    const isRefused = status >= 300 || error?.upstream !== undefined
    return isRefused && lengthOf(outcome) === 0 ? { usage: nothingUsed, source: 'none', flags: 0 } : undefined
  }
  if (isWhole !== true || isSuspect(outcome, usage, bounds)) return undefined
  return { usage, source: isDrained === true ? 'drained' : 'provider', flags: 0 }
}

/** What the provider says of the prompt needs no counting, unless it cannot be true. */
export function needsPromptCount(outcome: Outcome, bounds: TokenBounds): boolean {
  return outcome.usage === undefined || isSuspect(outcome, outcome.usage, bounds)
}

/**
 * The best of what is known: what the provider had said, with the text that came since counted; else the text
 * alone; else the last mark; else the bound.
 */
export function readEstimate(outcome: Outcome, bounds: TokenBounds, counts: Counts): Reading {
  const { usage, status = 0 } = outcome
  const isFalse = usage !== undefined && isSuspect(outcome, usage, bounds)
  const told = isFalse ? undefined : usage
  const flags = flagBits.estimate | (isFalse ? flagBits.usage_suspect : 0)
  const length = lengthOf(outcome)
  const output = length === 0 ? 0 : (counts.received ?? roughTokens(outcome))
  const isCounted = counts.received !== undefined || length === 0
  if (told) {
    if (told.outputTokens >= output) return { usage: told, source: 'partial', flags }
    return { usage: { ...told, outputTokens: output }, source: isCounted ? 'tokenizer' : 'watermark', flags }
  }
  const hasAnswered = status >= 200 && status < 300 && outcome.received !== undefined
  if (hasAnswered) {
    const inputTokens = counts.prompt ?? bounds.input
    const isExact = counts.prompt !== undefined && isCounted
    return {
      usage: { inputTokens, outputTokens: output },
      source: isExact ? 'tokenizer' : 'watermark',
      flags,
    }
  }
  if (bounds.input + bounds.output === 0) {
    return { usage: nothingUsed, source: 'none', flags: flags | flagBits.unpriced }
  }
  return { usage: { inputTokens: bounds.input, outputTokens: bounds.output }, source: 'bound', flags }
}

/** Of an attempt whose process ended: everything up to the next mark may have come. */
export function readMark(markedTokens: number, bounds: TokenBounds): Reading {
  const flags = flagBits.estimate | flagBits.recovered
  if (bounds.input + bounds.output === 0) {
    return { usage: nothingUsed, source: 'none', flags: flags | flagBits.unpriced }
  }
  if (markedTokens === 0) {
    return { usage: { inputTokens: bounds.input, outputTokens: bounds.output }, source: 'bound', flags }
  }
  const outputTokens = Math.min(markedTokens + tokensPerMark, Math.max(bounds.output, markedTokens))
  return { usage: { inputTokens: bounds.input, outputTokens }, source: 'watermark', flags }
}

/** A mark is set after so many tokens more. */
export const tokensPerMark = 256

/** Rather too few: a mark must not be below what came. */
const charactersPerToken = 3

/** What came, before anybody has counted it. */
export function roughTokens(outcome: Outcome): number {
  return Math.ceil(lengthOf(outcome) / charactersPerToken)
}

function lengthOf(outcome: Outcome): number {
  return outcome.received?.().length ?? 0
}

/** Can these counts not be true? */
function isSuspect(outcome: Outcome, usage: Usage, bounds: TokenBounds): boolean {
  const { inputTokens, outputTokens } = usage
  if (!isCount(inputTokens) || !isCount(outputTokens)) return true
  if (bounds.input === 0 && bounds.output === 0) return false
  if (outputTokens > bounds.output * outputSlack + outputAllowance && bounds.output > 0) return true
  if (!bounds.isInputOpen && inputTokens > bounds.input * inputSlack + inputAllowance) return true
  if (inputTokens === 0 && outputTokens === 0 && bounds.input > 0) return true
  return outputTokens === 0 && bounds.output > 0 && lengthOf(outcome) > 0
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= largestCount
}
