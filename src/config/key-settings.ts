/** The shape of declared keys: what they may do, and what bounds them. */

import { z } from 'zod'
import { isAddressRange } from './address-range.ts'
import { keyBudgets, usdSetting } from './budget-settings.ts'
import { regionSetting } from './route-settings.ts'

const text = z.string().min(1)

export const addressRange = z.string().refine(isAddressRange, {
  error: 'not an IP address or range',
  params: { mend: 'Write an address (`10.0.0.7`) or a range (`10.0.0.0/8`, `fd00::/8`).' },
})

const tag = z.string().refine((value) => /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$/.test(value), {
  error: 'not a tag',
  params: { mend: 'Use letters, digits and `. _ : / -`, beginning with a letter or digit, at most 64.' },
})

const instant = z.string().refine((value) => z.iso.datetime({ offset: true }).safeParse(value).success, {
  error: 'not a time',
  params: { mend: 'Write it with its offset: `2027-01-31T00:00:00Z`.' },
})

const origin = z.string().refine((value) => URL.parse(value)?.origin === value, {
  error: 'not an origin',
  params: { mend: 'Write scheme, host and port alone, as a browser does: `https://app.example`.' },
})

const count = z.number().int().min(1)

export const limitRates = {
  rpm: count.max(1_000_000_000).exactOptional().describe('Requests per minute; as many may come at once.'),
  tpm: count
    .max(1_000_000_000_000)
    .exactOptional()
    .describe('Tokens per minute, prompt and answer together; as many may come at once.'),
  concurrency: count.max(1_000_000).exactOptional().describe('Requests under way at once.'),
  maxWaitMs: count
    .max(600_000)
    .exactOptional()
    .describe('Wait so long for a turn, the urgent first, rather than be refused at once.'),
}

/** What stands in a declared key beside its name and secret. */
export const keyRules = {
  models: z
    .array(text)
    .exactOptional()
    .describe('Routes and models it may use; `*` stands for any text. Absent: all.'),
  clearances: z.array(tag).exactOptional().describe('Marks of `sensitive` models that it may use.'),
  dataRegion: regionSetting
    .exactOptional()
    .describe('Its requests go only to targets of routes that name this `region`.'),
  allowedAddresses: z
    .array(addressRange)
    .exactOptional()
    .describe('Addresses and ranges that it may be used from. Absent: all.'),
  expiresAt: instant.exactOptional().describe('When it stops to hold: `2027-01-31T00:00:00Z`.'),
  team: text.exactOptional().describe('The team it belongs to, by id or name.'),
  budgets: keyBudgets.exactOptional().describe('Budgets of this key alone.'),
  maxUsdPerRequest: usdSetting
    .exactOptional()
    .describe('The most that one request may cost, by its worst case.'),
  limits: z.strictObject(limitRates).exactOptional().describe('Bounds on what it sends.'),
  tags: z.array(tag).max(20).exactOptional().describe('On each of its requests, beside `x-weir-tags`.'),
  cacheWrite: z
    .boolean()
    .exactOptional()
    .describe(
      '`false`: it is served what the caches have, but what it brings is neither kept nor shared with others.',
    ),
}

/** `pepper` is a setting for a secret, and `jwt` holds addresses: the schema's own file makes these. */
export function accessSettings<Pepper extends z.ZodType, Jwt extends z.ZodType>(pepper: Pepper, jwt: Jwt) {
  return z.strictObject({
    pepper: pepper.exactOptional(),
    jwt,
    browserKeys: z
      .strictObject({
        origins: z
          .array(origin)
          .min(1)
          .describe('The origins whose pages may call, with keys that were made for them and no others.'),
        maxTtlSeconds: count.max(86_400).default(3600).describe('How long such a key may hold.'),
      })
      .exactOptional()
      .describe('Short-lived keys for pages of browsers. Absent: no page of another origin may call.'),
    cutStreams: z
      .boolean()
      .default(true)
      .describe('When a key is revoked, end its requests that are under way; `false` lets them finish.'),
  })
}
