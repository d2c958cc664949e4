/** The shape of the `rollout` section: when a gate is fresh, and the ladder of a canary. */

import { z } from 'zod'

export const rolloutSettings = z.strictObject({
  maxGateAgeHours: z
    .number()
    .gt(0)
    .max(8_760)
    .default(336)
    .describe('A gate that passed longer ago does not promote a revision of a protected route.'),
  canary: z
    .strictObject({
      shares: z
        .array(z.number().gt(0).max(1))
        .min(1)
        .max(20)
        .default([0.05, 0.25, 0.5])
        .describe('Of the requests, 0 to 1, one step after the other; then the revision goes live.'),
      stepMinutes: z.number().gt(0).max(10_080).default(10).describe('How long each step takes.'),
    })
    .prefault({})
    .describe('`weir promote --canary`. It stops where the revision fails more often than the live one.'),
})
