/** The shape of the `shadow` section: which requests are asked of a candidate too, whose answers nobody gets. */

import { z } from 'zod'
import { text } from './setting-kinds.ts'

export const shadowSettings = z
  .array(
    z.strictObject({
      route: text.describe('Whose requests are sampled.'),
      target: text.describe('The candidate: `provider/model`, a route, or a revision such as `assistant@8`.'),
      sample: z.number().gt(0).max(1).default(0.01).describe('Share of the requests.'),
      maxUsdPerDay: z
        .number()
        .gt(0)
        .default(5)
        .describe('Nothing more is asked for the day (UTC) at this cost, judges included.'),
      retentionDays: z
        .number()
        .int()
        .min(1)
        .max(3_650)
        .default(30)
        .describe('Older comparisons are deleted. They hold no content.'),
      judge: z
        .strictObject({
          target: text.describe('`provider/model`, or a route, that says which answer is better.'),
          rubric: text.max(20_000).exactOptional().describe('What makes an answer better.'),
        })
        .exactOptional()
        .describe('Asked in both orders of the two answers.'),
    }),
  )
  .max(64)
