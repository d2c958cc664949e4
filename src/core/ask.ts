/** What the gateway's own parts may ask of models: the request path as functions, and what comes back. */

import type { Answer } from './answer.ts'
import type { GatewayError } from './error.ts'
import type { NanoUsd } from './money.ts'
import type { Priority } from './priority.ts'
import type { GenRequest } from './request.ts'
import type { Usage } from './usage.ts'

export interface Ask {
  /** Its `model` is a route or a target, as a client would name it. */
  readonly request: GenRequest
  readonly tags?: readonly string[]
  /** Absent: `default`. */
  readonly priority?: Priority
  /** Absent: the limits of the target alone. */
  readonly timeoutMs?: number
  /** Parts that measure models want answers of their own, never kept ones. */
  readonly cache: 'off' | 'allowed'
}

/** What came of it. Either `answer` or `error` is there, or both where an answer broke off. */
export interface Asked {
  readonly requestId: string
  readonly answer?: Answer
  readonly error?: GatewayError
  /** Of the target that answered, or of the last one tried. */
  readonly provider?: string
  readonly model?: string
  readonly usage?: Usage
  /**
   * What the ledger has for all attempts together; 0 also where it knows no price. Absent where no attempt was made, or
   * one of them is still being counted.
   */
  readonly chargedNanoUsd?: NanoUsd
  readonly durationMs: number
  /** Only of streamed requests. */
  readonly firstTokenMs?: number
  readonly attempts: number
}

/** Asks a model through the request path: routed, limited, accounted. Never rejects. */
export type AskModel = (ask: Ask, signal?: AbortSignal) => Promise<Asked>

/** Embeds texts, in their order, through the request path. Rejects with GatewayError. */
export type EmbedTexts = (
  model: string,
  texts: readonly string[],
  signal?: AbortSignal,
) => Promise<readonly (readonly number[])[]>
