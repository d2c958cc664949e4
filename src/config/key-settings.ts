/** The shape of declared keys: what they may do, and what bounds them. */

import { z } from 'zod'
import { keyBudgets, usdSetting } from './budget-settings.ts'
import { regionSetting } from './route-settings.ts'
import { addressRange, checked, name, secret, text } from './setting-kinds.ts'

const tag = checked(
  (value) => /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$/.test(value),
  'not a tag',
  'Use letters, digits and `. _ : / -`, beginning with a letter or digit, at most 64.',
)

const instant = checked(
  (value) => z.iso.datetime({ offset: true }).safeParse(value).success,
  'not a time',
  'Write it with its offset: `2027-01-31T00:00:00Z`.',
)

const count = z.number().int().min(1)

export const limitRates = {
  rpm: count
    .max(1_000_000_000)
    .exactOptional()
    .describe(
      'Requests per minute; as many may come at once. What is answered later, and lines of batches, count when they are made.',
    ),
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

export const declaredKey = z.strictObject({
  name: name.describe('How the key is called in records and reports.'),
  secret: secret('What callers send: any 16 or more visible ASCII characters.'),
  ...keyRules,
})
