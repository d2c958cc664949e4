/** Alerts as signed webhooks, and as messages for Slack and what takes its format. */

import { createHmac } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import type { Secret } from '../core/secret.ts'
import { type AlertKind, type Notice, toView } from './alert.ts'
import { type Channel, headline } from './channel.ts'

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

export interface WebhookOptions {
  readonly name: string
  readonly url: string
  readonly secret: Secret
  readonly kinds?: readonly AlertKind[]
  readonly sender: Sender
  readonly clock: Clock
}

/**
 * Posts JSON with `x-weir-signature: t=<seconds>,v1=<hex>`: HMAC-SHA-256 under the secret over `<seconds>.<body>`, the
 * scheme of https://docs.stripe.com/webhooks#verify-manually. A receiver checks it in constant time, refuses old times,
 * and knows repeated deliveries by `x-weir-delivery`.
 */
export function createWebhook({ name, url, secret, kinds, sender, clock }: WebhookOptions): Channel {
  return {
    name,
    ...(kinds && { kinds }),
    async send(notice, deliveryId, signal) {
      const text = JSON.stringify({
        id: deliveryId,
        type: `alert.${notice.occasion}`,
        created_at: new Date(clock.nowMs()).toISOString(),
        alert: toView(notice.alert),
      })
      const seconds = Math.floor(clock.nowMs() / 1000)
      const headers = {
        'content-type': 'application/json',
        'x-weir-delivery': deliveryId,
        'x-weir-signature': `t=${seconds},v1=${signWebhook(secret, seconds, text)}`,
      }
      await post(sender, { url, headers, text, signal })
    },
    close: () => sender.close(),
  }
}

export function signWebhook(secret: Secret, seconds: number, body: string): string {
  return createHmac('sha256', secret.reveal()).update(`${seconds}.${body}`).digest('hex')
}

interface SlackOptions extends Pick<WebhookOptions, 'name' | 'kinds' | 'sender'> {
  readonly url: Secret
}

/** An incoming webhook of Slack: https://api.slack.com/messaging/webhooks. Its URL is the secret. */
export function createSlackChannel({ name, url, kinds, sender }: SlackOptions): Channel {
  return {
    name,
    ...(kinds && { kinds }),
    async send(notice, _deliveryId, signal) {
      const text = JSON.stringify({ text: slackText(notice) })
      await post(sender, {
        url: url.reveal(),
        headers: { 'content-type': 'application/json' },
        text,
        signal,
      })
    },
    close: () => sender.close(),
  }
}

/** Names of keys and models come from others: `<`, `>` and `&` would be links and mentions. */
function slackText(notice: Notice): string {
  const escaped = headline(notice).replace(/[&<>]/g, (sign) => entities[sign as keyof typeof entities])
  return `${escaped}\n\`${notice.alert.kind}\` since ${new Date(notice.alert.firstAtMs).toISOString()}`
}

const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;' } as const

interface Message {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly signal: AbortSignal
}

async function post(sender: Sender, { url, headers, text, signal }: Message): Promise<void> {
  const status = await sender.post({ url, headers, body: Buffer.from(text), signal })
  if (status < 200 || status > 299) throw new Error(`the receiver answered ${status}`)
}
