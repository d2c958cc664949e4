/** The shape of the `drift` section: which golden sets the gateway watches, and what that may take. */

import { z } from 'zod'
import { usdSetting } from './budget-settings.ts'
import { text } from './setting-kinds.ts'

export const driftSettings = z.strictObject({
  sets: z
    .array(text)
    .default([])
    .describe('Files of golden sets to run by their schedules; relative ones are beside this file.'),
  maxUsdPerDay: usdSetting
    .exactOptional()
    .describe(
      'What all golden runs, their judges and embeddings may cost in a UTC day, apart from all other budgets. A run ' +
        'that reaches it has too few answers, which is told as no data.',
    ),
  retentionDays: z
    .number()
    .int()
    .min(30)
    .max(36_500)
    .default(400)
    .describe('Older runs are deleted with their answers, but those of the newest baselines.'),
})
