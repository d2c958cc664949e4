/** The shape of the `limits` section: how much users, keys, teams, models and providers may be asked to do. */

import { z } from 'zod'
import { limitRates } from './key-settings.ts'
import { text } from './setting-kinds.ts'

export const limitSettings = z.array(
  z.strictObject({
    scope: z
      .enum(['organisation', 'team', 'key', 'user', 'provider', 'model'])
      .describe(
        'What it bounds: each thing of this scope for itself. `provider` and `model` (as `provider/model`) bound ' +
          'what is sent to a target, after routing; a target at its limit is passed over.',
      ),
    match: text
      .exactOptional()
      .describe('Only things of this name; `*` stands for any text. Keys go by name. Absent: all.'),
    ...limitRates,
  }),
)
