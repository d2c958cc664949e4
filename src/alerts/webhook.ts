/** Alerts as signed webhooks, and as messages for Slack and what takes its format. */

import type { Clock } from '../core/clock.ts'
import type { Secret } from '../core/secret.ts'
import { type AlertKind, type Notice, toView } from './alert.ts'
import { type Channel, headline } from './channel.ts'
import { postSigned, type Sender } from './signed-post.ts'

export interface WebhookOptions {
  readonly name: string
  readonly url: string
  readonly secret: Secret
  readonly kinds?: readonly AlertKind[]
  readonly sender: Sender
  readonly clock: Clock
}

export function createWebhook({ name, url, secret, kinds, sender, clock }: WebhookOptions): Channel {
  return {
    name,
    ...(kinds && { kinds }),
    async send(notice, deliveryId, signal) {
      await postSigned(sender, {
        url,
        secret,
        deliveryId,
        type: `alert.${notice.occasion}`,
        content: { alert: toView(notice.alert) },
        nowMs: clock.nowMs(),
        signal,
      })
    },
    close: () => sender.close(),
  }
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
      const status = await sender.post({
        url: url.reveal(),
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(text),
        signal,
      })
      if (status < 200 || status > 299) throw new Error(`the receiver answered ${status}`)
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
