/** The log of what the simulator received, sent and billed: the truth that a ledger is held against. */

import { createHash } from 'node:crypto'
import type { Json } from '../core/json.ts'
import type { SignatureCount } from './prompt.ts'

export interface Receipt {
  /** Counts from 1, without gaps; `GET /receipts?since=n` lists the later ones. */
  readonly n: number
  readonly atMs: number
  /** First segment of the path. */
  readonly provider: string
  readonly dialect: string
  readonly method: string
  readonly path: string
  readonly model: string
  readonly stream: boolean
  /** First 16 hex digits of the SHA-256 of the credential; empty where none came. */
  readonly credential: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Json
  /** The faults that struck. */
  readonly faults: readonly string[]
  /** The recording that answered; its bill is not known here, so `billed` is null. */
  readonly recording?: string
  /** The batch that it was in, by the simulator's own id. */
  readonly batch?: string
  readonly signatures: SignatureCount
  readonly status: number
  bytesSent: number
  /** What the provider charges for: null for an error. Grows while a stream is sent. */
  readonly billed: Billed | null
  ended: Ended
  /** Milliseconds from the arrival of the request, on the monotonic clock. */
  readonly timings: { firstByteMs?: number; endMs?: number }
}

export interface Billed {
  readonly inputTokens: number
  outputTokens: number
  reasoningTokens: number
}

/**
 * How the call ended. `complete`: all that was planned was sent. `client-closed`: the client left before.
 * `closed` and `reset`: a fault ended the connection. `open`: not yet ended.
 */
export type Ended = 'open' | 'complete' | 'client-closed' | 'closed' | 'reset'

/** Keeps the last `limit` receipts. */
export class ReceiptLog {
  readonly #limit: number
  #receipts: Receipt[] = []
  #last = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** The number of the next receipt. */
  next(): number {
    return ++this.#last
  }

  add(receipt: Receipt): void {
    this.#receipts.push(receipt)
    // Cut in large steps, so that adding stays cheap.
    if (this.#receipts.length >= 2 * this.#limit) this.#receipts = this.#receipts.slice(-this.#limit)
  }

  since(n: number): readonly Receipt[] {
    const kept = this.#receipts.slice(-this.#limit)
    return n <= 0 ? kept : kept.filter((receipt) => receipt.n > n)
  }

  clear(): void {
    this.#receipts = []
    this.#last = 0
  }
}

const credentialHeaders = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'x-amz-security-token']

/**
 * A fingerprint of a request's credential: receipts can tell credentials apart and never leak one. Of a signature,
 * which is new for each request, it is that of the access key's id.
 */
export function fingerprint(headers: Readonly<Record<string, string>>, query: URLSearchParams): string {
  const sent =
    credentialHeaders.map((name) => headers[name]).find((value) => value !== undefined) ?? query.get('key')
  if (sent === null) return ''
  return createHash('sha256')
    .update(/^AWS4-HMAC-SHA256 Credential=([^/]+)/.exec(sent)?.[1] ?? sent.replace(/^Bearer /i, ''))
    .digest('hex')
    .slice(0, 16)
}

/** The headers without credentials. */
export function withoutCredentials(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !credentialHeaders.includes(name)))
}

/** The path and query without the `key` that some clients put there. */
export function withoutKey(target: string): string {
  return target.replace(/([?&])key=[^&]*&?/, '$1').replace(/[?&]$/, '')
}
