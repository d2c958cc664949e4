/** The rules of a key as the administration API writes them: in a key, in a change, and in a ceiling. */

import { z } from 'zod'
import { formatUsd } from '../core/money.ts'
import {
  address,
  budgets,
  budgetShapes,
  budgetViews,
  nullable,
  tag,
  text,
  toBudgets,
  usd,
  withChanges,
} from './admin-shapes.ts'
import type { KeyLimits, KeyRules } from './port.ts'

const limits = z.strictObject({
  rpm: z.int().min(1).max(1_000_000_000).optional().describe('Requests per minute.'),
  tpm: z.int().min(1).max(1_000_000_000_000).optional().describe('Tokens per minute.'),
  concurrency: z.int().min(1).max(1_000_000).optional().describe('Requests under way at once.'),
  max_wait_ms: z
    .int()
    .min(1)
    .max(600_000)
    .optional()
    .describe('How long a request may wait for its turn rather than be refused.'),
})

const rules = {
  models: z.array(text).max(1000).describe('Routes and models; `*` stands for any text. Absent: all.'),
  clearances: z.array(tag).max(100).describe('Marks of sensitive models that it may use.'),
  allowed_addresses: z.array(address).max(1000).describe('Addresses and ranges that it may be used from.'),
  data_region: tag.describe('Its requests stay in this data region.'),
  max_usd_per_request: usd.describe('The most that one request may cost, by its worst case.'),
  limits,
  budgets,
  tags: z.array(tag).max(20).describe('On every request of the key.'),
  cache_write: z
    .boolean()
    .describe('False: it is served what the caches have, and what it brings is neither kept nor shared.'),
}

/** All of them, none of them needed. */
export const ruleFields = z.object(rules).partial()

/** In a change: absent leaves it, null takes it away. */
export const ruleChanges = {
  models: nullable(rules.models),
  clearances: nullable(rules.clearances),
  allowed_addresses: nullable(rules.allowed_addresses),
  data_region: nullable(rules.data_region),
  max_usd_per_request: nullable(rules.max_usd_per_request),
  limits: nullable(rules.limits),
  budgets: nullable(rules.budgets),
  tags: nullable(rules.tags),
  cache_write: nullable(rules.cache_write),
}

type RuleFields = {
  readonly [Name in keyof typeof rules]?: z.output<(typeof rules)[Name]> | null | undefined
}

type RuleChanges = { readonly [Name in keyof KeyRules]: KeyRules[Name] | null | undefined }

/** `hasRoute`: is there a route of this name? */
export function toRuleChanges(fields: RuleFields, hasRoute: (name: string) => boolean): RuleChanges {
  return {
    models: fields.models,
    clearances: fields.clearances,
    allowedAddresses: fields.allowed_addresses,
    dataRegion: fields.data_region,
    maxNanoUsdPerRequest: fields.max_usd_per_request,
    limits: fields.limits && toLimits(fields.limits),
    budgets: fields.budgets && toBudgets(fields.budgets, hasRoute),
    tags: fields.tags,
    cacheWrite: fields.cache_write,
  }
}

function toLimits({ max_wait_ms: maxWaitMs, ...rates }: z.output<typeof limits>): KeyLimits {
  return withChanges<KeyLimits>({}, { ...rates, maxWaitMs })
}

export function toRules(fields: RuleFields, hasRoute: (name: string) => boolean): KeyRules {
  return withChanges<KeyRules>({}, toRuleChanges(fields, hasRoute))
}

/** In the form in which they go out. */
export const ruleShape = z.object({
  models: z.array(z.string()).optional(),
  clearances: z.array(z.string()).optional(),
  allowed_addresses: z.array(z.string()).optional(),
  data_region: z.string().optional(),
  max_usd_per_request: z.string().optional(),
  limits: z
    .object({
      rpm: z.int().optional(),
      tpm: z.int().optional(),
      concurrency: z.int().optional(),
      max_wait_ms: z.int().optional(),
    })
    .optional(),
  budgets: budgetShapes,
  tags: z.array(z.string()).optional(),
  cache_write: z.boolean().optional(),
})

export function ruleView(of: KeyRules): z.output<typeof ruleShape> {
  return {
    ...(of.models && { models: [...of.models] }),
    ...(of.clearances && { clearances: [...of.clearances] }),
    ...(of.allowedAddresses && { allowed_addresses: [...of.allowedAddresses] }),
    ...(of.dataRegion !== undefined && { data_region: of.dataRegion }),
    ...(of.maxNanoUsdPerRequest !== undefined && { max_usd_per_request: formatUsd(of.maxNanoUsdPerRequest) }),
    ...(of.limits && { limits: limitsView(of.limits) }),
    ...budgetViews(of.budgets),
    ...(of.tags && { tags: [...of.tags] }),
    ...(of.cacheWrite !== undefined && { cache_write: of.cacheWrite }),
  }
}

function limitsView({ maxWaitMs, ...rates }: KeyLimits): z.output<typeof ruleShape>['limits'] {
  return { ...rates, ...(maxWaitMs !== undefined && { max_wait_ms: maxWaitMs }) }
}
