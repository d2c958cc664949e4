/** Makes the channels of the configuration, each with a way of its own through the egress guard. */

import type { Channel } from '../alerts/channel.ts'
import { createEmailChannel } from '../alerts/email.ts'
import { createSlackChannel, createWebhook } from '../alerts/webhook.ts'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import { policyFor } from '../upstream/egress.ts'
import { createSocketOpener } from '../upstream/guarded-socket.ts'
import { createPoster } from '../upstream/post.ts'

export function createChannels(
  { webhooks, slack, email }: Config['alerts'],
  clock: Clock,
): readonly Channel[] {
  return [
    ...webhooks.map(({ name, url, allowPrivateNetwork, ...rest }, index) =>
      createWebhook({
        ...rest,
        name: name ?? `webhook-${index + 1}`,
        url,
        clock,
        sender: createPoster(policyFor(url, allowPrivateNetwork)),
      }),
    ),
    ...slack.map(({ name, url, allowPrivateNetwork, ...rest }, index) =>
      createSlackChannel({
        ...rest,
        name: name ?? `slack-${index + 1}`,
        url,
        sender: createPoster(policyFor(url.reveal(), allowPrivateNetwork)),
      }),
    ),
    ...email.map(({ name, allowPrivateNetwork, ...rest }, index) =>
      createEmailChannel({
        ...rest,
        name: name ?? `email-${index + 1}`,
        openSocket: createSocketOpener({ allowPrivateNetwork, allowedPorts: [rest.port] }),
      }),
    ),
  ]
}
