/** A signed webhook: JSON whose receiver can tell that it is ours, new, and not changed on its way. */

import { createHmac } from 'node:crypto'
import type { Json } from '../core/json.ts'
import type { Secret } from '../core/secret.ts'

/** Sends bytes through the egress guard: the status of the answer, or a rejection. */
export interface Sender {
  post(message: {
    readonly url: string
    readonly headers: Readonly<Record<string, string>>
    readonly body: Uint8Array
    readonly signal: AbortSignal
  }): Promise<number>
  close(): Promise<void>
}

export interface SignedPost {
  readonly url: string
  readonly secret: Secret
  /** The same for each try of one delivery. */
  readonly deliveryId: string
  /** Such as `batch.completed`. */
  readonly type: string
  /** What it is about, under names of its own. */
  readonly content: Readonly<Record<string, Json>>
  readonly nowMs: number
  readonly signal: AbortSignal
}

/**
 * Posts JSON with `x-weir-signature: t=<seconds>,v1=<hex>`: HMAC-SHA-256 under the secret over `<seconds>.<body>`, the
 * scheme of https://docs.stripe.com/webhooks#verify-manually. A receiver checks it in constant time, refuses old times,
 * and knows repeated deliveries by `x-weir-delivery`. Rejects unless the answer is one of success.
 */
export async function postSigned(sender: Sender, post: SignedPost): Promise<void> {
  const { url, secret, deliveryId, type, content, nowMs, signal } = post
  const created_at = new Date(nowMs).toISOString()
  const text = JSON.stringify({ id: deliveryId, type, created_at, ...content })
  const seconds = Math.floor(nowMs / 1000)
  const headers = {
    'content-type': 'application/json',
    'x-weir-delivery': deliveryId,
    'x-weir-signature': `t=${seconds},v1=${signWebhook(secret, seconds, text)}`,
  }
  const status = await sender.post({ url, headers, body: Buffer.from(text), signal })
  if (status < 200 || status > 299) throw new Error(`the receiver answered ${status}`)
}

export function signWebhook(secret: Secret, seconds: number, body: string): string {
  return createHmac('sha256', secret.reveal()).update(`${seconds}.${body}`).digest('hex')
}
