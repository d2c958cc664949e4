/** The shape of the `evals` section: what evaluations may reach. */

import { z } from 'zod'

export const evalSettings = z.strictObject({
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
