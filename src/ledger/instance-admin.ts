/** The administration routes of the instances that share a ledger: who they are, and the end of one that is gone. */

import { z } from 'zod'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { formatUsd } from '../core/money.ts'
import type { Instances } from './instances.ts'

/** `GET /ledger/instances` and `DELETE /ledger/instances/{name}`. */
export function instanceRoutes(instances: Instances): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/ledger/instances',
      isOfInstance: true,
      policy: 'settings:read',
      summary: 'The instances that share the ledger and the counters of budgets; the one that answers first.',
      response: z.object({ data: z.array(instanceShape) }),
      async run() {
        const states = await instances.list()
        return {
          body: {
            data: states.map(({ name, isSelf, isAlive, seenAtMs, journal }) => ({
              name,
              is_self: isSelf,
              is_alive: isAlive,
              seen_at: new Date(seenAtMs).toISOString(),
              ...(journal && {
                shipped_lines: journal.shippedSeq,
                ...(journal.shippedAtMs > 0 && { shipped_at: new Date(journal.shippedAtMs).toISOString() }),
              }),
            })),
          },
        }
      },
    }),
    adminRoute({
      method: 'DELETE',
      path: '/ledger/instances/{name}',
      isOfInstance: true,
      policy: 'instance:write',
      audit: {
        action: 'instance.forget',
        object: ({ params }) => `instance:${params['name']}`,
        after: () => ({ forgotten: true }),
      },
      summary:
        'Forgets an instance that will not come back: what it kept of budgets is free, what its open calls held counts as spent.',
      response: forgottenShape,
      async run({ params: { name = '' } }) {
        const { budgets } = await instances.forget(name)
        return {
          body: {
            name,
            budgets: budgets.map(({ budget, heldNanoUsd, keptNanoUsd }) => ({
              budget,
              counted_usd: formatUsd(heldNanoUsd),
              freed_usd: formatUsd(keptNanoUsd),
            })),
          },
        }
      },
    }),
  ]
}

const instanceShape = z.object({
  name: z.string().describe('Made from the file `instance` of its data folder.'),
  is_self: z.boolean(),
  is_alive: z.boolean().describe('It was heard of in the last half minute.'),
  seen_at: z.iso.datetime(),
  shipped_lines: z.int().optional().describe('The number of the last line of its journal that was added.'),
  shipped_at: z.iso.datetime().optional(),
})

const forgottenShape = z.object({
  name: z.string(),
  budgets: z
    .array(
      z.object({
        budget: z.string(),
        counted_usd: z.string().describe('What its open calls held: it counts as spent from now on.'),
        freed_usd: z.string().describe('What it kept for itself.'),
      }),
    )
    .describe('Those in which it held or kept anything; empty where budgets are not counted together.'),
})
