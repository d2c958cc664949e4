/** The administration routes of API keys. A secret is in the answer that makes it, and in no other. */

import { z } from 'zod'
import { type AdminAudit, type AdminRoute, adminRoute } from '../admin/route.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { JsonObject } from '../core/json.ts'
import { formatUsd } from '../core/money.ts'
import {
  address,
  budgets,
  budgetShapes,
  budgetViews,
  metadata,
  nullable,
  page,
  pageQuery,
  tag,
  text,
  time,
  toBudgets,
  usd,
  withChanges,
} from './admin-shapes.ts'
import type { Directory } from './directory.ts'
import { type DeclaredKey, declaredKeyId } from './keys.ts'
import type { KeyLimits, KeyRules, StoredKey } from './port.ts'
import { found, type Registrar } from './registrar.ts'

export interface KeyRouteParts {
  readonly directory: Directory
  readonly registrar: Registrar
  readonly clock: Clock
  /** The keys of the configuration in force. */
  readonly declared: () => readonly DeclaredKey[]
  /** Is there a route of this name? */
  readonly hasRoute: (name: string) => boolean
}

/** `/keys` and what is below it. */
export function keyRoutes(parts: KeyRouteParts): readonly AdminRoute[] {
  const { registrar, clock } = parts
  const auditOf = (action: string): AdminAudit => ({
    action,
    object: ({ params: { id = '' } }) => `key:${id}`,
    before({ org, params: { id = '' } }) {
      refuseDeclared(id)
      return toView(found(parts.directory.keys, org, id), clock.nowMs()) as JsonObject
    },
  })
  return [
    adminRoute({
      method: 'GET',
      path: '/keys',
      policy: 'read',
      summary: 'The API keys, the newest first, then those of the configuration.',
      query: pageQuery.extend({
        user: z.string().optional(),
        team: z.string().optional(),
        status: z.enum(['active', 'expired', 'revoked']).optional(),
      }),
      response: z.object({ data: z.array(keyShape), next_cursor: z.string().optional() }),
      run({ org, query: { user, team, status, ...where } }) {
        const isWanted = (key: KeyView) =>
          (user === undefined || key.user === user) &&
          (team === undefined || key.team === team) &&
          (status === undefined || key.status === status)
        return { body: page(listKeys(parts, org).filter(isWanted), where) }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/keys',
      policy: 'write',
      audit: { action: 'key.create', object: ({ body }) => `key:${body.name}` },
      summary: 'Makes a key. Its secret is in this answer and in no other.',
      body: newKeyBody,
      response: issuedShape,
      async run({ org, body }) {
        const { name, expires_at: expiresAtMs, user, team, metadata: given = {}, ...rules } = body
        const { key, text: secret } = await registrar.createKey({
          org,
          name,
          metadata: given,
          rules: toRules(rules, parts.hasRoute),
          ...(expiresAtMs !== undefined && { expiresAtMs }),
          ...(user !== undefined && { user }),
          ...(team !== undefined && { team }),
        })
        return { status: 201, body: { ...toView(key, clock.nowMs()), secret } }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/keys/{id}',
      policy: 'read',
      summary: 'One key.',
      response: keyShape,
      run({ org, params: { id = '' } }) {
        const declared = parts.declared().find(({ name }) => declaredKeyId(name) === id)
        if (declared) return { body: declaredView(declared, clock.nowMs()) }
        return { body: toView(found(parts.directory.keys, org, id), clock.nowMs()) }
      },
    }),
    adminRoute({
      method: 'PATCH',
      path: '/keys/{id}',
      policy: 'write',
      audit: auditOf('key.change'),
      summary: 'Changes what a key may do. What is not named stays; null takes it away.',
      body: keyChanges,
      response: keyShape,
      async run({ org, params: { id = '' }, body }) {
        const { name, expires_at: expiresAtMs, user, team, metadata: given, ...rules } = body
        const edited = await registrar.editKey(org, id, (key) => ({
          ...withChanges(key, { name, expiresAtMs, user, team, metadata: given }),
          rules: withChanges(key.rules, toRuleChanges(rules, parts.hasRoute)),
        }))
        return { body: toView(edited, clock.nowMs()) }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/keys/{id}/rotate',
      policy: 'write',
      audit: auditOf('key.rotate'),
      summary: 'Gives a key a new secret, told once; the old one holds on for the overlap.',
      body: z.strictObject({
        overlap_seconds: z
          .int()
          .min(0)
          .max(30 * 86_400)
          .default(86_400)
          .describe('How long the old secret holds on; a day unless set.'),
      }),
      response: issuedShape,
      async run({ org, params: { id = '' }, body }) {
        const { key, text: secret } = await registrar.rotateKey(org, id, body.overlap_seconds * 1000)
        return { body: { ...toView(key, clock.nowMs()), secret } }
      },
    }),
    adminRoute({
      method: 'DELETE',
      path: '/keys/{id}',
      policy: 'write',
      audit: auditOf('key.revoke'),
      summary: 'Revokes a key, for good: here at once, on every instance within five seconds.',
      response: keyShape,
      async run({ org, params: { id = '' } }) {
        return { body: toView(await registrar.revokeKey(org, id), clock.nowMs()) }
      },
    }),
  ]
}

// -- what comes in

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

const owners = {
  user: z.string().max(64).describe("The owner's id."),
  team: z.string().max(64).describe("The team's id. Absent: that of the user."),
}

const newKeyBody = z.strictObject({
  name: text,
  expires_at: time.optional(),
  ...z.object(owners).partial().shape,
  ...z.object(rules).partial().shape,
  metadata: metadata.optional(),
})

const keyChanges = z.strictObject({
  name: text.optional(),
  expires_at: nullable(time),
  user: nullable(owners.user),
  team: nullable(owners.team),
  models: nullable(rules.models),
  clearances: nullable(rules.clearances),
  allowed_addresses: nullable(rules.allowed_addresses),
  data_region: nullable(rules.data_region),
  max_usd_per_request: nullable(rules.max_usd_per_request),
  limits: nullable(rules.limits),
  budgets: nullable(rules.budgets),
  tags: nullable(rules.tags),
  cache_write: nullable(rules.cache_write),
  metadata: metadata.optional(),
})

type RuleFields = {
  readonly [Name in keyof typeof rules]?: z.output<(typeof rules)[Name]> | null | undefined
}

type RuleChanges = { readonly [Name in keyof KeyRules]: KeyRules[Name] | null | undefined }

function toRuleChanges(fields: RuleFields, hasRoute: KeyRouteParts['hasRoute']): RuleChanges {
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

function toRules(fields: RuleFields, hasRoute: KeyRouteParts['hasRoute']): KeyRules {
  return withChanges<KeyRules>({}, toRuleChanges(fields, hasRoute))
}

function refuseDeclared(id: string): void {
  if (!id.startsWith('declared:')) return
  throw new GatewayError('conflict', 'This key is declared in the configuration: change it there.')
}

// -- what goes out

const keyShape = z.object({
  id: z.string(),
  name: z.string(),
  source: z.enum(['store', 'configuration']),
  status: z.enum(['active', 'expired', 'revoked']),
  created_at: z.iso.datetime().optional(),
  expires_at: z.iso.datetime().optional(),
  revoked_at: z.iso.datetime().optional(),
  previous_secret_until: z.iso
    .datetime()
    .optional()
    .describe('After a rotation: how long the old one holds.'),
  user: z.string().optional(),
  team: z.string().optional(),
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
  metadata: z.record(z.string(), z.unknown()).optional(),
})

const issuedShape = keyShape.extend({ secret: z.string().describe('What the caller sends. Told once.') })

type KeyView = z.output<typeof keyShape>

function listKeys({ directory, declared, clock }: KeyRouteParts, org: string): KeyView[] {
  const nowMs = clock.nowMs()
  const stored = [...directory.keys.values()].filter((key) => key.org === org)
  const newestFirst = stored.toSorted((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1))
  return [
    ...newestFirst.map((key) => toView(key, nowMs)),
    ...declared().map((key) => declaredView(key, nowMs)),
  ]
}

/** By an allow-list of members: what is added to a stored key is not shown by itself. */
function toView(key: StoredKey, nowMs: number): KeyView {
  const { id, name, createdAtMs, expiresAtMs, revokedAtMs, previous, user, team } = key
  return {
    id,
    name,
    source: 'store',
    status: statusOf(key, nowMs),
    created_at: iso(createdAtMs),
    ...(expiresAtMs !== undefined && { expires_at: iso(expiresAtMs) }),
    ...(revokedAtMs !== undefined && { revoked_at: iso(revokedAtMs) }),
    ...(previous && previous.untilMs > nowMs && { previous_secret_until: iso(previous.untilMs) }),
    ...(user !== undefined && { user }),
    ...(team !== undefined && { team }),
    ...ruleView(key.rules),
    metadata: key.metadata,
  }
}

function declaredView(key: DeclaredKey, nowMs: number): KeyView {
  const { name, team, expiresAtMs } = key
  return {
    id: declaredKeyId(name),
    name,
    source: 'configuration',
    status: statusOf(key, nowMs),
    ...(expiresAtMs !== undefined && { expires_at: iso(expiresAtMs) }),
    ...(team !== undefined && { team }),
    ...ruleView(key),
  }
}

function ruleView(of: KeyRules): Partial<KeyView> {
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

function limitsView({ maxWaitMs, ...rates }: KeyLimits): KeyView['limits'] {
  return { ...rates, ...(maxWaitMs !== undefined && { max_wait_ms: maxWaitMs }) }
}

function statusOf(
  { revokedAtMs, expiresAtMs = Infinity }: Pick<StoredKey, 'revokedAtMs' | 'expiresAtMs'>,
  nowMs: number,
): KeyView['status'] {
  if (revokedAtMs !== undefined) return 'revoked'
  return expiresAtMs <= nowMs ? 'expired' : 'active'
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
