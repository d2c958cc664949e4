/** The shape of the `evals` section: what evaluations may reach. */

import { z } from 'zod'

export const evalSettings = z.strictObject({
  retentionDays: z
    .number()
    .int()
    .min(1)
    .max(36_500)
    .default(90)
    .describe('The answers of older runs are deleted; their reports and verdicts stay.'),
  webhooks: z
    .strictObject({
      allowPrivateNetwork: z
        .boolean()
        .default(false)
        .describe('Allow loopback and private addresses, and `http://`, for the services that suites name.'),
    })
    .prefault({})
    .describe('Services that grade answers: the assertion `webhook`.'),
})
