/** The shape of budgets, and of what the ledger keeps. */

import { z } from 'zod'
import { parseUsd } from '../core/money.ts'
import { text } from './setting-kinds.ts'

export const usdSetting = z
  .union([z.number().min(0).max(1_000_000), z.string().regex(/^\d{1,7}(?:\.\d{1,9})?$/)])
  .refine((value) => parseUsd(String(value)) !== undefined, {
    error: 'not an exact amount',
    params: { mend: 'Write USD as a decimal with at most 9 places: `0.25` or `"0.25"`.' },
  })

export const periods = ['hour', 'day', 'week', 'month', 'quarter', 'year', 'total'] as const

const terms = {
  usd: usdSetting.describe('The cap.'),
  period: z
    .enum(periods)
    .describe(
      'What it is for. Each subject has a counter, in memory and in Redis, until the period is over. `total` never begins anew: of users and of sessions a counter of each stays for good, so give those whose number grows a `year` or less.',
    ),
  window: z
    .enum(['calendar', 'rolling'])
    .default('calendar')
    .describe(
      '`calendar`: periods of UTC, weeks from Monday. `rolling`: the last hour, 24 hours, 7, 30, 90 or 365 days.',
    ),
  cap: z
    .enum(['hard', 'soft'])
    .default('soft')
    .describe(
      '`hard`: a call that could cross it is refused before it is made. `soft`: it is told, and nothing is refused.',
    ),
  alertAt: z
    .array(z.number().gt(0).max(10))
    .max(10)
    .default([0.8, 1])
    .describe('Shares of the cap at which operators are told.'),
  fallback: text
    .exactOptional()
    .describe('While a `soft` one is used up, calls take this route in place of the one they ask for.'),
}

export const budgetSettings = z.array(
  z.strictObject({
    scope: z
      .enum(['organisation', 'team', 'key', 'user', 'session', 'tag', 'model', 'provider', 'route'])
      .describe('Whose money it bounds.'),
    subject: text
      .max(300)
      .exactOptional()
      .describe(
        'Which one: a name or an id, of a model `provider/model`; with `*`, all that match share one. Absent: each has its own.',
      ),
    ...terms,
  }),
)

export const keyBudgets = z.array(z.strictObject(terms)).max(20)

/** Of one key, team or user. */
export type OwnBudget = z.output<typeof keyBudgets>[number]

export const ledgerSettings = z.strictObject({
  maxUnshippedLines: z
    .number()
    .int()
    .min(1)
    .default(3_000_000)
    .describe(
      'With PostgreSQL: so many lines (3 million are about 1 GiB) may wait in the data folder while the database is away; then calls that cost money are refused. None is dropped.',
    ),
  durability: z
    .enum(['process', 'power'])
    .default('process')
    .describe(
      '`process`: what is written survives the end of the process. `power`: also the end of the power; each call then waits for the disk twice.',
    ),
  unknownCost: z
    .enum(['refuse', 'allow'])
    .default('refuse')
    .describe(
      'Under a hard cap, calls whose cost cannot be told: no known price, or nothing that bounds what they use. `allow` counts them as far as they can be priced, and the cap may be crossed.',
    ),
  retentionDays: z
    .number()
    .int()
    .min(2)
    .max(36_500)
    .exactOptional()
    .describe(
      'Older lines are deleted from the data folder; the sums by hour and day stay. Absent: none is deleted. In PostgreSQL a month is dropped when all of it is older, and than 8 days.',
    ),
})
