/** The most that a call can use and cost: what its reservation holds back, and its bill if nothing better is known. */

import type { NanoUsd } from '../core/money.ts'
import type { ModelInfo } from '../models/model.ts'
import { worstCase } from '../models/worst-case.ts'

/** What a request says of itself. */
export interface RequestBounds {
  /** UTF-8, of everything that becomes prompt tokens. */
  readonly inputBytes: number
  readonly turns: number
  readonly images: number
  /** There is something in it whose tokens its bytes do not bound. */
  readonly isUnbounded: boolean
  /** Prompt tokens that the provider adds by itself, at most. */
  readonly addedTokens?: number
  readonly maxOutputTokens?: number
  readonly choices?: number
  readonly serviceTier?: string
}

export interface TokenBounds {
  /** Of what the request shows. */
  readonly input: number
  /** What the provider may add to it: reserved, and never taken for used. */
  readonly addedInput?: number
  /** Over all choices, reasoning included. */
  readonly output: number
  /** The provider may add to the input what is not in the request. */
  readonly isInputOpen: boolean
}

/** Byte-level tokenizers make no more tokens than bytes; chat templates frame each message, and prime the answer. */
const tokensPerTurn = 8
const tokensPerAnswer = 3
/** Above what any provider bills for one picture in the request. */
const tokensPerImage = 20_000
/** Of models of which no limit is known. */
const unknownWindow = 1_000_000
const unknownOutput = 32_768

export function tokenBounds(request: RequestBounds | undefined, info: ModelInfo | undefined): TokenBounds {
  if (request === undefined) return { input: 0, output: 0, isInputOpen: true }
  const { contextWindow, maxOutputTokens } = info ?? {}
  const counted =
    request.inputBytes + request.turns * tokensPerTurn + tokensPerAnswer + request.images * tokensPerImage
  const window = contextWindow ?? unknownWindow
  const input = request.isUnbounded ? window : Math.min(counted, window)
  const limit = maxOutputTokens ?? contextWindow ?? unknownOutput
  const each = Math.min(request.maxOutputTokens ?? limit, Math.max(limit, 1))
  const output = Math.min(each * (request.choices ?? 1), Number.MAX_SAFE_INTEGER)
  const { addedTokens, isUnbounded } = request
  return { input, output, isInputOpen: isUnbounded, ...(addedTokens && { addedInput: addedTokens }) }
}

export interface ReservationContext {
  readonly atMs: number
  readonly serviceTier: string | undefined
  /** In a batch of the provider's own. */
  readonly isBatch?: boolean
}

/** Undefined: the price of the model is not known. */
export function reservation(
  info: ModelInfo | undefined,
  bounds: TokenBounds,
  { atMs, serviceTier, isBatch = false }: ReservationContext,
): NanoUsd | undefined {
  if (info?.price === undefined) return undefined
  return worstCase(info.price, {
    atMs,
    inputTokens: bounds.input + (bounds.addedInput ?? 0),
    outputTokens: bounds.output,
    ...(serviceTier !== undefined && { serviceTier }),
    ...(isBatch && { batch: true }),
    webSearches: bounds.isInputOpen ? maxSearches : 0,
  })
}

/** No provider's own search makes more within one call unless it is told to. */
const maxSearches = 10
