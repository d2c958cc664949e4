/** What the administration routes of access have in common: how values are written, changed and paged. */

import { z } from 'zod'
import { isAddressRange } from '../config/address-range.ts'
import { GatewayError } from '../core/error.ts'
import { parseUsd } from '../core/money.ts'

export const text = z.string().trim().min(1).max(200)

export const tag = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$/, 'Use letters, digits and `. _ : / -`, at most 64.')

export const address = z
  .string()
  .refine(isAddressRange, 'Write an address or a range: `10.0.0.7`, `10.0.0.0/8`.')

export const time = z.iso
  .datetime({ offset: true })
  .transform((value) => Date.parse(value))
  .describe('ISO 8601 with an offset.')

export const usd = z
  .string()
  .refine((value) => (parseUsd(value) ?? -1) >= 0, 'Write USD as a decimal string, such as "0.25".')
  .transform((value) => parseUsd(value)!)

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
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().optional().describe('`next_cursor` of the page before.'),
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
