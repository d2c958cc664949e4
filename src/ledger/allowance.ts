/** Decides what a call may cost under its caps, and how long its answer may become so that it keeps to them. */

import { GatewayError } from '../core/error.ts'
import { divideHalfEven, divideUp, formatUsd, type NanoUsd, toAmount } from '../core/money.ts'
import type { ModelInfo } from '../models/model.ts'
import { type RequestBounds, reservation, type TokenBounds, tokenBounds } from './bounds.ts'

export interface AllowanceParts {
  readonly request: RequestBounds | undefined
  readonly info: ModelInfo | undefined
  readonly atMs: number
  readonly markupBasisPoints: number
  /** What a hard cap leaves; undefined where none applies. */
  readonly leftNanoUsd: NanoUsd | undefined
  /** What this request may still cost by its key; undefined where the key sets nothing. */
  readonly ceilingNanoUsd: NanoUsd | undefined
  /** A call whose cost nothing bounds goes through all the same, held at nothing. */
  readonly admitsUnbounded: boolean
}

export interface Allowance {
  readonly bounds: TokenBounds
  /** The most that the provider can bill. */
  readonly reservedNanoUsd: NanoUsd
  /** What the provider must be told: the request sets no limit of its own, and needs one. Of each choice. */
  readonly maxOutputTokens?: number
}

/** A shorter answer is of no use, and some providers refuse so small a limit. */
const leastOutputTokens = 16

/**
 * Throws `price_unknown` where the cost cannot be bounded and has to be, and `request_too_expensive` above the key's
 * ceiling. What does not fit the budgets is not refused here: the reservation itself does.
 */
export function allow(parts: AllowanceParts): Allowance {
  const { request, info, ceilingNanoUsd, leftNanoUsd } = parts
  const bounds = tokenBounds(request, info)
  const reserved = reservedFor(parts, bounds)
  const isCapped = leftNanoUsd !== undefined || ceilingNanoUsd !== undefined
  if (!isCapped) return { bounds, reservedNanoUsd: reserved ?? 0 }
  if (reserved === undefined || request === undefined) {
    if (!parts.admitsUnbounded) throw unbounded(info)
    return { bounds, reservedNanoUsd: reserved ?? 0 }
  }
  const limit = withoutMarkup(Math.min(leftNanoUsd ?? Infinity, ceilingNanoUsd ?? Infinity), parts)
  const isOpenEnded = request.maxOutputTokens === undefined && bounds.output > 0
  if (reserved <= limit) {
    // A limit that is only assumed must be told, or nothing holds the provider to it.
    const isAssumed = isOpenEnded && info?.maxOutputTokens === undefined
    return {
      bounds,
      reservedNanoUsd: reserved,
      ...(isAssumed && { maxOutputTokens: eachOf(bounds, request) }),
    }
  }
  const shortened = isOpenEnded ? shorten(parts, request, bounds, limit) : undefined
  if (shortened) return shortened
  if (ceilingNanoUsd !== undefined && withMarkup(reserved, parts.markupBasisPoints) > ceilingNanoUsd) {
    throw tooExpensive(withMarkup(reserved, parts.markupBasisPoints), ceilingNanoUsd)
  }
  return { bounds, reservedNanoUsd: reserved }
}

/** What is charged for a cost; held at the bounds of an amount. Half-even, as all that is billed. */
export function chargedFor(costNanoUsd: NanoUsd, markupBasisPoints: number): NanoUsd {
  if (markupBasisPoints === 0) return costNanoUsd
  return toAmount(divideHalfEven(BigInt(costNanoUsd) * BigInt(10_000 + markupBasisPoints), 10_000n))
}

/** What is held for a reservation: rounded up, so that no charge is above it. */
export function withMarkup(reservedNanoUsd: NanoUsd, markupBasisPoints: number): NanoUsd {
  if (markupBasisPoints === 0) return reservedNanoUsd
  return toAmount(divideUp(BigInt(reservedNanoUsd) * BigInt(10_000 + markupBasisPoints), 10_000n))
}

/** The most that may be reserved so that it fits the limit with the mark-up on it. */
function withoutMarkup(limitNanoUsd: number, { markupBasisPoints }: AllowanceParts): number {
  if (limitNanoUsd <= 0) return -1
  return markupBasisPoints === 0
    ? limitNanoUsd
    : Number((BigInt(limitNanoUsd) * 10_000n) / BigInt(10_000 + markupBasisPoints))
}

function reservedFor({ info, request, atMs }: AllowanceParts, bounds: TokenBounds): NanoUsd | undefined {
  return reservation(info, bounds, { atMs, serviceTier: request?.serviceTier })
}

function eachOf({ output }: TokenBounds, { choices = 1 }: RequestBounds): number {
  return Math.floor(output / choices)
}

/** The longest answer that the limit buys, by halving; undefined where it buys none of use. */
function shorten(
  parts: AllowanceParts,
  request: RequestBounds,
  bounds: TokenBounds,
  limitNanoUsd: NanoUsd,
): Allowance | undefined {
  const choices = request.choices ?? 1
  const costOf = (each: number) => reservedFor(parts, { ...bounds, output: each * choices })!
  let low = leastOutputTokens
  let high = eachOf(bounds, request)
  if (high < low || costOf(low) > limitNanoUsd) return undefined
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (costOf(middle) <= limitNanoUsd) low = middle
    else high = middle - 1
  }
  return {
    bounds: { ...bounds, output: low * choices },
    reservedNanoUsd: costOf(low),
    maxOutputTokens: low,
  }
}

function unbounded(info: ModelInfo | undefined): GatewayError {
  const why =
    info?.price === undefined
      ? 'its model has no known price (set one under `models`)'
      : 'nothing in the request bounds what it uses'
  return new GatewayError(
    'price_unknown',
    `A hard cap applies, and what the call may cost cannot be told: ${why}.`,
  )
}

function tooExpensive(amount: NanoUsd, ceiling: NanoUsd): GatewayError {
  return new GatewayError(
    'request_too_expensive',
    `The call may cost ${formatUsd(amount)} USD, and the key allows ${formatUsd(Math.max(0, ceiling))} for what is left of the request.`,
  )
}
