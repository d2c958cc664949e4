/** What the administration routes of access have in common: how values are written, changed and paged. */

import { z } from 'zod'
import { pageCursor, pageLimit } from '../admin/query.ts'
import { isAddressRange } from '../config/address-range.ts'
import { type OwnBudget, periods } from '../config/budget-settings.ts'
import { GatewayError } from '../core/error.ts'
import { formatUsd, parseUsd } from '../core/money.ts'

export const text = z.string().trim().min(1).max(200)

export const tag = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$/, 'Use letters, digits and `. _ : / -`, at most 64.')

export const address = z
  .string()
  .refine(isAddressRange, 'Write an address or a range: `10.0.0.7`, `10.0.0.0/8`.')

export const usd = z
  .string()
  .refine((value) => (parseUsd(value) ?? -1) >= 0, 'Write USD as a decimal string, such as "0.25".')
  .transform((value) => parseUsd(value)!)

const budgetTerms = z
  .strictObject({
    usd: usd.describe('The cap.'),
    period: z.enum(periods),
    window: z.enum(['calendar', 'rolling']).default('calendar'),
    cap: z.enum(['hard', 'soft']).default('soft'),
    alert_at: z.array(z.number().gt(0).max(10)).max(10).default([0.8, 1]),
    fallback: text.optional().describe('The route to take while a soft one is used up.'),
  })
  .refine(({ cap, fallback }) => cap === 'soft' || fallback === undefined, {
    error: 'A hard budget refuses: only a soft one has a `fallback`.',
    path: ['fallback'],
  })

/** What a key, a team or a user may spend. */
export const budgets = z
  .array(budgetTerms)
  .max(20)
  .refine(
    (all) => new Set(all.map(({ period, window, cap }) => `${period} ${window} ${cap}`)).size === all.length,
    'Two budgets differ in their period, their window or their cap.',
  )
  .describe('What it may spend, beside the budgets of `/budgets`.')

/** Throws `invalid_request` for a fallback that is no route. */
export function toBudgets(
  given: z.output<typeof budgets>,
  hasRoute: (name: string) => boolean,
): readonly OwnBudget[] {
  return given.map(({ usd: nanoUsd, alert_at: alertAt, fallback, ...terms }) => {
    if (fallback !== undefined && !hasRoute(fallback)) {
      throw new GatewayError('invalid_request', `There is no route \`${fallback}\`.`, { param: 'budgets' })
    }
    return { ...terms, usd: formatUsd(nanoUsd), alertAt, ...(fallback !== undefined && { fallback }) }
  })
}

export const budgetShapes = z
  .array(
    z.object({
      usd: z.string(),
      period: z.enum(periods),
      window: z.enum(['calendar', 'rolling']),
      cap: z.enum(['hard', 'soft']),
      alert_at: z.array(z.number()),
      fallback: z.string().optional(),
    }),
  )
  .optional()
  .describe('How far they are used is told by `/budgets`.')

/** As they are shown. */
export function budgetViews(own: readonly OwnBudget[] | undefined): {
  budgets?: NonNullable<z.output<typeof budgetShapes>>
} {
  if (own === undefined) return {}
  return {
    budgets: own.map(({ usd: cap, alertAt, ...terms }) => ({
      ...terms,
      usd: String(cap),
      alert_at: alertAt,
    })),
  }
}

export const metadata = z
  .record(z.string().max(64), z.union([z.string().max(1000), z.number(), z.boolean(), z.null()]))
  .refine((value) => Object.keys(value).length <= 50, 'At most 50 entries.')
  .describe("The operator's own; never sent to a provider.")

/** In a change: absent leaves it, null takes it away. */
export function nullable<Schema extends z.ZodType>(schema: Schema) {
  return z.union([schema, z.null()]).optional()
}

/** `thing` with the changes made: undefined leaves a member as it is, null takes it away. */
export function withChanges<Thing extends object>(
  thing: Thing,
  changes: { readonly [Name in keyof Thing]?: Thing[Name] | null | undefined },
): Thing {
  const changed = { ...thing, ...withoutUndefined(changes) } as Record<string, unknown>
  return Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== null)) as Thing
}

function withoutUndefined(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

export const pageQuery = z.strictObject({
  limit: pageLimit,
  cursor: pageCursor,
})

/** The page after the thing whose id is the cursor. Throws `invalid_request` where there is none. */
export function page<Thing extends { readonly id: string }>(
  things: readonly Thing[],
  { limit, cursor }: z.output<typeof pageQuery>,
): { data: readonly Thing[]; next_cursor?: string } {
  const at = cursor === undefined ? -1 : things.findIndex(({ id }) => id === cursor)
  if (cursor !== undefined && at < 0) {
    throw new GatewayError('invalid_request', 'The cursor is not one of this list.', { param: 'cursor' })
  }
  const data = things.slice(at + 1, at + 1 + limit)
  const last = data.at(-1)
  const isEnd = at + 1 + data.length >= things.length
  return last === undefined || isEnd ? { data } : { data, next_cursor: last.id }
}
