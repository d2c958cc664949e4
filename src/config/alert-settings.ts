/** The shape of the `alerts` section: where alerts are told, and from when something is one. */

import { z } from 'zod'
import { allowPrivateNetwork, checked, name, outboundUrl, secret, text } from './setting-kinds.ts'

const kinds = z
  .array(
    z.enum([
      'budget',
      'spend-anomaly',
      'provider-failures',
      'credential-parked',
      'credential-age',
      'key-age',
      'model-retirement',
      'price-change',
      'drift',
      'experiment',
    ]),
  )
  .min(1)
  .exactOptional()
  .describe('Only alerts of these kinds. Absent: all.')

const mailAddress = checked(
  (value) => /^[^\s@,<>]+@[^\s@,<>]+$/.test(value),
  'not a mail address',
  'Write `name@example.com`, one entry for each recipient.',
)

const common = {
  name: name
    .exactOptional()
    .describe('What the admin API and the log call it. Unset: `webhook-1`, `slack-1`, ...'),
  kinds,
  allowPrivateNetwork,
}

export const alertSettings = z.strictObject({
  webhooks: z
    .array(
      z.strictObject({
        ...common,
        url: outboundUrl.describe('Where alerts are posted, signed.'),
        secret: secret('What signs them: 16 characters or more.'),
      }),
    )
    .default([])
    .describe('Signed webhooks.'),
  slack: z
    .array(z.strictObject({ ...common, url: secret("The incoming webhook's URL.") }))
    .default([])
    .describe('Incoming webhooks of Slack, and of what takes its format.'),
  email: z
    .array(
      z.strictObject({
        ...common,
        host: text.describe('The mail server.'),
        port: z.number().int().min(1).max(65_535).default(587).describe('Its port.'),
        tls: z
          .enum(['starttls', 'implicit', 'none'])
          .default('starttls')
          .describe(
            '`starttls` requires it; `implicit` from the first byte (port 465); `none` for a local relay.',
          ),
        user: text.exactOptional().describe('Signs in as this user.'),
        password: secret('Its password.').exactOptional(),
        from: z.string().min(3).describe('The sender: `Weir <weir@example.com>`.'),
        to: z.array(mailAddress).min(1).max(50).describe('The recipients.'),
      }),
    )
    .default([])
    .describe('E-mail over SMTP.'),
  rules: z
    .strictObject({
      providerFailures: z
        .strictObject({
          share: z.number().min(0.01).max(1).default(0.5).describe('Share of failed attempts.'),
          minAttempts: z.number().int().min(1).default(20).describe('With fewer nothing is judged.'),
        })
        .prefault({})
        .describe("When a provider's failures within five minutes are an alert."),
      spendAnomaly: z
        .strictObject({
          score: z.number().min(2).max(1000).default(8).describe('Modified z-score against its last week.'),
          minUsd: z.number().min(0).max(1_000_000).default(1).describe('Hours below this never are one.'),
        })
        .prefault({})
        .describe("When a key's spend within an hour is an alert."),
      retirementDays: z
        .number()
        .int()
        .min(0)
        .max(3650)
        .default(30)
        .describe("How long before its end a route's model is an alert."),
      keyAgeDays: z
        .number()
        .int()
        .min(1)
        .max(3650)
        .default(365)
        .describe('When an API key whose secret was never renewed is an alert.'),
      credentialAgeDays: z
        .number()
        .int()
        .min(1)
        .max(3650)
        .default(365)
        .describe("When a provider's credential is an alert, counted from when it was first used here."),
    })
    .prefault({})
    .describe('From when something is an alert.'),
})
